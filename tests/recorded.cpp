// SPDX-License-Identifier: BSL-1.0

#include "tests/recorded.hpp"

#include <nlohmann/json.hpp>

#include <fstream>

namespace pickled::inline v0::detail {
namespace {

nlohmann::json parsed(const std::string& file) {
  return nlohmann::json::parse(std::ifstream(test_data(file)));
}

}  // namespace

std::string test_data(const std::string& file) {
  return PICKLED_TEST_DATA "/" + file;
}

std::string unhex(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

std::vector<std::string> recorded_pickles(std::string_view name) {
  static const auto all = parsed("pickle/convert.json");
  std::vector<std::string> pickles;
  for (const auto& entry : all)
    if (entry[0] == name) pickles.push_back(unhex(entry[2].get_ref<const std::string&>()));
  return pickles;
}

std::vector<std::string> recorded_messages(const std::string& name) {
  std::vector<std::string> messages;
  for (const auto& run : parsed("connection/messages.json"))
    messages.push_back(unhex(run.at(name).get_ref<const std::string&>()));
  return messages;
}

std::vector<recorded_process> recorded_processes(const std::string& name) {
  std::vector<recorded_process> found;
  for (const auto& run : parsed("process/spawn.json")) {
    const auto& one = run.at(name);
    found.push_back({one.at("arguments"), unhex(one.value("preparation", "")),
                     unhex(one.value("process", ""))});
  }
  return found;
}

}  // namespace pickled::inline v0::detail
