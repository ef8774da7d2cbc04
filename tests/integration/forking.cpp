// SPDX-License-Identifier: BSL-1.0

#include "proxy/reference.hpp"
#include "tests/integration/live_server.hpp"

#include <atomic>
#include <cstdlib>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace pickled;
using namespace pickled::detail;

TEST_CASE("a forked child calls on its own connection and takes no count", "[fork]") {
  const auto m = connect();
  const auto d = m.dict();
  d["before"] = 1;
  const auto objects = m.number_of_objects();
  const pid_t child = ::fork();
  if (child == 0) {
    {
      const dict_proxy inherited = d;
      inherited["child"] = inherited.get<int>("before") + 1;
      m.list();
    }
    std::_Exit(flush_references() ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(d.get<int>("child") == 2);
  d["after"] = 3;
  CHECK(d.size() == 3);
  CHECK(m.number_of_objects() == objects);
}

// GCC says so by macros, Clang by features.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

// In a child whose parent had threads, one sanitizer starts none, and the other's allocator may be
// locked for ever.
#ifndef SANITIZED
TEST_CASE("a child forked while other threads connect can connect itself", "[fork]") {
  std::atomic<bool> done{false};
  std::vector<std::thread> busy;
  for (int i = 0; i != 2; ++i)
    busy.emplace_back([&] {
      while (!done)
        connect().list();
    });
  int ended_well = 0;
  for (int i = 0; i != 20; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(60);  // ends a child that waits for ever
      try {
        auto d = connect().dict();
        d["k"] = i;
        const bool right = d.get<int>("k") == i;
        d = dict_proxy();
        std::_Exit(flush_references() && right ? 0 : 1);
      } catch (const std::exception&) {
        std::_Exit(2);
      }
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ended_well += status == 0;
  }
  done = true;
  for (std::thread& thread : busy)
    thread.join();
  CHECK(ended_well == 20);
}
#endif
