// SPDX-License-Identifier: BSL-1.0

#include "server/clients/clients.hpp"

#include "server/sync/lock_object.hpp"
#include "server/sync/semaphore_object.hpp"
#include "tests/server/clients/child.hpp"
#include "tests/server/support.hpp"

#include <catch2/catch.hpp>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

const registered_type lock_type{"Lock", {}, "AcquirerProxy", {}, {}};

std::optional<int> nothing_known(const client_process&) {
  return std::nullopt;
}

template <client_process::wait_status_source Source>
struct books_of {
  books_of() { spdlog::set_level(spdlog::level::off); }

  std::shared_ptr<session_books> enter(int pid) {
    return all.enter(++sessions, pid, "a peer", [this] { ++told; });
  }
  template <class Object>
  std::shared_ptr<referent> acquire(session_books& s, std::shared_ptr<Object> object) {
    splicer reply;
    call c({}, s.self.who, reply, [] {});
    object->acquire(c);
    std::shared_ptr<referent> made = table.create(lock_type, object);
    all.may_acquire(s, *made);
    all.acquired(s, object);
    return made;
  }
  bool held(const std::shared_ptr<acquirable>& object) {
    splicer reply;
    call c({}, {}, reply, [] {});
    object->locked(c);
    return std::move(reply).freeze().as_bool() == true;
  }
  void kill() {
    process.kill();
    all.died(*seen.front());
  }
  void exit(char code) {
    process.exit(code);
    all.died(*seen.front());
  }

  object_table table;
  std::vector<std::shared_ptr<process_books>> seen;
  clients all{table, [this](std::shared_ptr<process_books> c) { seen.push_back(std::move(c)); },
              Source};
  child process;
  std::uint64_t sessions = 0;
  int told = 0;
  std::shared_ptr<lock_object> lock = std::make_shared<lock_object>();
  std::shared_ptr<semaphore_object> semaphore = std::make_shared<semaphore_object>(1, false);
};

using books = books_of<wait_status_of>;
using books_of_the_unknown = books_of<nothing_known>;

}  // namespace

TEST_CASE_METHOD(books, "sessions of one process share its books", "[server]") {
  const auto one = enter(process.pid());
  const auto two = enter(process.pid());
  const auto other = enter(::getpid());
  const auto unknown = enter(0);
  CHECK(seen.size() == 2);
  CHECK(one->process == two->process);
  CHECK(one->self.who.process == two->self.who.process);
  CHECK(one->self.who.process.pid == process.pid());
  CHECK(other->self.who.process.pid == ::getpid());
  CHECK(unknown->self.who.process == process_identity());
  for (const auto& s : {one, two, other, unknown})
    all.leave(*s);
}

TEST_CASE_METHOD(books, "a process is found later where descriptors were short", "[server]") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  descriptor lowest(::dup(0));
  const rlimit none{static_cast<rlim_t>(lowest.get()), before.rlim_max};
  lowest = descriptor();
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto s = enter(process.pid());
  const process_identity unknown = all.process_of(*s);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(unknown == process_identity());
  CHECK(all.process_of(*s).pid == process.pid());
  const auto keep = acquire(*s, lock);
  all.leave(*s);
  CHECK(held(lock));
  kill();
  CHECK_FALSE(held(lock));
}

TEST_CASE_METHOD(books, "a lock outlives the session, and not the process, of its holder",
                 "[server]") {
  const auto s = enter(process.pid());
  const auto keep = acquire(*s, lock);
  all.leave(*s);
  CHECK(held(lock));
  kill();
  CHECK_FALSE(held(lock));
}

TEST_CASE_METHOD(books, "a dead process is settled when its last session has left", "[server]") {
  const auto s = enter(process.pid());
  const auto last = enter(process.pid());
  const auto keep = acquire(*s, lock);
  all.leave(*s);
  kill();
  CHECK(held(lock));
  all.leave(*last);
  CHECK_FALSE(held(lock));
  CHECK_FALSE(all.settle_silent(*seen.back()));
}

TEST_CASE_METHOD(books, "who exits with 0 left in order", "[server]") {
  const auto s = enter(process.pid());
  const auto keep = acquire(*s, lock);
  all.leave(*s);
  exit(0);
  CHECK(held(lock));
}

TEST_CASE_METHOD(books, "who dies owning references crashed", "[server]") {
  const auto s = enter(process.pid());
  const auto keep = acquire(*s, semaphore);
  all.counted(*s, "another");
  all.leave(*s);
  exit(0);
  CHECK_FALSE(held(semaphore));
}

TEST_CASE_METHOD(books, "who gave all references to it back left in order", "[server]") {
  const auto s = enter(process.pid());
  const auto keep = acquire(*s, lock);
  all.counted(*s, keep->ident);
  all.uncounted(*s, keep->ident);
  all.leave(*s);
  exit(1);
  CHECK(held(lock));
}

TEST_CASE_METHOD(books_of_the_unknown, "of an unknown end locks are released, permits not",
                 "[server]") {
  const auto s = enter(process.pid());
  const auto keep = acquire(*s, lock);
  const auto keep_too = acquire(*s, semaphore);
  all.leave(*s);
  kill();
  CHECK_FALSE(held(lock));
  CHECK(held(semaphore));
}

TEST_CASE_METHOD(books_of_the_unknown, "references tell of a crash where no status does",
                 "[server]") {
  const auto s = enter(process.pid());
  const auto keep = acquire(*s, semaphore);
  all.counted(*s, keep->ident);
  all.leave(*s);
  kill();
  CHECK_FALSE(held(semaphore));
}

TEST_CASE_METHOD(books, "the references of a dead process are dropped", "[server]") {
  const auto s = enter(process.pid());
  const std::string ident = table.create(lock_type, lock)->ident;
  table.incref(ident);
  table.incref(ident);
  all.counted(*s, ident);
  all.counted(*s, ident);
  all.uncounted(*s, "unknown");
  all.leave(*s);
  CHECK(table.counted_objects().front().count == 3);
  kill();
  CHECK(table.counted_objects().front().count == 1);
}

TEST_CASE_METHOD(books, "references stay while a living session has called the object",
                 "[server]") {
  const auto s = enter(process.pid());
  const auto caller = enter(::getpid());
  const auto caller_by_tcp = enter(0);
  const std::string ident = table.create(lock_type, lock)->ident;
  all.counted(*s, ident);
  for (const auto& each : {s, caller, caller_by_tcp})
    all.called(*each, ident);
  all.leave(*s);
  kill();
  CHECK(table.number_of_objects() == 1);
  all.leave(*caller);
  CHECK(table.number_of_objects() == 1);
  all.leave(*caller_by_tcp);
  CHECK(table.number_of_objects() == 0);
}

TEST_CASE_METHOD(books, "a silent session of the dead that others keep open is settled",
                 "[server]") {
  const auto s = enter(process.pid());
  const auto keep = acquire(*s, lock);
  const std::string ident = table.create(lock_type, semaphore)->ident;
  all.counted(*s, ident);
  all.called(*s, ident);
  kill();
  CHECK(held(lock));
  CHECK(table.number_of_objects() == 2);
  CHECK(all.settle_silent(*seen.back()));
  CHECK_FALSE(held(lock));
  CHECK(table.number_of_objects() == 1);
  CHECK(told == 1);
  CHECK(all.settle_silent(*seen.back()));
  CHECK(told == 2);
  all.leave(*s);
  CHECK_FALSE(all.settle_silent(*seen.back()));
}

TEST_CASE_METHOD(books, "a session that others go on with holds what it holds", "[server]") {
  const auto s = enter(process.pid());
  const auto keep = acquire(*s, lock);
  CHECK_FALSE(all.is_orphan(*s));
  kill();
  // The end of its connection may be on its way.
  CHECK_FALSE(all.is_orphan(*s));
  seen.back()->died =
      (std::chrono::steady_clock::now() - std::chrono::seconds(2)).time_since_epoch().count();
  CHECK(all.is_orphan(*s));
  all.disown(*s);
  CHECK_FALSE(all.is_orphan(*s));
  CHECK(s->self.who.process == process_identity());
  CHECK_FALSE(all.settle_silent(*seen.back()));
  CHECK(held(lock));
  all.leave(*s);
  CHECK(held(lock));  // as of any unknown process
}

TEST_CASE_METHOD(books, "who is dead by the time of its request leaves nothing behind",
                 "[server]") {
  process.kill();
  process.reap();
  const auto s = enter(process.pid());
  const auto keep = acquire(*s, lock);
  all.counted(*s, keep->ident);
  CHECK(seen.empty());
  all.leave(*s);
  CHECK_FALSE(held(lock));
  CHECK(table.number_of_objects() == 0);
}

TEST_CASE_METHOD(books, "books of objects that are no more do not pile up", "[server]") {
  const auto s = enter(process.pid());
  for (int i = 0; i != 10'000; ++i) {
    const std::string ident = table.create(lock_type, lock)->ident;
    all.counted(*s, ident);
    all.called(*s, ident);
    const auto passing = std::make_shared<lock_object>();
    all.may_acquire(*s, *table.find(ident));
    all.acquired(*s, passing);
    table.decref(ident);
    all.uncounted(*s, ident);
  }
  CHECK(s->process->references.size() < 1000);
  CHECK(s->called.size() < 1000);
  CHECK(s->self.held.size() < 1000);
  all.leave(*s);
}

TEST_CASE_METHOD(books, "an object that is gone holds nothing", "[server]") {
  const auto s = enter(process.pid());
  table.decref(acquire(*s, std::make_shared<lock_object>())->ident);
  REQUIRE(table.alive() == 0);
  kill();
  all.leave(*s);
  CHECK(table.alive() == 0);
}

TEST_CASE_METHOD(books, "when the server ends nothing is settled", "[server]") {
  const auto s = enter(process.pid());
  const auto keep = acquire(*s, lock);
  all.counted(*s, keep->ident);
  all.close();
  all.leave(*s);
  kill();
  CHECK(held(lock));
  CHECK(table.number_of_objects() == 1);
}
