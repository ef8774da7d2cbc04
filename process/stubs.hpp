// SPDX-License-Identifier: BSL-1.0

// What a worker's functions look like to people and to Python: the module that Python imports to
// send their names to the worker, and a list of what there is.

#ifndef PICKLED_PROCESS_STUBS_HPP
#define PICKLED_PROCESS_STUBS_HPP

#include "pickled/process/functions.hpp"

#include <set>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

// The source of `module`: a function for each with its signature and docstring, or a static method
// of its class, whose body raises a RuntimeError that tells where it runs; and a dataclass or Enum
// for each described type of that module that functions take or return. Without a name that of the
// only module that there is. Throws std::invalid_argument where there are several, or nothing of
// that name.
std::string python_stubs(const functions& offered, std::string_view program,
                         std::string_view module = {});

// What modules that are written for Python are made of. The docstring as a statement, with its line
// end.
std::string docstring(std::string_view text, std::string_view indent);
// Adds the modules that a signature names: "mymod.Point" is of mymod.
void add_modules(std::string_view signature, std::set<std::string>& to);
// Imports them where types are checked; nothing where there are none.
std::string type_checking_imports(const std::set<std::string>& modules);

// A line for each function, "shapes.area(w: float, h: float) -> float", its docstring under it.
std::string describe_functions(const functions& offered);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROCESS_STUBS_HPP
