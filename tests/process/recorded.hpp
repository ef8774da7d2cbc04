// How real CPythons start processes: tests/data/process/spawn.json.

#ifndef PICKLED_TESTS_PROCESS_RECORDED_HPP
#define PICKLED_TESTS_PROCESS_RECORDED_HPP

#include "pickle/codec/unpickler.hpp"
#include "tests/connection/recorded.hpp"
#include "tests/data.hpp"

#include <string>
#include <vector>

namespace pickled {

struct recorded_process {
  std::vector<std::string> arguments;
  std::string preparation;  // both pickles are empty for what is not spawned
  std::string process;

  value process_object() const { return loads(as_bytes(process)); }
};

// The process of that name, once for each CPython that started it.
inline std::vector<recorded_process> recorded_processes(const char* name) {
  std::ifstream file(test_data("process/spawn.json"));
  std::vector<recorded_process> found;
  for (const auto& run : nlohmann::json::parse(file)) {
    const auto& one = run.at(name);
    found.push_back({one.at("arguments"), unhex(one.value("preparation", "")),
                     unhex(one.value("process", ""))});
  }
  return found;
}

}  // namespace pickled

#endif  // PICKLED_TESTS_PROCESS_RECORDED_HPP
