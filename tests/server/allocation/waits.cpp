// SPDX-License-Identifier: BSL-1.0

// Calls that wait, in a server that has no memory for one step of them or of what ends them: nobody
// waits for ever, and what was to be granted is with one who was told of it, or there for the next.

#include "tests/server/allocation/failing_allocator.hpp"
#include "tests/server/allocation/short_server.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <system_error>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

struct wait_of_type {
  std::string type_id;
  std::string args;                 // of create
  std::vector<method_call> holder;  // what is done first, by one
  std::vector<method_call> first;   // and then by one who waits in the end
  method_call wait;
  std::vector<method_call> grant;    // by the holder
  std::vector<method_call> hand_on;  // by the one who was granted
};

const std::vector<wait_of_type> waits = {
    {"Lock", "[]", {{"acquire"}}, {}, {"acquire"}, {{"release"}}, {{"release"}}},
    {"RLock", "[]", {{"acquire"}}, {}, {"acquire"}, {{"release"}}, {{"release"}}},
    {"Semaphore", "[0]", {}, {}, {"acquire"}, {{"release"}}, {{"release"}}},
    {"BoundedSemaphore", "[]", {{"acquire"}}, {}, {"acquire"}, {{"release"}}, {{"release"}}},
    {"Condition",
     "[]",
     {},
     {{"acquire"}},
     {"wait", "[15]"},
     {{"acquire", "[true, 0.5]"}, {"notify_all"}, {"release"}},
     {{"release"}}},
    {"Event", "[]", {}, {}, {"wait"}, {{"set"}}, {}},
    {"Queue", "[]", {}, {}, {"get"}, {{"put", "[[1]]"}}, {}},
    {"JoinableQueue", "[]", {}, {}, {"get"}, {{"put", "[[1]]"}}, {}},
    {"PriorityQueue", "[]", {}, {}, {"get"}, {{"put", "[1]"}}, {}},
    {"LifoQueue", "[]", {}, {}, {"get"}, {{"put", "[[1]]"}}, {}},
    {"SimpleQueue", "[]", {}, {}, {"get"}, {{"put", "[[1]]"}}, {}},
    {"Queue", "[]", {{"put", "[1]"}}, {}, {"join"}, {{"task_done"}}, {{"get"}}},
    {"Queue", "[1]", {{"put", "[1]"}}, {}, {"put", "[[2]]"}, {{"get"}}, {}},
    {"PriorityQueue", "[1]", {{"put", "[[1]]"}}, {}, {"put", "[[2]]"}, {{"get"}}, {}},
};

bool sends(client& c, std::string_view ident, const method_call& call) {
  try {
    c.send(message(ident, call.method, call.args));
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

// Each of them again, until it is done or the connection is lost. False where that was so.
bool insists(client& c, std::string_view ident, const std::vector<method_call>& calls) {
  for (const method_call& call : calls) {
    std::string answer;
    do
      answer = ask(c, ident, call.method, call.args);
    while (tells_of_memory(answer));
    if (is_lost(answer)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("calls that wait live through a shortage of memory", "[server]") {
  const short_server server;
  for (const wait_of_type& of : waits) {
    INFO(of.type_id << "." << of.wait.method);
    // What is left once one who waited was granted it and has handed it on, and where nobody
    // waited.
    std::string granted;
    std::string untouched;
    for (std::string* left : {&granted, &untouched}) {
      const std::string ident = server.create(of.type_id, of.args);
      client holder = server.proxy();
      REQUIRE(insists(holder, ident, of.holder));
      client first = server.proxy();
      if (left == &granted) {
        REQUIRE(insists(first, ident, of.first));
        REQUIRE(sends(first, ident, of.wait));
      }
      // Its request comes on another connection, and may be read first.
      REQUIRE(insists(holder, ident, of.grant));
      if (left == &granted) {
        REQUIRE(is_result(answer_of(first)));
        REQUIRE(insists(first, ident, of.hand_on));
      }
      *left = look(server, ident);
      server.drop(ident);
    }
    const std::string account = server.account();
    with_each_failing([&](failing_allocations& failing) {
      const std::string ident = server.create(of.type_id, of.args);
      std::string answer;
      bool certain = true;
      {
        client holder = server.proxy();
        REQUIRE(insists(holder, ident, of.holder));
        client first = server.proxy();
        REQUIRE(insists(first, ident, of.first));
        failing.begin();
        const bool sent = sends(first, ident, of.wait);
        std::string ended;
        const method_call& last = of.grant.back();
        if (of.grant.size() == 1) ended = ask(holder, ident, last.method, last.args);
        failing.stop();
        if (is_lost(ended)) {
          // Whether it was done is not known. Doing it again may be once too often.
          certain = false;
          client other = server.proxy();
          ask(other, ident, last.method, last.args);
        } else if (!is_result(ended)) {
          certain = insists(holder, ident, of.grant);
        }
        answer = sent ? answer_of(first) : std::string(connection_lost);
        INFO(ended << ", " << answer);
        if (is_result(answer))
          REQUIRE(insists(first, ident, of.hand_on));
        else if (tells_of_memory(answer) && !of.first.empty())
          // It holds what it began with.
          for (const method_call& call : of.hand_on)
            CHECK(is_result(ask(first, ident, call.method, call.args)));
        CHECK((is_result(answer) || is_lost(answer) || tells_of_memory(answer)));
      }
      INFO(answer);
      if (certain) {
        const std::string seen = look(server, ident);
        // A put, and the loss of a lock by a condition, are facts once they have been.
        if (is_result(answer))
          CHECK(seen == granted);
        else
          CHECK((seen == untouched || seen == granted));
      }
      server.drop(ident);
    });
    CHECK(eventually([&] { return server.account() == account; }));
  }
}
