// SPDX-License-Identifier: BSL-1.0

#include "process/tracker_process.hpp"

#include "process/resource_tracker.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace pickled;
using namespace pickled::detail;

namespace {

using command = tracker_line::command;
using type = tracker_line::type;

void make_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_CREAT | O_RDWR, 0600);
  REQUIRE(fd >= 0);
  ::close(fd);
}

// Waits until it is gone; a tracker that never removes it runs into the limit of the test.
void await_removal(const std::string& path) {
  while (std::filesystem::exists(path))
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace

TEST_CASE("lines of either form are read", "[process]") {
  const struct {
    const char* line;
    command what;
    type of;
    const char* name;
  } lines[] = {
      {"REGISTER:/mp-a1b2:semaphore", command::add, type::semaphore, "/mp-a1b2"},
      {"UNREGISTER:/psm_1:shared_memory", command::remove, type::shared_memory, "/psm_1"},
      {"PROBE:0:noop", command::probe, type::other, "0"},
      {"REGISTER:/a:b:c:shared_memory", command::add, type::shared_memory, "/a:b:c"},
      {"FORGET:/a:semaphore", command::invalid, type::semaphore, "/a"},
      {"REGISTER:/a", command::invalid, type::other, ""},
      {"", command::invalid, type::other, ""},
      {R"({"cmd": "REGISTER", "rtype": "semaphore", "base64_name": "L21wLWExYjI="})", command::add,
       type::semaphore, "/mp-a1b2"},
      {R"({"cmd":"UNREGISTER","rtype":"shared_memory","base64_name":"L2EKYj4_"})", command::remove,
       type::shared_memory, "/a\nb>?"},
      {R"({"cmd": "REGISTER", "rtype": "semaphore", "base64_name": "*"})", command::invalid,
       type::semaphore, ""},
      {"{", command::invalid, type::other, ""},
  };
  for (const auto& [line, what, of, name] : lines) {
    CAPTURE(line);
    const tracker_line parsed = parse_tracker_line(line);
    CHECK(parsed.what == what);
    CHECK(parsed.of == of);
    CHECK(parsed.name_view() == name);
  }
  CHECK(parse_tracker_line("REGISTER:" + std::string(300, 'x') + ":semaphore").name_size == 0);
}

TEST_CASE("what is left at the end is removed", "[process]") {
  const std::string stem = fmt::format("pickled-test-{}", ::getpid());
  make_file("/dev/shm/" + stem);
  make_file("/dev/shm/sem." + stem);
  make_file("/dev/shm/" + stem + "-kept");
  {
    const descriptor pipe = start_tracker();
    const resource_tracker tracker(pipe.get());
    tracker.add('/' + stem, resource_tracker::resource::shared_memory);
    tracker.add('/' + stem, resource_tracker::resource::semaphore);
    tracker.add('/' + stem + "-kept", resource_tracker::resource::shared_memory);
    tracker.add('/' + stem + "-kept", resource_tracker::resource::shared_memory);
    tracker.remove('/' + stem + "-kept", resource_tracker::resource::shared_memory);
    // More than it has room for at first; none of these exist.
    for (int i = 0; i != 200; ++i)
      tracker.add(fmt::format("/{}-{}", stem, i), resource_tracker::resource::semaphore);
    // It is no child of ours.
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  }
  await_removal("/dev/shm/" + stem);
  await_removal("/dev/shm/sem." + stem);
  CHECK(std::filesystem::remove("/dev/shm/" + stem + "-kept"));
}
