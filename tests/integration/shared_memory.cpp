// SPDX-License-Identifier: BSL-1.0

// What needs /dev/shm where there is none, and where it is full: interop/process/
// test_shared_memory.py runs each case where it is so.

#include "pickled/process/shared_memory.hpp"

#include "pickled/process/barrier.hpp"
#include "pickled/process/queues.hpp"
#include "pickled/process/shareable_list.hpp"
#include "pickled/process/sharedctypes.hpp"
#include "pickled/process/synchronize.hpp"
#include "process/resource_tracker.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

using namespace pickled;
using namespace pickled::detail;
using namespace pickled::multiprocessing;

namespace {

std::set<std::string> files_of(std::string_view directory) {
  std::set<std::string> names;
  std::error_code none;
  for (const auto& each : std::filesystem::directory_iterator(directory, none))
    names.insert(each.path());
  return names;
}

void check_everything_fails(std::errc expected) {
  resource_tracker::of_process();  // its pipe stays open
  const auto value_without_lock = multiprocessing::value<int>::create_raw(1);
  const std::map<std::string, std::function<void()>> all = {
      {"lock", [] { lock::create(); }},
      {"condition", [] { condition::create(); }},
      {"event", [] { event::create(); }},
      {"barrier", [] { barrier::create(2); }},
      {"queue", [] { queue::create().put(1); }},
      {"joinable queue", [] { joinable_queue::create().put(1); }},
      {"simple queue", [] { simple_queue::create().put(1); }},
      {"segment", [] { shared_memory::create(100).unlink(); }},
      {"list", [] { shareable_list::create(std::tuple(1, 2)).shm().unlink(); }},
      {"value", [] { multiprocessing::value<int>::create(1); }},
  };
  for (const auto& [name, make] : all) {
    INFO(name);
    const auto files = files_of("/dev/shm");
    const auto descriptors = files_of("/proc/self/fd");
    try {
      make();
      FAIL_CHECK("it was made");
    } catch (const std::system_error& error) {
      INFO(error.what());
      CHECK(error.code() == expected);
    }
    CHECK(files_of("/dev/shm") == files);
    CHECK(files_of("/proc/self/fd") == descriptors);
  }
  CHECK(value_without_lock.get() == 1);
}

}  // namespace

TEST_CASE("where there is no /dev/shm that is an error", "[.no_shm]") {
  check_everything_fails(std::errc::no_such_file_or_directory);
}

TEST_CASE("where /dev/shm is full that is an error", "[.full_shm]") {
  check_everything_fails(std::errc::no_space_on_device);
}
