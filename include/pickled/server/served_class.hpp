// SPDX-License-Identifier: BSL-1.0

// A C++ class as a server hosts it: its constructor and methods without their types. Made by
// type_registry, see there.

#ifndef PICKLED_SERVER_SERVED_CLASS_HPP
#define PICKLED_SERVER_SERVED_CLASS_HPP

#include "pickled/convert/signature.hpp"
#include "pickled/server/served_coroutine.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

namespace detail {

// A C++ object, of a class that its registry knows.
struct served_pointer {
  std::shared_ptr<void> object;
  std::type_index type = typeid(void);
};

// The object of class `type` that a proxy of this server in a value refers to. Throws
// conversion_error where it is none.
std::shared_ptr<void> served_object_of(value_view v, std::type_index type);

}  // namespace detail

// A parameter std::shared_ptr<T> takes the proxy of an object that this server hosts, and is that
// object. Other calls of it may run at the same time: one at a time are those that clients make.
template <class T>
void from_value(value_view v, std::shared_ptr<T>& to) {
  if (v.is_none())
    to.reset();
  else
    to = std::static_pointer_cast<T>(detail::served_object_of(v, typeid(T)));
}

namespace detail {

template <class T>
inline constexpr bool is_served_pointer = false;
template <class T>
inline constexpr bool is_served_pointer<std::shared_ptr<T>> = !writable<std::shared_ptr<T>>;

// What a method or function returns: a value, or an object that is handed out by proxy.
struct served_result {
  value_view value;  // None where it is an object
  served_pointer object;

  template <class R>
  static served_result of(const R& result, value_builder& b) {
    if constexpr (is_served_pointer<R>)
      return {value_view(), {result, typeid(typename R::element_type)}};
    else
      return {to_value(result, b), {}};
  }
};

// A function of the program, or a method of one of its classes, which takes an object as well.
struct served_function {
  using body = std::function<served_result(const signature&, void* self,
                                           std::span<const value_view> bound, value_builder&)>;

  std::string name;  // "deposit"
  signature parameters;
  std::string doc;
  body run;
  bool concurrent = false;  // may be called while another call of the object runs
  bool brief = false;       // takes no time, and waits for nothing
  // The class of the objects that it returns; void where it returns values.
  std::type_index returns = typeid(void);
  coroutine_body coroutine = {};  // instead of `run`
};

// Python's property of a class: methods "get_NAME" and, where it can be set, "set_NAME".
struct served_property {
  std::string name;
  bool writable = false;
  std::string doc;
};

struct served_class {
  std::string type_id;  // "Account"
  std::type_index type;
  std::string doc;
  std::optional<served_function> constructor;
  std::vector<served_function> methods;
  std::vector<served_property> properties;
  // The object as a value, for classes that can be converted; else empty.
  std::function<value_view(const void*, value_builder&)> write;
  std::size_t size = 0;  // of an object itself, in bytes
  // How many bytes it holds besides, where the program tells; else empty.
  std::function<std::size_t(const void*)> weigh;

  // Throw std::invalid_argument where the name is no name of Python's, or taken.
  void add(served_function method);
  void add(served_property property);
  const served_function* find(std::string_view method) const noexcept;
};

}  // namespace detail

PICKLED_END_NAMESPACE

#endif  // PICKLED_SERVER_SERVED_CLASS_HPP
