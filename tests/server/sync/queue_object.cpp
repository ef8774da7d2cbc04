// SPDX-License-Identifier: BSL-1.0

#include "server/sync/queue_object.hpp"

#include "tests/server/types/client.hpp"

#include <catch2/catch.hpp>

using namespace pickled;
using namespace pickled::detail;
using testing::client;
using testing::make;

namespace {

const client a(1);
const client b(2);
const client c(3);

std::shared_ptr<hosted> queue(int maxsize = 0) {
  return make<queue_object>(frozen::integer(maxsize));
}

// The items, in order; they are gone after.
std::string drain(const std::shared_ptr<hosted>& q) {
  std::string items;
  for (;;) {
    const std::string item = c(q, "get_nowait").text();
    if (item == "queue.Empty" || item == "queue.ShutDown") return items;
    items += item;
  }
}

}  // namespace

TEST_CASE("items go to those who wait in the order in which they came", "[server]") {
  const auto q = queue();
  const auto first = a(q, "get");
  const auto second = b(q, "get", true, 60);
  CHECK(c(q, "get_nowait") == "queue.Empty");
  CHECK(c(q, "put", 1) == "None");
  CHECK(first == "1");
  CHECK(second == "waits");
  CHECK(c(q, "qsize") == "0");
  c(q, "put", 2);
  CHECK(second == "2");
  c(q, "put", 3);
  c(q, "put", 4);
  CHECK(a(q, "get") == "3");
  CHECK(c(q, "qsize") == "1");
}

TEST_CASE("those who wait to put are let in as room is made", "[server]") {
  const auto q = queue(2);
  a(q, "put", 1);
  a(q, "put", 2);
  const auto third = a(q, "put", 3);
  const auto fourth = b(q, "put", 4, true, 60);
  CHECK(c(q, "put_nowait", 5) == "queue.Full");
  CHECK(c(q, "get") == "1");
  CHECK(third == "None");
  CHECK(fourth == "waits");
  CHECK(c(q, "full") == "True");
  CHECK(drain(q) == "234");
  CHECK(fourth == "None");
}

TEST_CASE("waits of a queue end at their deadline", "[server]") {
  const auto q = queue(1);
  const auto get = a(q, "get", true, 1);
  get.expire();
  CHECK(get == "queue.Empty");
  a(q, "put", 1);
  const auto put = b(q, "put", 2, true, 1);
  put.expire();
  CHECK(put == "queue.Full");
  put.expire();
  CHECK(drain(q) == "1");
}

TEST_CASE("who is gone neither takes nor puts", "[server]") {
  const auto q = queue(1);
  const auto gone = a(q, "get");
  const auto getter = b(q, "get");
  gone.withdraw();
  c(q, "put", 1);
  CHECK(getter == "1");
  c(q, "put", 2);
  const auto putter = a(q, "put", 3);
  putter.withdraw();
  CHECK(drain(q) == "2");
  CHECK_FALSE(gone.woken());
  CHECK_FALSE(putter.woken());
}

TEST_CASE("an item that nobody read goes back to its old place", "[server]") {
  const auto q = queue();
  for (int i = 1; i <= 5; ++i)
    a(q, "put", i);
  const auto one = a(q, "get");
  const auto two = b(q, "get");
  const auto three = b(q, "get_nowait");
  CHECK(two == "2");
  two.give_back();
  CHECK(c(q, "qsize") == "3");
  three.withdraw();
  one.give_back();
  one.give_back();
  CHECK(drain(q) == "12345");
}

TEST_CASE("an item given back may exceed the size of the queue", "[server]") {
  const auto q = queue(1);
  a(q, "put", 1);
  const auto taken = b(q, "get");
  a(q, "put", 2);
  const auto putter = a(q, "put", 3);
  taken.give_back();
  CHECK(c(q, "qsize") == "2");
  CHECK(c(q, "get") == "1");
  CHECK(putter == "waits");
  CHECK(c(q, "get") == "2");
  CHECK(putter == "None");
}

TEST_CASE("an item given back goes to the getter who waits", "[server]") {
  const auto q = queue();
  a(q, "put", 1);
  const auto taken = a(q, "get");
  const auto waiting = b(q, "get");
  taken.give_back();
  CHECK(waiting == "1");
  waiting.give_back();
  CHECK(drain(q) == "1");
}

TEST_CASE("who was refused has put nothing, be that read or not", "[server]") {
  const auto q = queue(1);
  a(q, "put", 1);
  const auto refused = b(q, "put", 2);
  a(q, "shutdown");
  CHECK(refused == "queue.ShutDown");
  refused.give_back();
  CHECK(c(q, "qsize") == "1");
  CHECK(drain(q) == "1");
}

TEST_CASE("join waits until every item is done", "[server]") {
  const auto q = queue();
  CHECK(a(q, "join") == "None");
  c(q, "put", 1);
  c(q, "put", 2);
  const auto joiner = a(q, "join");
  const auto gone = b(q, "join");
  const auto taken = c(q, "get");
  taken.give_back();
  CHECK(c(q, "task_done") == "None");
  CHECK(joiner == "waits");
  gone.withdraw();
  CHECK(c(q, "task_done") == "None");
  CHECK(joiner == "None");
  CHECK_FALSE(gone.woken());
  CHECK(c(q, "task_done") == "ValueError: task_done() called too many times");
}

TEST_CASE("a put that waits is no task yet", "[server]") {
  const auto q = queue(1);
  a(q, "put", 1);
  const auto putter = b(q, "put", 2);
  c(q, "task_done");
  CHECK(c(q, "join") == "None");
  CHECK(c(q, "get") == "1");
  CHECK(putter == "None");
  CHECK(c(q, "join") == "waits");
}

TEST_CASE("shutdown ends every wait", "[server]") {
  const auto empty = queue();
  const auto getter = a(empty, "get");
  CHECK(c(empty, "shutdown") == "None");
  CHECK(getter == "queue.ShutDown");

  const auto full = queue(1);
  a(full, "put", 1);
  const auto putter = a(full, "put", 2);
  const auto joiner = b(full, "join");
  c(full, "shutdown");
  CHECK(putter == "queue.ShutDown");
  CHECK(joiner == "waits");
  CHECK(drain(full) == "1");
  c(full, "task_done");
  CHECK(joiner == "None");
}

TEST_CASE("an immediate shutdown drops the items and what is given back", "[server]") {
  const auto q = queue();
  a(q, "put", 1);
  a(q, "put", 2);
  const auto joiner = b(q, "join");
  const auto taken = a(q, "get");
  c(q, "shutdown", true);
  CHECK(joiner == "waits");
  taken.give_back();
  CHECK(joiner == "None");
  CHECK(drain(q).empty());
}

TEST_CASE("an item given back after a shutdown can still be taken", "[server]") {
  const auto q = queue();
  a(q, "put", 1);
  const auto taken = a(q, "get");
  c(q, "shutdown");
  CHECK(b(q, "get") == "queue.ShutDown");
  taken.give_back();
  CHECK(b(q, "get") == "1");
}

TEST_CASE("a queue tells of the proxies in it", "[server]") {
  const auto proxy = [](std::string ident) {
    auto reference = std::make_shared<proxy_reference>();
    reference->ident = std::move(ident);
    return frozen::block(buffer(), {}, {{0, std::move(reference)}});
  };
  const auto q = queue(1);
  a(q, "put", proxy("one"));
  const auto waiting = a(q, "put", proxy("two"));
  std::string seen;
  const auto visit = [&](const proxy_reference& p) { seen += p.ident + ' '; };
  q->for_each_proxy(visit);
  CHECK(seen == "one two ");
  c(q, "get");
  seen.clear();
  q->for_each_proxy(visit);
  CHECK(seen == "two ");
}
