// SPDX-License-Identifier: BSL-1.0

// How Python makes an instance, whichever way its pickle says it: NEWOBJ and NEWOBJ_EX, and what
// CPython writes where a protocol has none of these.

#ifndef PICKLED_PYTHON_RECIPE_HPP
#define PICKLED_PYTHON_RECIPE_HPP

#include "pickled/value/value.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

struct recipe {
  instance_node::construction how;
  value_view callable;  // the class, where `how` is not reduce
  value_view args;      // a tuple
  value_view kwargs;    // a dict where there are any, else None
  // What copyreg._reconstructor gives to the native class that the class is a subclass of, a list
  // for example; else None.
  value_view base = {};
};

// newobj of copyreg._reconstructor(cls, base, state), as protocols 0 and 1 send instances;
// newobj_ex of functools.partial(cls.__new__, cls, *args, **kwargs)(), as protocols 2 and 3 send
// one whose class has __getnewargs_ex__; the node itself for anything else.
recipe recipe_of(const instance_node& i);

struct dotted_name {
  std::string_view module;
  std::string name;

  friend bool operator==(const dotted_name&, const dotted_name&) = default;
};

// The name of a global, or of an attribute of one: below protocol 4 a nested class is sent as
// getattr(getattr(Outer, 'Middle'), 'Inner'). nullopt for anything else, and beyond a hundred
// levels.
std::optional<dotted_name> dotted_name_of(value_view v);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_RECIPE_HPP
