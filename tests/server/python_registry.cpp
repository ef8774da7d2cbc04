// SPDX-License-Identifier: BSL-1.0

#include "server/python_registry.hpp"

#include "pickled/codec/unpickler.hpp"
#include "pickled/process/run_server.hpp"
#include "pickled/python/python_error.hpp"
#include "tests/recorded.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using namespace pickled;
using namespace pickled::detail;

namespace {

registry registry_of(const recorded_process& process) {
  return read_registry(read_run_server(loads(as_bytes(process.process)))->registry);
}

const registered_type& type_of(const registry& types, const char* type_id) {
  const registered_type* type = types.find(type_id);
  REQUIRE(type != nullptr);
  return *type;
}

}  // namespace

TEST_CASE("SyncManager's types are hosted as it registers them", "[server]") {
  const registry ours = sync_manager_registry();
  for (const recorded_process& process : recorded_processes("sync")) {
    const registry types = registry_of(process);
    for (const char* type_id :
         {"Queue", "JoinableQueue", "Event", "Lock", "RLock", "Semaphore", "BoundedSemaphore",
          "Condition", "Barrier", "list", "dict", "Value", "Array", "Namespace"}) {
      CAPTURE(type_id);
      const registered_type& type = type_of(types, type_id);
      CHECK(type.exposed == ours.find(type_id)->exposed);
      CHECK(type.method_to_typeid == ours.find(type_id)->method_to_typeid);
      CHECK(type.proxytype == ours.find(type_id)->proxytype);
    }
    arguments none({}, {});
    CHECK(type_of(types, "dict").create(none)->repr(10) == "{}");
    CHECK_FALSE(type_of(types, "Iterator").create);
    CHECK(type_of(types, "Iterator").exposed == ours.find("Iterator")->exposed);
    CHECK_THROWS_WITH(type_of(types, "Pool").create(none),
                      Catch::Contains("cannot make a 'Pool' by calling multiprocessing."));
  }
}

TEST_CASE("types of one's own are known but need a Python", "[server]") {
  for (const recorded_process& process : recorded_processes("own")) {
    const registry types = registry_of(process);
    const registered_type& counter = type_of(types, "Counter");
    CHECK(counter.exposed == std::vector<std::string>{"next", "next"});
    CHECK(counter.proxytype == "AutoProxy");
    arguments none({}, {});
    CHECK_THROWS_WITH(counter.create(none),
                      Catch::Contains("cannot make a 'Counter' by calling app.Counter"));
    CHECK(type_of(types, "list").create(none)->repr(10) == "[]");
  }
}

TEST_CASE("a name of one's own may stand for a native type", "[server]") {
  for (const recorded_process& process : recorded_processes("tcp")) {
    const registry types = registry_of(process);
    const registered_type& tasks = type_of(types, "get_tasks");
    CHECK(tasks.exposed == sync_manager_registry().find("Queue")->exposed);
    arguments none({}, {});
    CHECK_THAT(tasks.create(none)->repr(100), Catch::StartsWith("<queue.Queue object at"));
    CHECK(types.find("Queue") == nullptr);
  }
}

TEST_CASE("exposed and the proxy class decide what a type shows", "[server]") {
  // {'public': (list, None, None, AutoProxy), 'some': (list, ('append',), None, AutoProxy),
  //  'own': (dict, ('get',), {'get': 'dict'}, app.MyProxy), 'bad': 3, 5: None}
  const std::string start = "\x80\x04}(";
  const std::string autoproxy = "cmultiprocessing.managers\nAutoProxy\n";
  const std::string pickle = start + "\x8c\x06public(cbuiltins\nlist\nNN" + autoproxy +
                             "t\x8c\x04some(cbuiltins\nlist\n\x8c\x06" + "append\x85N" + autoproxy +
                             "t\x8c\x03own(cbuiltins\ndict\n\x8c\x03get\x85}\x8c\x03get\x8c\x04" +
                             "dictscapp\nMyProxy\nt\x8c\x03" + "badK\x03K\x05Nu.";
  const registry types = read_registry(value_argument(loads(as_bytes(pickle))));
  const auto& shown = type_of(types, "public").exposed;
  CHECK(std::ranges::find(shown, "append") != shown.end());
  CHECK(std::ranges::find(shown, "__len__") == shown.end());
  CHECK(type_of(types, "some").exposed == std::vector<std::string>{"append"});
  CHECK(type_of(types, "own").exposed == std::vector<std::string>{"get", "get"});
  CHECK(type_of(types, "own").method_to_typeid ==
        std::vector<std::pair<std::string, std::string>>{{"get", "dict"}});
  CHECK(types.find("bad") == nullptr);
  CHECK(read_registry(value_view::integer(3)).find("list") == nullptr);
}
