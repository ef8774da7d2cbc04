// SPDX-License-Identifier: BSL-1.0

// Pickles written by CPython, by tests/data/pickle/write_convert.py.

#ifndef PICKLED_TESTS_CONVERT_RECORDED_HPP
#define PICKLED_TESTS_CONVERT_RECORDED_HPP

#include "pickled/codec/unpickler.hpp"
#include "pickled/value/value.hpp"
#include "tests/recorded.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

inline std::vector<value> recorded(std::string_view name) {
  std::vector<value> values;
  for (const std::string& pickle : recorded_pickles(name))
    values.push_back(loads(as_bytes(pickle)));
  REQUIRE(!values.empty());
  return values;
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_TESTS_CONVERT_RECORDED_HPP
