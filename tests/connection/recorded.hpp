// What real CPythons pickled: tests/data/connection/messages.json.

#ifndef PICKLED_TESTS_CONNECTION_RECORDED_HPP
#define PICKLED_TESTS_CONNECTION_RECORDED_HPP

#include "tests/data.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <vector>

namespace pickled {

inline std::string unhex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i != text.size(); i += 2)
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return bytes;
}

// The message of that name, once for each CPython that wrote it.
inline std::vector<std::string> recorded(const char* name) {
  std::ifstream file(test_data("connection/messages.json"));
  std::vector<std::string> messages;
  for (const auto& run : nlohmann::json::parse(file))
    messages.push_back(unhex(run.at(name)));
  return messages;
}

}  // namespace pickled

#endif  // PICKLED_TESTS_CONNECTION_RECORDED_HPP
