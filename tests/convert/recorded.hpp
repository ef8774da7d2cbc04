// Pickles written by CPython, by tests/data/pickle/write_convert.py.

#ifndef PICKLED_TESTS_CONVERT_RECORDED_HPP
#define PICKLED_TESTS_CONVERT_RECORDED_HPP

#include "pickle/codec/unpickler.hpp"
#include "pickle/value/value.hpp"
#include "tests/data.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace pickled {

// Every different pickle of one of the script's values, at each protocol and by each CPython.
inline std::vector<value> recorded(std::string_view name) {
  static const auto all = nlohmann::json::parse(std::ifstream(test_data("pickle/convert.json")));
  std::vector<value> result;
  for (const auto& entry : all) {
    if (entry[0] != name) continue;
    const std::string& hex = entry[2].get_ref<const std::string&>();
    std::string pickle;
    for (std::size_t i = 0; i != hex.size(); i += 2)
      pickle += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    result.push_back(loads(as_bytes(pickle)));
  }
  REQUIRE(!result.empty());
  return result;
}

}  // namespace pickled

#endif  // PICKLED_TESTS_CONVERT_RECORDED_HPP
