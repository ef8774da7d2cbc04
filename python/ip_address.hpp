// SPDX-License-Identifier: BSL-1.0

// ipaddress's IPv4Address and IPv6Address, of which pickles hold the number or the text.

#ifndef PICKLED_PYTHON_IP_ADDRESS_HPP
#define PICKLED_PYTHON_IP_ADDRESS_HPP

#include "pickled/value/value.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pickled::inline v0::detail {

struct ip_address {
  bool is_ipv6 = false;
  std::array<std::uint8_t, 16> bytes = {};  // big-endian; of IPv4 the last four
  std::string_view scope = {};              // "eth0" of fe80::1%eth0

  friend bool operator==(const ip_address&, const ip_address&) = default;
};

// nullopt for what is none. Precondition: the instance's arguments are a tuple.
std::optional<ip_address> read_ip_address(const instance_node& i);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_IP_ADDRESS_HPP
