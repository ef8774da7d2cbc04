// SPDX-License-Identifier: BSL-1.0

// What real CPythons wrote, from the files of tests/data. The JSON in them is read in one place,
// which spares each test the time that nlohmann's header takes to compile.

#ifndef PICKLED_TESTS_RECORDED_HPP
#define PICKLED_TESTS_RECORDED_HPP

#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

// The path of a file below tests/data.
std::string test_data(const std::string& file);

// The bytes that hexadecimal digits spell.
std::string unhex(const std::string& digits);

// Every different pickle of one of the values of tests/data/pickle/write_convert.py, at each
// protocol and by each CPython.
std::vector<std::string> recorded_pickles(std::string_view name);

// The message of that name in tests/data/connection/messages.json, once for each CPython that
// wrote it.
std::vector<std::string> recorded_messages(const std::string& name);

struct recorded_process {
  std::vector<std::string> arguments;
  std::string preparation;  // both pickles are empty for what is not spawned
  std::string process;
};

// The process of that name in tests/data/process/spawn.json, once for each CPython that started it.
std::vector<recorded_process> recorded_processes(const std::string& name);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_TESTS_RECORDED_HPP
