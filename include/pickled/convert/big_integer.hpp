// SPDX-License-Identifier: BSL-1.0

// Conversions of boost::multiprecision::cpp_int, of any width: int. A number that a cpp_int of
// fixed width cannot hold is an error.

#ifndef PICKLED_CONVERT_BIG_INTEGER_HPP
#define PICKLED_CONVERT_BIG_INTEGER_HPP

#include "pickled/convert/convert.hpp"
#include "pickled/value/big_integer.hpp"

#include <boost/multiprecision/cpp_int.hpp>

#include <limits>
#include <type_traits>

PICKLED_BEGIN_NAMESPACE

template <unsigned Min, unsigned Max, boost::multiprecision::cpp_integer_type Sign,
          boost::multiprecision::cpp_int_check_type Check, class Allocator,
          boost::multiprecision::expression_template_option Templates>
value_view to_value(
    const boost::multiprecision::number<
        boost::multiprecision::cpp_int_backend<Min, Max, Sign, Check, Allocator>, Templates>& from,
    value_builder& b) {
  const buffer bytes = twos_complement(pickled::big_integer(from));
  return b.integer(bytes);
}

template <unsigned Min, unsigned Max, boost::multiprecision::cpp_integer_type Sign,
          boost::multiprecision::cpp_int_check_type Check, class Allocator,
          boost::multiprecision::expression_template_option Templates>
void from_value(
    value_view v,
    boost::multiprecision::number<
        boost::multiprecision::cpp_int_backend<Min, Max, Sign, Check, Allocator>, Templates>& to) {
  number_room room;
  const value_view native = detail::native_scalar(v, room);
  if (!native.is(kind::integer) && !native.is(kind::big_integer) && !native.is(kind::boolean)) {
    throw conversion_error("int", v);
  }
  const pickled::big_integer exact = to_big_integer(native);
  using limits = std::numeric_limits<std::remove_reference_t<decltype(to)>>;
  if constexpr (limits::is_bounded) {
    if (exact < pickled::big_integer(limits::min()) ||
        exact > pickled::big_integer(limits::max())) {
      const auto text = [](const auto& number) { return static_cast<std::string>(number.str()); };
      throw conversion_error("int from " + text(limits::min()) + " to " + text(limits::max()),
                             "one beyond that");
    }
  }
  to = static_cast<std::remove_reference_t<decltype(to)>>(exact);
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_BIG_INTEGER_HPP
