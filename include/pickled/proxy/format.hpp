// SPDX-License-Identifier: BSL-1.0

// fmt::format of a proxy, as of a str: what str() of the proxy is in Python.

#ifndef PICKLED_PROXY_FORMAT_HPP
#define PICKLED_PROXY_FORMAT_HPP

#include "pickled/proxy/base_proxy.hpp"

#include <fmt/format.h>

#include <concepts>
#include <string>

template <std::derived_from<pickled::base_proxy> Proxy>
struct fmt::formatter<Proxy> : fmt::formatter<std::string> {
  template <class Context>
  auto format(const Proxy& of, Context& context) const {
    return fmt::formatter<std::string>::format(of.str(), context);
  }
};

#endif  // PICKLED_PROXY_FORMAT_HPP
