// SPDX-License-Identifier: BSL-1.0

// The classes of a program by their C++ types, with the method tables that the server looks into.
// Read-only once made; shared by the objects of these classes.

#ifndef PICKLED_SERVER_CLASSES_SERVED_TYPES_HPP
#define PICKLED_SERVER_CLASSES_SERVED_TYPES_HPP

#include "pickled/python/python_error.hpp"
#include "pickled/server/type_registry.hpp"
#include "server/registry.hpp"
#include "server/types/arguments.hpp"
#include "server/types/hosted.hpp"

#include <exception>
#include <map>
#include <memory>
#include <string>
#include <typeindex>
#include <vector>

namespace pickled::detail {

struct served_type {
  const served_class& definition;
  std::vector<method_entry> entries;
  std::vector<const served_function*> functions;  // of the entries
  registered_type registered;

  const served_function& function_of(const method_entry& entry) const noexcept {
    return *functions[static_cast<std::size_t>(&entry - entries.data())];
  }
};

class served_types : public std::enable_shared_from_this<served_types> {
 public:
  explicit served_types(type_registry types);
  served_types(const served_types&) = delete;
  served_types& operator=(const served_types&) = delete;

  // Throws std::invalid_argument where a typeid is taken, or a singleton's class unknown.
  void register_all(registry& into) const;

  // Throws std::invalid_argument where the class is unknown, or there is no object.
  std::shared_ptr<hosted> host(const served_pointer& object) const;
  // The type that `host` makes such an object of; nullptr where it is unknown.
  const served_type* find(std::type_index type) const noexcept;

  // Calls a function for a client: `self` is its object, if it is a method. What it returns is
  // built by `b`. Throws python_error alone.
  served_result call(const served_function& f, void* self, const arguments& args,
                     value_builder& b) const;
  // What was thrown by the program, for Python.
  python_error to_python(const std::exception_ptr& thrown) const;

 private:
  void add(const served_class& definition);

  const type_registry types_;
  std::map<std::type_index, served_type> by_class_;
};

}  // namespace pickled::detail

#endif  // PICKLED_SERVER_CLASSES_SERVED_TYPES_HPP
