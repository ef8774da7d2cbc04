#include "tests/integration/live_server.hpp"

#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

using namespace pickled;

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
    std::_Exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(d.get<int>("child") == 2);
  d["after"] = 3;
  CHECK(d.size() == 3);
  CHECK(m.number_of_objects() == objects);
}
