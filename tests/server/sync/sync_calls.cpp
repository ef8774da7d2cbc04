// SPDX-License-Identifier: BSL-1.0

// The calls of tests/data/server/sync_calls.json, as CPython answers them.

#include "frozen/freezer.hpp"
#include "server/sync/barrier_object.hpp"
#include "server/sync/condition_object.hpp"
#include "server/sync/event_object.hpp"
#include "server/sync/lock_object.hpp"
#include "server/sync/queue_object.hpp"
#include "server/sync/rlock_object.hpp"
#include "server/sync/semaphore_object.hpp"
#include "tests/recorded.hpp"
#include "tests/server/types/client.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <regex>

namespace {

using namespace pickled;
using namespace pickled::detail;
using nlohmann::json;

using factory = std::shared_ptr<hosted> (*)(arguments&);
const std::map<std::string, factory> factories{
    {"Lock", lock_object::create},           {"RLock", rlock_object::create},
    {"Semaphore", semaphore_object::create}, {"BoundedSemaphore", semaphore_object::create_bounded},
    {"Event", event_object::create},         {"Condition", condition_object::create},
    {"Barrier", barrier_object::create},     {"Queue", queue_object::create},
};

frozen from_hex(const std::string& hex) {
  const std::string bytes = unhex(hex);
  frozen result;
  REQUIRE_FALSE(freeze(as_bytes(bytes), {}, result));
  return result;
}

frozen from_json(const json& j) {
  if (j.is_null()) return frozen::none();
  if (j.is_boolean()) return frozen::boolean(j);
  if (j.is_number_integer()) return frozen::integer(j);
  if (j.is_number_float()) return frozen::real(j);
  if (j.is_string()) return frozen::str(j.get<std::string>());
  return from_hex(j.at("pickle"));
}

arguments arguments_of(const json& step) {
  std::vector<frozen> positional;
  for (const json& argument : step[1])
    positional.push_back(from_json(argument));
  std::vector<arguments::keyword> keywords;
  for (const auto& [name, argument] : step[2].items())
    keywords.emplace_back(name, from_json(argument));
  return arguments(std::move(positional), std::move(keywords));
}

std::string without_address(std::string text) {
  static const std::regex address("0x[0-9a-f]+");
  return std::regex_replace(text, address, "0x");
}

// What the call of a factory answers.
std::string create(const json& step, std::shared_ptr<hosted>& made) {
  arguments args = arguments_of(step);
  try {
    made = factories.at(step[0])(args);
    return made->repr(1000);
  } catch (const python_error& error) {
    return error.what();
  }
}

// What a call of an object answers. Time passes at once.
std::string answer(const std::shared_ptr<hosted>& object, const json& step) {
  const std::string name = step[0];
  if (name == "__repr__") return "'" + object->repr(1000) + "'";
  if (name == "#GETVALUE") {
    splicer out;
    CHECK_THROWS_AS(object->write_value(out), python_error);
    try {
      object->write_value(out);
    } catch (const python_error& error) {
      return error.what();
    }
  }
  const testing::made_call made = testing::client(1).call_with(*object, name, arguments_of(step));
  if (made.waits() && made.pending()->deadline()) made.expire();
  return made.text();
}

}  // namespace

TEST_CASE("calls of locks, queues and the like answer what CPython's do", "[server]") {
  const json cases = json::parse(std::ifstream(test_data("server/sync_calls.json")));
  REQUIRE(cases.size() > 600);
  for (const json& steps : cases) {
    std::shared_ptr<hosted> object;
    for (const json& step : steps) {
      const std::string text = object == nullptr ? create(step, object) : answer(object, step);
      INFO(steps.dump());
      INFO(step.dump());
      CHECK(without_address(text) == step[3].get<std::string>());
      if (object == nullptr) break;
    }
  }
}
