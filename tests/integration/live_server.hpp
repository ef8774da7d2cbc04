// SPDX-License-Identifier: BSL-1.0

// The server that these tests talk to: $PICKLED_SERVER, as manager::connect takes it, with the key
// $PICKLED_AUTHKEY.

#ifndef PICKLED_TESTS_INTEGRATION_LIVE_SERVER_HPP
#define PICKLED_TESTS_INTEGRATION_LIVE_SERVER_HPP

#include "pickled/proxy/manager.hpp"
#include "pickled/python/python_error.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

namespace pickled::inline v0::detail {

inline std::string environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) throw std::runtime_error(name + std::string(" is not set"));
  return text;
}

inline manager connect() {
  return manager::connect(environment("PICKLED_SERVER"), environment("PICKLED_AUTHKEY"));
}

// Of what `f` throws, which has to be one of our own exceptions; none where it throws nothing.
template <class F>
std::error_code code_of(const F& f) {
  try {
    f();
    return {};
  } catch (const error& e) {
    return e.code();
  }
}

// For CHECK_THROWS_MATCHES: an exception of Python's by its last line of a traceback.
inline auto says(const std::string& text) {
  return Catch::Message(text);
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_TESTS_INTEGRATION_LIVE_SERVER_HPP
