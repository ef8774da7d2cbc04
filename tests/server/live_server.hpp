// SPDX-License-Identifier: BSL-1.0

// A server on a thread of its own, and clients of it.

#ifndef PICKLED_TESTS_SERVER_LIVE_SERVER_HPP
#define PICKLED_TESTS_SERVER_LIVE_SERVER_HPP

#include "pickled/connection/client.hpp"
#include "server/server.hpp"
#include "tests/server/support.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

inline constexpr std::string_view test_key = "a key for tests";

// Waits for what another thread is about to do.
template <class Condition>
bool eventually(Condition condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

inline address fresh_address() {
  static std::atomic<int> count{0};
  return address::unix_abstract(fmt::format("pickled-tests-{}-{}", ::getpid(), ++count));
}

// Hosts `cell`s, of which the last one made is at hand.
class live_server {
 public:
  explicit live_server(server_options options = {}, std::vector<address> where = {fresh_address()})
      : server_(complete(std::move(options), std::move(where)), types()),
        thread_([this] { server_.run(); }) {
    spdlog::set_level(spdlog::level::off);
  }
  ~live_server() { end(); }

  address where() const { return server_.addresses().front(); }
  server& operator*() noexcept { return server_; }
  void end() {
    server_.stop();
    join();
  }
  // For a server that ends by itself.
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  client connect() const { return client(where(), test_key); }
  // The replies to one server function, in words.
  std::string ask(std::string_view function, const std::vector<frozen>& args = {}) const {
    client c = connect();
    c.send(pickled_request("", function, args));
    return words(c.recv());
  }
  // A connection for proxies.
  client proxy(std::string_view name = "test") const {
    client c = connect();
    c.send(pickled_request("", "accept_connection", {frozen::str(name)}));
    REQUIRE(words(c.recv()) == "('#RETURN', None)");
    return c;
  }
  std::string create() {
    client c = connect();
    c.send(pickled_request("", "create", {frozen::str("cell")}));
    return std::string(value_argument(loads(c.recv())).as_items()[1].as_items()[0].as_str());
  }
  cell& last_made() { return *last_; }

 private:
  static server_options complete(server_options options, std::vector<address> where) {
    options.addresses = std::move(where);
    options.authkeys = {std::string(test_key)};
    return options;
  }
  registry types() {
    registry all;
    registered_type type = *cell_registry().find("cell");
    type.method_to_typeid.clear();
    type.create = [this](arguments& args) {
      auto made = cell::make(args);
      last_ = std::static_pointer_cast<cell>(made);
      return made;
    };
    all.register_type(std::move(type));
    return all;
  }

  std::shared_ptr<cell> last_;
  server server_;
  std::thread thread_;
};

inline std::string call_of(client& c, std::string_view ident, std::string_view method,
                           const std::vector<frozen>& args = {}) {
  c.send(pickled_request(ident, method, args));
  return words(c.recv());
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_TESTS_SERVER_LIVE_SERVER_HPP
