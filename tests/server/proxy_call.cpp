// SPDX-License-Identifier: BSL-1.0

#include "server/proxy_call.hpp"

#include "connection/message.hpp"
#include "frozen/freezer.hpp"
#include "tests/server/support.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <list>
#include <memory>
#include <string>
#include <string_view>

using namespace pickled;
using namespace pickled::detail;

namespace {

struct fixture {
  context host{without_grace(), cell_registry()};
  token_writer tokens{address::unix_path("/run/here")};
  std::shared_ptr<referent> object =
      host.objects.create(*host.types.find("cell"), std::make_shared<cell>());
  std::list<frozen_request> requests;
  int woken = 0;

  cell& target() { return static_cast<cell&>(*object->object); }
  std::unique_ptr<proxy_call> call_of(frozen_request r) {
    requests.push_back(std::move(r));
    return std::make_unique<proxy_call>(host, requests.back(), owner{1, {}}, tokens,
                                        [this] { return [this] { ++woken; }; });
  }
  std::unique_ptr<proxy_call> begin(frozen_request r) {
    auto c = call_of(std::move(r));
    c->run();
    return c;
  }
  std::string answer(frozen_request r) { return words(begin(std::move(r))->reply()); }
  std::string answer(std::string_view method, std::vector<frozen> args = {}) {
    return answer(request(object->ident, method, std::move(args)));
  }
};

}  // namespace

TEST_CASE_METHOD(fixture, "a method's value is returned, None where it has none", "[server]") {
  CHECK(answer("set", {frozen::integer(3)}) == "('#RETURN', None)");
  CHECK(answer("get") == "('#RETURN', 3)");
}

TEST_CASE_METHOD(fixture, "what a method throws is an error", "[server]") {
  CHECK(answer("fail", {frozen::str("zz")}) == "('#ERROR', KeyError('zz'))");
  CHECK(answer("fail") ==
        "('#ERROR', TypeError('cell.fail() takes exactly one argument (0 given)'))");
}

TEST_CASE_METHOD(fixture, "what a method wrote before it threw is dropped", "[server]") {
  CHECK(answer("half") == "('#ERROR', ValueError('half way'))");
}

TEST_CASE_METHOD(fixture, "an object that is not there is a traceback", "[server]") {
  CHECK(answer(request("1000", "get")) ==
        "('#TRACEBACK', 'Traceback (most recent call last):\\n  File \"<pickled>\", in "
        "serve_client\\nKeyError: \\'1000\\'\\n')");
  CHECK_THAT(answer(request("", "get")), Catch::Contains("KeyError: None\\n"));
  CHECK_THAT(answer(request("0", "get")),
             Catch::Contains("ValueError: not enough values to unpack (expected 3, got 2)\\n"));
}

TEST_CASE_METHOD(fixture, "only what is exposed and exists is called", "[server]") {
  for (const char* method : {"hidden", "absent", "nowhere"}) {
    const std::string said = answer(method);
    CHECK_THAT(said, Catch::StartsWith("('#TRACEBACK', "));
    CHECK_THAT(said, Catch::Contains("AttributeError: "));
    CHECK_THAT(said, Catch::Contains("KeyError: \\'" + std::string(method) + "\\'\\n"));
  }
}

TEST_CASE_METHOD(fixture, "text and value of an object need not be exposed", "[server]") {
  answer("set", {frozen::integer(3)});
  CHECK(answer("__str__") == "('#RETURN', '<cell>')");
  CHECK(answer("__repr__") == "('#RETURN', '<cell>')");
  CHECK(answer("#GETVALUE") == "('#RETURN', 3)");
  CHECK_THAT(answer("__repr__", {frozen::none()}),
             Catch::Contains("TypeError: Server.fallback_repr() takes 4 positional arguments but "
                             "5 were given\\n"));
}

TEST_CASE_METHOD(fixture, "an object that cannot be pickled says so", "[server]") {
  target().unserializable = true;
  const std::string said = answer("#GETVALUE");
  CHECK_THAT(said, Catch::StartsWith("('#UNSERIALIZABLE', "));
  CHECK_THAT(said, Catch::Contains("TypeError: cannot pickle \\'cell\\' object\\n"));
}

TEST_CASE_METHOD(fixture, "an object that a method hands out is a proxy", "[server]") {
  const buffer reply = begin(request(object->ident, "child"))->reply().joined();
  CHECK(host.objects.number_of_objects() == 2);
  const value pair = loads(reply);
  CHECK(pair->as_items()[0].as_str() == "#PROXY");
  const auto created = read_created_proxy(pair->as_items()[1]);
  REQUIRE(created);
  CHECK(created->exposed == host.types.find("cell")->exposed);
  CHECK(created->referent.type_id == "cell");
  CHECK(created->referent.server == address::unix_path("/run/here"));
  CHECK(host.objects.find(created->referent.ident) != nullptr);
}

TEST_CASE_METHOD(fixture, "a reply beyond the limit is a MemoryError", "[server]") {
  host.options.max_message = 100;
  answer("set", {frozen::str(std::string(200, 'x'))});
  CHECK_THAT(answer("get"), Catch::StartsWith("('#ERROR', MemoryError("));
}

TEST_CASE_METHOD(fixture, "a blocked call is answered when it is granted", "[server]") {
  const auto blocked = begin(request(object->ident, "pass"));
  REQUIRE(blocked->waiting() != nullptr);
  CHECK_FALSE(blocked->waiting()->at_once());
  CHECK(woken == 0);
  CHECK(answer("open", {frozen::str("in")}) == "('#RETURN', None)");
  CHECK(woken == 1);
  CHECK(words(blocked->reply()) == "('#RETURN', 'in')");
}

TEST_CASE_METHOD(fixture, "a blocked call is answered when its time is up", "[server]") {
  const auto blocked = begin(request(object->ident, "pass", {frozen::real(0.5)}));
  REQUIRE(blocked->waiting()->deadline());
  target().expire(*blocked->waiting());
  CHECK(woken == 1);
  CHECK(words(blocked->reply()) == "('#ERROR', TimeoutError())");
}

TEST_CASE_METHOD(fixture, "a call that is granted on the spot is answered at once", "[server]") {
  CHECK(answer("pass_at_once") == "('#RETURN', 'at once')");
  CHECK(woken == 0);
}

TEST_CASE_METHOD(fixture, "a heavy method of a large object leaves the thread", "[server]") {
  const auto heavy = [&](std::string_view method) {
    return begin(request(object->ident, method))->heavy();
  };
  CHECK_FALSE(heavy("work"));
  target().bulk = std::size_t{1} << 20;
  CHECK(heavy("work"));
  CHECK(heavy("__repr__"));
  CHECK(heavy("#GETVALUE"));
  CHECK_FALSE(heavy("get"));
  CHECK_FALSE(heavy("nowhere"));
}

TEST_CASE_METHOD(fixture, "what small arguments may stand for leaves the thread", "[server]") {
  arena where;
  value_builder build(where);
  const frozen range = freeze(
      build.instance(instance_node::construction::reduce, build.global("builtins", "range"),
                     build.tuple(std::array{value_view::integer(0), value_view::integer(10'000'000),
                                            value_view::integer(1)})));
  const auto heavy = [&](std::string_view method, const frozen& argument) {
    return call_of(request(object->ident, method, {argument}))->heavy();
  };
  CHECK(heavy("gather", range));
  CHECK_FALSE(heavy("gather", frozen::integer(3)));
  CHECK_FALSE(heavy("set", range));
  CHECK(heavy("multiply", frozen::integer(3)));
}

TEST_CASE_METHOD(fixture, "a call names itself for the log", "[server]") {
  CHECK(begin(request(object->ident, "get"))->name() == "cell.get");
  CHECK(begin(request("1000", "get"))->name() == "1000.get");
}
