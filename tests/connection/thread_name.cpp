// SPDX-License-Identifier: BSL-1.0

#include "connection/thread_name.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace pickled::detail;

TEST_CASE("a thread has a name that tells its process", "[connection]") {
  const std::string own = thread_name();
  std::string of_other;
  std::thread([&] { of_other = thread_name(); }).join();
  CHECK(own == thread_name());
  CHECK(of_other != own);
  CHECK(is_thread_of_process(own));
  CHECK(is_thread_of_process(of_other));
  CHECK_FALSE(is_thread_of_process("1" + own));
  CHECK_FALSE(is_thread_of_process(""));
}
