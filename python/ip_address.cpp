// SPDX-License-Identifier: BSL-1.0

#include "python/ip_address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstddef>
#include <string>

namespace pickled::inline v0::detail {
namespace {

bool read_text(std::string_view text, ip_address& to) {
  const std::size_t percent = to.is_ipv6 ? text.find('%') : text.npos;
  if (percent != text.npos) to.scope = text.substr(percent + 1);
  const std::string address(text.substr(0, percent));
  if (address.find('\0') != address.npos) return false;
  std::uint8_t* const first = to.bytes.data() + (to.is_ipv6 ? 0 : 12);
  return ::inet_pton(to.is_ipv6 ? AF_INET6 : AF_INET, address.c_str(), first) == 1;
}

bool read_number(value_view number, ip_address& to) {
  const std::size_t size = to.is_ipv6 ? 16 : 4;
  if (number.is(kind::integer)) {
    const auto word = static_cast<std::uint64_t>(number.as_integer());
    if (number.as_integer() < 0 || (size == 4 && word >> 32 != 0)) return false;
    for (std::size_t i = 0; i != sizeof word; ++i)
      to.bytes[15 - i] = static_cast<std::uint8_t>(word >> (8 * i));
    return true;
  }
  // Two's complement, little-endian: above the highest byte there may be the sign.
  const bytes_view digits = number.as_bytes();
  const bool fits = std::ranges::all_of(
      digits.begin() + static_cast<std::ptrdiff_t>(std::min(digits.size(), size)), digits.end(),
      [](std::byte b) { return b == std::byte{}; });
  const bool negative = (std::to_integer<unsigned>(digits.back()) & 0x80U) != 0;
  if (!fits || negative) return false;
  for (std::size_t i = 0; i != std::min(digits.size(), size); ++i)
    to.bytes[15 - i] = std::to_integer<std::uint8_t>(digits[i]);
  return true;
}

}  // namespace

std::optional<ip_address> read_ip_address(const instance_node& i) {
  if (i.args.size() != 1 || i.changes.size != 0) return std::nullopt;
  const value_view made_of = i.args.as_items()[0];
  ip_address address;
  address.is_ipv6 = i.callable.as_global().name == "IPv6Address";
  bool good = false;
  if (made_of.is(kind::str)) {
    good = read_text(made_of.as_str(), address);
  } else if (made_of.is(kind::integer) || made_of.is(kind::big_integer)) {
    good = read_number(made_of, address);
  }
  return good ? std::optional(address) : std::nullopt;
}

}  // namespace pickled::inline v0::detail
