// SPDX-License-Identifier: BSL-1.0

// Servers that are killed and started again, and connections that are cut.

#include "pickled/connection/socket.hpp"
#include "pickled/proxy/connection_error.hpp"
#include "pickled/proxy/lock_lost.hpp"
#include "pickled/proxy/pipeline.hpp"
#include "proxy/reference.hpp"
#include "tests/integration/live_server.hpp"
#include "tests/integration/restarted_server.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

// Hands everything on between its clients and $PICKLED_SERVER, until it is told to cut.
class relay {
 public:
  enum class cut { never, request_arrived, amid_reply };

  relay() {
    const auto at = where();
    socket_ = open_socket(at);
    socket_address bound;
    REQUIRE_FALSE(resolve(at, bound));
    REQUIRE(::bind(socket_.get(), bound.get(), bound.size) == 0);
    REQUIRE(::listen(socket_.get(), 8) == 0);
    accepting_ = std::thread([this] { accept(); });
  }
  ~relay() {
    flush_references();
    ::shutdown(socket_.get(), SHUT_RDWR);
    accepting_.join();
    cut_all();
    for (std::thread& thread : handing_on_)
      thread.join();
  }
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  manager connect(const call_options& options = patient()) const {
    return manager::connect(where(), environment("PICKLED_AUTHKEY"), options);
  }
  // At the next request; none is on its way to give counts back.
  void cut_once(cut when) {
    REQUIRE(flush_references());
    next_cut_ = when;
  }
  // What is idle now. Returns when it is done.
  void cut_all() {
    const std::lock_guard guard(mutex_);
    for (const auto& [client, server] : pairs_) {
      ::shutdown(client.get(), SHUT_RDWR);
      ::shutdown(server.get(), SHUT_RDWR);
    }
  }

 private:
  static address where() {
    address at;
    REQUIRE_FALSE(address::parse("unix:@pickled-relay-" + std::to_string(::getpid()), at));
    return at;
  }

  void accept() {
    for (;;) {
      descriptor client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      address to;
      socket_address resolved;
      if (address::parse(environment("PICKLED_SERVER"), to) || resolve(to, resolved)) return;
      descriptor server = open_socket(to);
      if (::connect(server.get(), resolved.get(), resolved.size) != 0) return;
      const std::lock_guard guard(mutex_);
      handing_on_.emplace_back(
          [this, from = client.get(), on = server.get()] { hand_on(from, on); });
      pairs_.emplace_back(std::move(client), std::move(server));
    }
  }

  void hand_on(int client, int server) {
    std::vector<char> bytes(1 << 16);
    cut when = cut::never;
    for (;;) {
      std::array<pollfd, 2> both{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
      if (::poll(both.data(), both.size(), -1) < 0) break;
      const bool of_client = both[0].revents != 0;
      ssize_t count = ::recv(of_client ? client : server, bytes.data(), bytes.size(), 0);
      if (count <= 0) break;
      if (of_client) when = next_cut_.exchange(cut::never);
      // The server has answered, and so made the call.
      if (!of_client && when == cut::request_arrived) break;
      if (!of_client && when == cut::amid_reply) count = 5;
      if (::send(of_client ? server : client, bytes.data(), static_cast<std::size_t>(count),
                 MSG_NOSIGNAL) != count)
        break;
      if (!of_client && when == cut::amid_reply) break;
    }
    ::shutdown(client, SHUT_RDWR);
    ::shutdown(server, SHUT_RDWR);
  }

  descriptor socket_;
  std::atomic<cut> next_cut_{cut::never};
  std::thread accepting_;
  std::mutex mutex_;
  std::vector<std::thread> handing_on_;
  std::vector<std::pair<descriptor, descriptor>> pairs_;
};

}  // namespace

TEST_CASE("a connection that was cut while it was idle is made again", "[reconnect]") {
  relay between;
  for (const call_options& options : {call_options(), patient()}) {
    const auto l = between.connect(options).list();
    l.push_back(1);
    REQUIRE(flush_references());  // a count on its way would be lost with its connection
    between.cut_all();
    l.push_back(2);
    CHECK(l.get_value<std::vector<int>>() == std::vector{1, 2});
  }
}

TEST_CASE("a call that was sent and not answered is told, and not repeated", "[reconnect]") {
  relay between;
  const auto l = between.connect().list();
  for (const relay::cut when : {relay::cut::request_arrived, relay::cut::amid_reply}) {
    l.push_back(0);
    between.cut_once(when);
    CHECK_THROWS_MATCHES(
        l.push_back(1), unanswered_call, Catch::Predicate<unanswered_call>([](const auto& e) {
          return std::string(e.what()).starts_with("list.append at unix:@pickled-relay-");
        }));
  }
  CHECK(l.get_value<std::vector<int>>() == std::vector{0, 1, 0, 1});
}

TEST_CASE("a pipeline that is cut is told for each call that was not answered", "[reconnect]") {
  relay between;
  const auto m = between.connect();
  const auto l = m.list();
  l.push_back("first");
  pipeline p(m);
  const auto first = p.get<std::string>(l, 0);
  p.push_back(l, "second");
  between.cut_once(relay::cut::amid_reply);
  CHECK_THROWS_AS(p.run(), unanswered_call);
  CHECK_THROWS_AS(first.result(), unanswered_call);
  CHECK(l.get<std::string>(0) == "first");
  p.get<std::string>(l, 0);
  between.cut_all();
  p.run();
}

TEST_CASE("a lock is told lost after its connection was cut", "[reconnect]") {
  relay between;
  const auto m = between.connect();
  const auto lock = m.rlock();
  const auto l = m.list();
  lock.acquire();
  between.cut_all();
  CHECK_THAT(l.str(), Catch::Contains("'__str__()' failed"));  // which tells nobody
  CHECK_THROWS_AS(l.push_back(1), lock_lost);
  l.push_back(2);
  CHECK(l.get_value<std::vector<int>>() == std::vector{2});
}

TEST_CASE("a lock that was lost under a guard is told by the next call", "[reconnect]") {
  relay between;
  const auto m = between.connect();
  const auto lock = m.rlock();
  const auto other = m.lock();
  {
    const std::lock_guard guard(lock);
    const std::lock_guard of_anybody(other);
    between.cut_all();
  }
  CHECK_THROWS_AS(other.try_lock(), lock_lost);
  CHECK(other.try_lock());
}

TEST_CASE("a server that does not listen yet is waited for", "[reconnect]") {
  const restarted_server server;
  CHECK(server.connect().list().empty());
}

TEST_CASE("without a policy a server that is not there is told at once", "[reconnect]") {
  restarted_server server;
  server.connect();
  const auto d = server.connect(call_options()).dict();
  server.kill();
  CHECK(code_of([&] { d.size(); }) != std::error_code());
  CHECK(code_of([&] { d.size(); }) == std::errc::connection_refused);
}

TEST_CASE("what a call may take includes connecting", "[reconnect]") {
  restarted_server server;
  call_options options = patient();
  options.connect_timeout.reset();
  options.reconnect.deadline.reset();
  const auto m = server.connect(options);
  const auto d = m.dict();
  const auto hasty = with_timeout(d, 100ms);
  std::vector<std::error_code> codes(2);
  const auto call_by_new_thread = [&] {
    std::thread([&] { codes[0] = code_of([&] { hasty.size(); }); }).join();
    std::thread([&] {
      pipeline p(m);
      p.get(d, "k");
      codes[1] = code_of([&] { p.run(100ms); });
    }).join();
  };
  server.suspend();
  call_by_new_thread();
  for (const std::error_code& code : codes)
    CHECK(code == std::errc::timed_out);
  server.resume();
  CHECK(d.size() == 0);
  server.kill();
  call_by_new_thread();
  // By what came of the last attempt, or in the middle of one.
  for (const std::error_code& code : codes)
    CHECK((code == std::errc::connection_refused || code == std::errc::timed_out));
}

TEST_CASE("a guard neither waits for a server nor seeks one", "[reconnect]") {
  restarted_server server;
  call_options options;
  options.reconnect = {1'000'000, 100ms, 1s, {}};
  options.connect_timeout.reset();
  const auto m = server.connect(options);
  const auto gate = m.get<lock_proxy>("gate");
  const auto door = m.get<rlock_proxy>("door");
  {
    const std::scoped_lock guard(gate, door);
    server.suspend();
  }
  server.resume();
  CHECK_THROWS_AS(gate.try_lock(), lock_lost);
  {
    const std::scoped_lock guard(gate, door);
    server.kill();
  }
  server.start();
  CHECK_THROWS_AS(door.try_lock(), lock_lost);
  CHECK(door.try_lock());
}

TEST_CASE("delays have any length", "[reconnect]") {
  call_options options;
  options.reconnect = {2, std::chrono::milliseconds::max(), std::chrono::milliseconds::max(), 1ms};
  options.connect_timeout = std::chrono::milliseconds::max();
  CHECK_THROWS_AS(manager::connect("unix:/nonexistent/socket", "key", options), connection_error);
}

TEST_CASE("attempts end when there are no more, or the time is up", "[reconnect]") {
  call_options options;
  options.reconnect.attempts = 3;
  options.reconnect.first_delay = 1ms;
  CHECK_THROWS_AS(manager::connect("unix:/nonexistent/socket", "key", options), connection_error);
  options.reconnect = {1'000'000'000, 20ms, 20ms, 50ms};
  CHECK_THROWS_AS(manager::connect("unix:/nonexistent/socket", "key", options), connection_error);
}

TEST_CASE("a named object is found again after a restart of its server", "[reconnect]") {
  restarted_server server;
  const auto m = server.connect();
  const auto settings = m.get<dict_proxy<std::string, int>>("settings");
  const std::string& before = settings.ident();
  settings["retries"] = 4;
  server.restart();
  CHECK(settings.at("retries") == 3);
  CHECK(settings.ident() != before);
  const auto box = m.dict();
  box["settings"] = settings;
  CHECK(box["settings"]["retries"].get<int>() == 3);

  server.restart();
  pipeline p(m);
  const auto found = p.get<int>(settings, "retries");
  const auto gone = p.get<dict_proxy<>>(box, "settings");
  p.run();
  CHECK(found.result() == 3);
  CHECK(code_of([&] { gone.result(); }) == proxy_errc::no_such_object);

  server.restart();
  CHECK(settings.find_many({"none", "retries"}) == std::vector<std::optional<int>>{{}, 3});
}

TEST_CASE("an object without a name is told gone after a restart of its server", "[reconnect]") {
  restarted_server server;
  const auto m = server.connect();
  const auto d = m.dict();
  server.restart();
  CHECK(code_of([&] { d.size(); }) == proxy_errc::no_such_object);
  CHECK_THROWS_WITH(d.size(),
                    Contains("the dict " + d.ident() + " at " + server.address() +
                             " is gone: it was disposed of, or the server was restarted"));
  CHECK(m.dict().empty());
}

TEST_CASE("a named lock that was held over a restart is told lost", "[reconnect]") {
  restarted_server server;
  const auto m = server.connect();
  const auto gate = m.get<lock_proxy>("gate");
  gate.acquire();
  server.restart();
  CHECK_THROWS_MATCHES(gate.release(), lock_lost, Catch::Predicate<lock_lost>([](const auto& e) {
                         return std::string(e.what()).ends_with(
                             " was restarted, and knows of no gate that this thread has acquired");
                       }));
  {
    const std::lock_guard guard(gate);
    server.restart();
  }
  CHECK_THROWS_AS(gate.try_lock(), lock_lost);
  CHECK(gate.try_lock());
  gate.release();

  const auto door = m.get<rlock_proxy>("door");
  door.acquire();
  server.restart();
  CHECK_THROWS_AS(door.release(), lock_lost);
  const std::lock_guard guard(door);
}

TEST_CASE("threads that miss a named object at once all find it", "[reconnect]") {
  restarted_server server;
  const auto m = server.connect();
  const auto settings = m.get<dict_proxy<std::string, int>>("settings");
  server.restart();
  std::atomic<int> found{0};
  std::vector<std::thread> threads;
  for (int i = 0; i != 4; ++i)
    threads.emplace_back([&] { found += settings.at("retries"); });
  for (std::thread& thread : threads)
    thread.join();
  CHECK(found == 12);
  CHECK(m.debug_info().find("refcount=2") == std::string::npos);
}
