// SPDX-License-Identifier: BSL-1.0

#include "server/objects/segments.hpp"

#include "pickled/python/python_error.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

using names = std::vector<std::string>;

// A segment of this process; its name without the slash.
std::string make_segment(int number) {
  std::string name = fmt::format("pickled_tests_{}_{}", ::getpid(), number);
  const int fd = ::shm_open(("/" + name).c_str(), O_CREAT | O_EXCL | O_RDWR, 0600);
  REQUIRE(fd >= 0);
  ::close(fd);
  return name;
}

bool exists(const std::string& name) {
  const int fd = ::shm_open(("/" + name).c_str(), O_RDWR, 0);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

}  // namespace

TEST_CASE("a segment is removed when it is released", "[server]") {
  names unlinked;
  segments tracked([&](const std::string& name) { unlinked.push_back(name); });
  const std::string one = make_segment(1);
  const std::string two = make_segment(2);
  tracked.track(one);
  tracked.track(two);
  CHECK(tracked.list() == names{one, two});
  tracked.release(one);
  CHECK_FALSE(exists(one));
  CHECK(exists(two));
  CHECK(tracked.list() == names{two});
  CHECK(unlinked == names{"/" + one});
  CHECK_THROWS_AS(tracked.release(one), python_error);
}

TEST_CASE("a name that no segment can have is not kept", "[server]") {
  segments tracked([](const std::string&) {});
  CHECK_THROWS_AS(tracked.track(std::string(1'000'000, 'x')), python_error);
  CHECK(tracked.list().empty());
}

TEST_CASE("what is left is removed at the end", "[server]") {
  names unlinked;
  const std::string one = make_segment(1);
  const std::string gone = make_segment(2);
  const std::string three = make_segment(3);
  {
    segments tracked([&](const std::string& name) { unlinked.push_back(name); });
    for (const std::string& name : {one, gone, three})
      tracked.track(name);
    ::shm_unlink(("/" + gone).c_str());
  }
  CHECK_FALSE(exists(one));
  CHECK_FALSE(exists(three));
  CHECK(unlinked == names{"/" + one, "/" + three});
}
