// SPDX-License-Identifier: BSL-1.0

// Ties a struct to a class of Python's in one line, next to the struct:
//
//   struct point { int x; int y; };
//   PICKLED_DESCRIBE(point, "mymod", "Point", x, y)
//
// Inside a class with private members: friend PICKLED_DESCRIBE(...). Python gets an instance of
// mymod.Point with the attributes x and y, and its __init__ is not called, as if it had been
// pickled there. Other classes than plain ones are tied by PICKLED_DESCRIBE_AS with one of
// object_form, and Enums as describe_enum.hpp says.
//
// Read is every form in which Python pickles an instance of the class, whatever the form written:
// attributes by name from __dict__ or slots, or in the order described from a dataclass's list of
// fields, a named tuple, or the arguments of a call. Attributes that are not described are
// ignored; one that is missing is an error unless its C++ type is std::optional.

#ifndef PICKLED_CONVERT_DESCRIBE_HPP
#define PICKLED_CONVERT_DESCRIBE_HPP

#include "pickled/convert/choice.hpp"
#include "pickled/convert/core.hpp"
#include "pickled/convert/for_each.hpp"
#include "pickled/convert/object_state.hpp"

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

PICKLED_BEGIN_NAMESPACE

template <class Class, class T>
struct described_member {
  std::string_view name;
  T Class::*pointer;
};

template <class... Members>
struct class_description {
  global_name python_class;
  object_form form;
  std::tuple<Members...> members;
};

template <class Class, class T>
constexpr described_member<Class, T> describe_member(std::string_view name, T Class::*pointer) {
  return {name, pointer};
}
template <class... Members>
constexpr class_description<Members...> describe_class(global_name python_class, object_form form,
                                                       Members... members) {
  return {python_class, form, {members...}};
}

template <class T>
concept described_class = described<T> && std::is_class_v<T>;

namespace detail {

template <described T>
constexpr auto description_of() {
  return pickled_describe(static_cast<const T*>(nullptr));
}

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

}  // namespace detail

template <described_class T>
value_view to_value(const T& from, value_builder& b) {
  static constexpr auto about = detail::description_of<T>();
  return std::apply(
      [&](const auto&... members) {
        constexpr std::size_t count = sizeof...(members);
        const std::array<std::string_view, count> names{members.name...};
        const std::array<value_view, count> values{write_element(from.*members.pointer, b)...};
        return detail::write_object(about.python_class, about.form, names, values, b);
      },
      about.members);
}

template <described_class T>
void from_value(value_view v, T& to) {
  static constexpr auto about = detail::description_of<T>();
  const detail::object_state state(v, about.python_class);
  std::size_t position = 0;
  const auto read = [&]<class Member>(const Member& member) {
    auto& element = to.*member.pointer;
    const value_view* attribute = state.find(member.name, position++);
    if (attribute != nullptr) {
      read_element(*attribute, element, [&] { return attribute_step(member.name); });
    } else if constexpr (detail::is_optional<std::remove_cvref_t<decltype(element)>>) {
      element.reset();
    } else {
      detail::throw_missing(member.name, about.python_class);
    }
  };
  std::apply([&](const auto&... members) { (read(members), ...); }, about.members);
}

PICKLED_END_NAMESPACE

#define PICKLED_MEMBER(type, name) ::pickled::describe_member(#name, &type::name)

#define PICKLED_DESCRIBE(type, module, name, ...) \
  PICKLED_DESCRIBE_AS(attributes, type, module, name, __VA_ARGS__)

#define PICKLED_DESCRIBE_AS(form, type, module, name, ...)                                 \
  inline constexpr auto pickled_describe(const type*) {                                    \
    return ::pickled::describe_class(                                                      \
        ::pickled::global_name{module, name},                                              \
        ::pickled::object_form::form PICKLED_FOR_EACH(PICKLED_MEMBER, type, __VA_ARGS__)); \
  }

#endif  // PICKLED_CONVERT_DESCRIBE_HPP
