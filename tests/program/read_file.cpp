// SPDX-License-Identifier: BSL-1.0

#include "program/read_file.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace pickled;
using namespace pickled::detail;

TEST_CASE("a file is read whole, or the system's reason told", "[program]") {
  CHECK(read_file("/dev/null").empty());
  CHECK(read_file("/proc/self/comm") == "program_tests\n");
  CHECK_THROWS_WITH(read_file("/nowhere/at/all"), "No such file or directory");
  CHECK_THROWS_WITH(read_file("/tmp"), "Is a directory");
}
