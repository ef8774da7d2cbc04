// SPDX-License-Identifier: BSL-1.0

#include "process/resource_tracker.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <unistd.h>

using namespace pickled;
using namespace pickled::detail;

TEST_CASE("the tracker is told what is made and removed", "[process]") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const resource_tracker tracker(ends[1]);
  tracker.add("/mp-a1b2c3d4", resource_tracker::resource::semaphore);
  tracker.remove("/mp-a1b2c3d4", resource_tracker::resource::semaphore);
  tracker.add("/a\nb>?", resource_tracker::resource::shared_memory);
  ::close(ends[1]);
  std::string lines(300, '\0');
  const ssize_t count = ::read(ends[0], lines.data(), lines.size());
  REQUIRE(count > 0);
  lines.resize(static_cast<std::size_t>(count));
  CHECK(lines ==
        "REGISTER:/mp-a1b2c3d4:semaphore\nUNREGISTER:/mp-a1b2c3d4:semaphore\n"
        "{\"cmd\": \"REGISTER\", \"rtype\": \"shared_memory\", \"base64_name\": "
        "\"L2EKYj4_\"}\n");
  ::close(ends[0]);
}

TEST_CASE("a tracker that is gone is told nothing", "[process]") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  ::close(ends[0]);
  resource_tracker(ends[1]).add("/mp-a1b2c3d4", resource_tracker::resource::semaphore);
  ::close(ends[1]);
}

TEST_CASE("the tracker is told to forget a segment", "[process]") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const resource_tracker tracker(ends[1]);
  tracker.forget_shared_memory("/psm_1a2b3c4d");
  // It takes no longer line.
  tracker.forget_shared_memory("/" + std::string(600, 'x'));
  ::close(ends[1]);
  std::string line(200, '\0');
  const ssize_t count = ::read(ends[0], line.data(), line.size());
  REQUIRE(count > 0);
  line.resize(static_cast<std::size_t>(count));
  CHECK(line == "REGISTER:/psm_1a2b3c4d:shared_memory\nUNREGISTER:/psm_1a2b3c4d:shared_memory\n");
  ::close(ends[0]);
}

TEST_CASE("a tracker that is not there is told nothing", "[process]") {
  resource_tracker(std::nullopt).forget_shared_memory("/psm_1a2b3c4d");
}
