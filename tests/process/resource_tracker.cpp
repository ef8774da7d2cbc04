#include "process/resource_tracker.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <unistd.h>

using namespace pickled;

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
