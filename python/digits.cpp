// SPDX-License-Identifier: BSL-1.0

#include "python/digits.hpp"

#include <string>

namespace pickled::inline v0::detail {
namespace {

struct to_integer {
  big_integer operator()(std::int64_t i) const { return i; }
  big_integer operator()(const integer_bytes& i) const { return to_big_integer(i.bytes); }
  big_integer operator()(std::string_view digits) const { return digits_to_integer(digits); }
};

}  // namespace

big_integer digits_to_integer(std::string_view digits) {
  if (digits.starts_with('-')) return -digits_to_integer(digits.substr(1));
  if (digits.size() <= 1000) {
    // A leading zero would mean octal to Boost.
    const std::size_t first = digits.find_first_not_of('0');
    return first == digits.npos ? big_integer(0) : big_integer(std::string(digits.substr(first)));
  }
  const std::size_t low = digits.size() / 2;
  return digits_to_integer(digits.substr(0, digits.size() - low)) *
             power_of_ten(static_cast<std::int64_t>(low)) +
         digits_to_integer(digits.substr(digits.size() - low));
}

big_integer power_of_ten(std::int64_t exponent) {
  return boost::multiprecision::pow(big_integer(10), static_cast<unsigned>(exponent));
}

big_integer to_big_integer(const fraction_number::part& part) {
  return std::visit(to_integer{}, part);
}

}  // namespace pickled::inline v0::detail
