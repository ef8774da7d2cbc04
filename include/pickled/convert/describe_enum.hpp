// SPDX-License-Identifier: BSL-1.0

// Ties an enum to an Enum, IntEnum or Flag of Python's whose values are ints:
//
//   enum class color { red = 1, blue = 3 };
//   PICKLED_DESCRIBE_ENUM(color, "mymod", "Color", red, blue)
//
// The enumerators are needed only to read what CPython 3.11.0 to 3.11.3 writes (Debian 12's is one
// of these): they pickle members by name, all others by value. Names are compared without regard
// to case.

#ifndef PICKLED_CONVERT_DESCRIBE_ENUM_HPP
#define PICKLED_CONVERT_DESCRIBE_ENUM_HPP

#include "pickled/convert/core.hpp"
#include "pickled/convert/describe.hpp"
#include "pickled/convert/for_each.hpp"
#include "pickled/convert/object_state.hpp"
#include "pickled/convert/scalar.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

PICKLED_BEGIN_NAMESPACE

struct enumerator {
  std::string_view name;
  std::int64_t number;
};

template <std::size_t Size>
struct enum_description {
  global_name python_class;
  std::array<enumerator, Size> members;
};

template <class... Members>
constexpr enum_description<sizeof...(Members)> describe_enum(global_name python_class,
                                                             Members... members) {
  return {python_class, {members...}};
}

namespace detail {

// The number of a member: Color(3), getattr(Color, 'BLUE'), or operator.or_ of such. Throws
// conversion_error for anything else.
value_view read_member(value_view v, const global_name& python_class,
                       std::span<const enumerator> members);

}  // namespace detail

template <class T>
concept described_enum = described<T> && std::is_enum_v<T>;

template <described_enum T>
value_view to_value(T from, value_builder& b) {
  static constexpr auto about = detail::description_of<T>();
  const value_view number = to_value(static_cast<std::underlying_type_t<T>>(from), b);
  return detail::write_object(about.python_class, object_form::call, {}, {&number, 1}, b);
}

template <described_enum T>
void from_value(value_view v, T& to) {
  static constexpr auto about = detail::description_of<T>();
  std::underlying_type_t<T> number;
  from_value(detail::read_member(v, about.python_class, about.members), number);
  to = static_cast<T>(number);
}

PICKLED_END_NAMESPACE

#define PICKLED_ENUMERATOR(type, name)             \
  ::pickled::enumerator {                          \
#name, static_cast < std::int64_t>(type::name) \
  }

#define PICKLED_DESCRIBE_ENUM(type, module, name, ...)                                     \
  inline constexpr auto pickled_describe(const type*) {                                    \
    return ::pickled::describe_enum(::pickled::global_name{module, name} PICKLED_FOR_EACH( \
        PICKLED_ENUMERATOR, type, __VA_ARGS__));                                           \
  }

#endif  // PICKLED_CONVERT_DESCRIBE_ENUM_HPP
