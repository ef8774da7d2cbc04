// SPDX-License-Identifier: BSL-1.0

#include "program/named_objects.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>

using namespace pickled;
using namespace pickled::detail;

namespace {

// A file of that content, for as long as this lives.
class written_file {
 public:
  explicit written_file(std::string_view content)
      : name(fmt::format("/tmp/pickled-tests-{}.json", ::getpid())) {
    std::ofstream(name) << content;
  }
  ~written_file() { std::filesystem::remove(name); }

  const std::string name;
};

// Reads everything that a configuration file says, as the program does.
serve_settings configure(std::string_view content, registry& types) {
  const written_file written(content);
  const config_file file(written.name);
  serve_settings settings = settings_of({}, file.options());
  register_named_objects(file, settings.server.on_holder_death, types);
  return settings;
}

// What is said of a mistake, after the file's name.
std::string mistake(std::string_view content) {
  registry types = sync_manager_registry();
  try {
    configure(content, types);
  } catch (const usage_error& error) {
    const std::string_view text = error.what();
    return std::string(text.substr(text.find(".json:") + 6));
  }
  return "none";
}

std::string text_of(const registry& types, std::string_view name) {
  const registered_type* type = types.find(name);
  REQUIRE(type != nullptr);
  REQUIRE(type->named != nullptr);
  return type->named->repr(1000);
}

}  // namespace

TEST_CASE("a configuration file has options and objects", "[server]") {
  registry types = sync_manager_registry();
  const serve_settings settings = configure(
      R"({
        "threads": 3,
        "max_message": "16mb",
        "handshake-timeout": 0.5,
        "ignore-sigint": true,
        "address": ["unix:a", "unix:b"],
        "authkey-file": "key",
        "objects": {
          "get_settings": {"type": "dict", "value": {"retries": 3}},
          "get_list": {"type": "list", "value": [1, null, {"$bytes": "AA=="}]},
          "get_set": {"type": "set", "value": [1]},
          "get_names": {"type": "Namespace", "value": {"a": 1}},
          "get_value": {"type": "Value", "args": ["i", 5]},
          "get_queue": {"type": "Queue", "kwds": {"maxsize": 1}},
          "get_lock": {"type": "Lock"}
        }
      })",
      types);
  CHECK(settings.server.threads == 3);
  CHECK(settings.server.max_message == 16U << 20);
  CHECK(settings.server.handshake_timeout.count() == 500);
  CHECK(settings.ignore_sigint);
  REQUIRE(settings.server.addresses.size() == 2);
  CHECK(settings.server.addresses[1].text() == "unix:b");
  CHECK(settings.authkey_files == std::vector<std::string>{"key"});
  CHECK(text_of(types, "get_settings") == "{'retries': 3}");
  CHECK(text_of(types, "get_list") == "[1, None, b'\\x00']");
  CHECK(text_of(types, "get_set") == "{1}");
  CHECK(text_of(types, "get_names") == "Namespace(a=1)");
  CHECK(text_of(types, "get_value") == "Value('i', 5)");
  CHECK(types.find("get_queue")->proxytype == "AutoProxy");
  CHECK(types.find("get_queue")->exposed == types.find("Queue")->exposed);
  CHECK(types.named().size() == 7);
}

TEST_CASE("a mistake in a configuration file is told with its line and key", "[server]") {
  const struct {
    std::string content;
    std::string mistake;
  } cases[] = {
      {"{}", "none"},
      {"",
       "1: syntax error while parsing value - unexpected end of input; expected '[', '{', or a "
       "literal"},
      {"{\n\"threads\": 1,\n}",
       "3: syntax error while parsing object key - unexpected '}'; expected string literal"},
      {"[]", "1: expected an object"},
      {"{\n\n\"thread\": 1}",
       "3: thread: expected the name of an option of `pickled serve`, objects or create"},
      {"{\"threads\": 1,\n\"threads\": 1}", "2: threads: a second time, after line 1"},
      {"{\"max-message\": 1,\n\"max_message\": 1}", "2: max_message: max-message a second time"},
      {"{\n\"threads\": \"4\"}", "2: threads: expected a whole number from 1 to 1024, not \"4\""},
      {"{\n\"threads\": 0}", "2: threads: expected a whole number from 1 to 1024, not '0'"},
      {"{\"threads\":\n1.5\n}", "1: threads: expected a whole number from 1 to 1024, not '1.5'"},
      {"{\"max-message\": []}",
       "1: max-message: expected a number of bytes, or as 64kb, 16mb, 1gb, not []"},
      {"{\"max-message\": \"much\"}",
       "1: max-message: expected a number of bytes, or as 64kb, 16mb, 1gb, not 'much'"},
      {"{\"handshake-timeout\": null}",
       "1: handshake-timeout: expected a number of seconds, at most 1000000000, not null"},
      {"{\"ignore-sigint\": 1}", "1: ignore-sigint: expected true or false, not 1"},
      {"{\"address\": [\"unix:a\", 5]}",
       "1: address: expected HOST:PORT, unix:PATH or unix:@NAME, not 5"},
      {"{\"address\": \"nowhere\"}",
       "1: address: expected HOST:PORT, unix:PATH or unix:@NAME, not 'nowhere'"},
      {"{\n\"objects\": []}", "2: objects: expected an object"},
      {"{\"objects\": {\n\"q\": \"Queue\"}}", "2: objects.q: expected an object with a \"type\""},
      {"{\"objects\": {\n\"q\": {}}}", "2: objects.q: expected a \"type\""},
      {"{\"objects\": {\"q\": {\n\"type\": \"Que\"}}}",
       "2: objects.q.type: expected Array, Barrier, BoundedSemaphore, Condition, Counter, Event, "
       "JoinableQueue, LifoQueue, Lock, Namespace, OrderedDict, PriorityQueue, Queue, RLock, "
       "Semaphore, SimpleQueue, Value, bytearray, defaultdict, deque, dict, list, set, not "
       "\"Que\""},
      {"{\"objects\": {\"q\": {\"type\": \"Queue\",\n\"arg\": []}}}",
       "2: objects.q.arg: expected type, args, kwds, value, on_holder_death"},
      {"{\"on-holder-death\": \"free\"}",
       "1: on-holder-death: expected default, keep, release or poison, not 'free'"},
      {"{\"objects\": {\"q\": {\"type\": \"Lock\",\n\"on_holder_death\": 1}}}",
       "2: objects.q.on_holder_death: expected default, keep, release or poison, not 1"},
      {"{\"objects\": {\"q\": {\"type\": \"Queue\",\n\"args\": 1}}}",
       "2: objects.q.args: expected an array, not 1"},
      {"{\"objects\": {\"q\": {\"type\": \"Queue\",\n\"kwds\": [1]}}}",
       "2: objects.q.kwds: expected an object, not [1]"},
      {"{\"objects\": {\"q\": {\"type\": \"Queue\",\n\"value\": 1}}}",
       "2: objects.q.value: expected args: only dict, list, set and Namespace have a value"},
      {"{\"objects\": {\"q\": {\"type\": \"list\", \"args\": [],\n\"value\": []}}}",
       "2: objects.q.value: expected no args and kwds beside it"},
      {"{\"objects\": {\"q\": {\"type\": \"list\",\n\"value\": [{\"$bytes\": 1}]}}}",
       "2: objects.q.value: $[0]['$bytes']: expected a string"},
      {"{\"objects\": {\n\"s\": {\"type\": \"Semaphore\", \"args\": [-1]}}}",
       "2: objects.s: ValueError: semaphore initial value must be >= 0"},
      {"{\"objects\": {\n\"list\": {\"type\": \"list\"}}}",
       "2: objects.list: the typeid 'list' is taken"},
      {"{\"create\": {\n\"list\": {\"type\": \"list\"}}}",
       "2: create.list: the typeid 'list' is taken"},
      {"{\"create\": {\n\"\": {\"type\": \"list\"}}}",
       "2: create.: the empty pattern matches no name"},
  };
  for (const auto& [content, expected] : cases) {
    INFO(content);
    CHECK(mistake(content) == expected);
  }
}

TEST_CASE("a configuration file that cannot be read is a mistake", "[server]") {
  CHECK_THROWS_WITH(config_file("/nowhere/c.json"), "/nowhere/c.json: No such file or directory");
  CHECK_THROWS_AS(config_file("/tmp"), usage_error);
}
