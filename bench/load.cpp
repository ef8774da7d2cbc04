// SPDX-License-Identifier: BSL-1.0

// The load generator of the benchmarks: connections that each keep some requests in flight, and
// what becomes of them, as one line of JSON. bench/side_by_side.py runs it.
//
// One thread, without locks or allocations while it measures: it costs less than any of the servers
// that it is to load. Replies are looked at only as far as it takes to tell success from failure.

#include "bench/link.hpp"
#include "bench/protocol.hpp"
#include "pickled/connection/address.hpp"
#include "pickled/connection/client.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

using steady = std::chrono::steady_clock;

// What all keys of one run hold together, and how many there are at most.
constexpr std::size_t stored_bytes = std::size_t{16} << 20;
constexpr std::size_t most_keys = 1000;

struct options {
  protocol spoken = protocol::manager;
  std::string server;
  std::string operation = "get";
  std::string authkey;
  std::size_t connections = 1;
  std::size_t depth = 1;
  std::size_t size = 32;
  double seconds = 0.2;
  bool stock = false;  // as CPython's Connection writes and reads
  pid_t pid = 0;       // whose processor time is told
};

void check(bool good) {
  if (!good) throw std::system_error(last_error());
}

double cpu_seconds(pid_t pid) {
  clockid_t clock = 0;
  timespec used{};
  if (pid == 0 || ::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0)
    return 0;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

void send_all(int socket, bytes_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    check(sent >= 0);
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
}

class load {
 public:
  explicit load(const options& how) : how_(how) {
    if (const auto error = address::parse(how.server, server_)) throw std::system_error(error);
  }

  // Prints what it measured.
  void run();

 private:
  client connect() const {
    return how_.spoken == protocol::redis ? client(server_, std::nullopt)
                                          : client(server_, how_.authkey);
  }
  buffer command(const buffer& framed) const;
  std::string create_object(std::initializer_list<argument> what);
  void forget_objects();
  client open(std::string_view name) const;
  void fill(const std::shared_ptr<const script>& asks) const;
  std::shared_ptr<const script> shared_script();
  std::shared_ptr<const script> own_script();
  void run_commands(result& all) const;
  std::vector<link> open_links();
  // What was acquired is to be released.
  bool may_end(const link& l) const { return !pairs() || l.through(); }
  bool pairs() const { return how_.operation == "lock" || how_.operation == "queue"; }
  void run_alone(link& l, result& all);
  void run_together(std::vector<link>& links, result& all);

  const options& how_;
  address server_;
  steady::time_point deadline_;
  std::vector<std::string> objects_;
};

// The payload of the reply to a server function, on a connection of its own.
buffer load::command(const buffer& framed) const {
  client c = connect();
  send_all(c.native_handle(), framed.view());
  const bytes_view payload = c.recv();
  check_reply(protocol::manager, payload);
  return buffer(payload);
}

// An object that lives until forget_objects.
std::string load::create_object(std::initializer_list<argument> what) {
  objects_.push_back(created_ident(command(manager_request({}, "create", what)).view()));
  return objects_.back();
}

void load::forget_objects() {
  for (const std::string& ident : std::exchange(objects_, {}))
    command(manager_request({}, "decref", {ident}));
}

// A connection that is ready for requests.
client load::open(std::string_view name) const {
  client c = connect();
  if (how_.spoken == protocol::manager) {
    send_all(c.native_handle(), manager_request({}, "accept_connection", {name}).view());
    check_reply(protocol::manager, c.recv());
  }
  if (how_.stock && server_.family() == address::family::inet) {
    const int off = 0;
    check(::setsockopt(c.native_handle(), IPPROTO_TCP, TCP_NODELAY, &off, sizeof off) == 0);
  }
  return c;
}

// Each request once.
void load::fill(const std::shared_ptr<const script>& asks) const {
  link l(open("filling"), asks, {.spoken = how_.spoken});
  result ignored(steady::now(), asks->ends.size());
  for (std::size_t i = 0; i != asks->ends.size(); ++i) {
    l.begin(steady::now());
    while (l.sending())
      l.send();
    while (!l.idle())
      l.receive(ignored);
  }
}

// Of the operations for which all connections share one object.
std::shared_ptr<const script> load::shared_script() {
  const std::string value(how_.size, 'v');
  const std::size_t keys = std::clamp<std::size_t>(stored_bytes / how_.size, 1, most_keys);
  const auto gets = std::make_shared<script>();
  const auto sets = std::make_shared<script>();
  if (how_.operation == "append" || how_.operation == "value") {
    const bool appends = how_.operation == "append";
    const std::string ident =
        appends ? create_object({"list"}) : create_object({"Value", "i", std::int64_t{0}});
    gets->add(appends ? manager_request(ident, "append", {as_bytes(value)})
                      : manager_request(ident, "get"));
    return gets;
  }
  if (how_.operation != "get" && how_.operation != "set")
    throw std::invalid_argument("no such operation: " + how_.operation);
  const std::string ident = how_.spoken == protocol::manager ? create_object({"dict"}) : "";
  for (std::size_t i = 0; i != keys; ++i) {
    const std::string key = fmt::format("key_{}", i);
    if (how_.spoken == protocol::manager) {
      gets->add(manager_request(ident, "__getitem__", {key}));
      sets->add(manager_request(ident, "__setitem__", {key, as_bytes(value)}));
    } else {
      gets->add(redis_command({as_bytes("GET"), as_bytes(key)}));
      sets->add(redis_command({as_bytes("SET"), as_bytes(key), as_bytes(value)}));
    }
  }
  fill(sets);
  return how_.operation == "get" ? gets : sets;
}

// Of a pair of requests, for which each connection has an object of its own.
std::shared_ptr<const script> load::own_script() {
  const std::string value(how_.size, 'v');
  const auto pair = std::make_shared<script>();
  if (how_.operation == "lock") {
    const std::string ident = create_object({"Lock"});
    pair->add(manager_request(ident, "acquire"));
    pair->add(manager_request(ident, "release"));
  } else {
    const std::string ident = create_object({"Queue"});
    pair->add(manager_request(ident, "put", {as_bytes(value)}));
    pair->add(manager_request(ident, "get"));
  }
  return pair;
}

std::vector<link> load::open_links() {
  std::shared_ptr<const script> shared;
  if (!pairs()) shared = repeated(shared_script(), how_.depth);
  // The floor server reads here how long its replies are to be.
  const bool gets = how_.operation == "get" || how_.operation == "queue";
  const std::string name = fmt::format("reply={}", gets ? how_.size : 0);
  const link::options each{.spoken = how_.spoken,
                           .depth = how_.depth,
                           .stock = how_.stock,
                           .blocking = how_.connections == 1};
  std::vector<link> links;
  for (std::size_t i = 0; i != how_.connections; ++i) {
    auto asks = pairs() ? repeated(own_script(), how_.depth) : shared;
    links.emplace_back(open(name), std::move(asks), each);
  }
  return links;
}

void load::run_alone(link& l, result& all) {
  for (auto now = steady::now(); now < deadline_ || !may_end(l); now = steady::now()) {
    l.begin(now);
    while (l.sending())
      l.send();
    while (!l.idle())
      l.receive(all);
  }
}

void load::run_together(std::vector<link>& links, result& all) {
  const descriptor poll(::epoll_create1(EPOLL_CLOEXEC));
  check(static_cast<bool>(poll));
  const auto watch = [&](link& l, int how) {
    epoll_event event{};
    event.events = EPOLLIN | (l.sending() ? std::uint32_t{EPOLLOUT} : 0);
    event.data.ptr = &l;
    check(::epoll_ctl(poll.get(), how, l.native_handle(), &event) == 0);
  };
  for (link& l : links) {
    l.begin(steady::now());
    l.send();
    watch(l, EPOLL_CTL_ADD);
  }
  std::size_t active = links.size();
  std::vector<epoll_event> events(links.size());
  while (active != 0) {
    const int count = ::epoll_wait(poll.get(), events.data(), static_cast<int>(events.size()), -1);
    check(count >= 0 || errno == EINTR);
    for (int i = 0; i < count; ++i) {
      link& l = *static_cast<link*>(events[static_cast<std::size_t>(i)].data.ptr);
      const bool was_sending = l.sending();
      if (was_sending) l.send();
      l.receive(all);
      if (l.idle()) {
        const auto now = steady::now();
        if (now >= deadline_ && may_end(l)) {
          --active;
          continue;
        }
        l.begin(now);
        l.send();
      }
      if (was_sending != l.sending()) watch(l, EPOLL_CTL_MOD);
    }
  }
}

// Connections of one request each: `connect` calls the server's dummy, `create` does what a stock
// client does for m.list() and the end of the proxy.
void load::run_commands(result& all) const {
  for (auto now = steady::now(); now < deadline_;) {
    const auto began = now;
    if (how_.operation == "connect") {
      command(manager_request({}, "dummy"));
    } else {
      const std::string ident =
          created_ident(command(manager_request({}, "create", {"list"})).view());
      command(manager_request({}, "incref", {ident}));
      command(manager_request({}, "decref", {ident}));
      command(manager_request({}, "decref", {ident}));
    }
    now = steady::now();
    all.add(began, now);
  }
}

void load::run() {
  const bool commands = how_.operation == "connect" || how_.operation == "create";
  std::vector<link> links;
  if (!commands) links = open_links();
  const auto duration =
      std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(how_.seconds));
  const auto expected = static_cast<std::size_t>(how_.seconds * 4e6);
  const auto measure = [&](steady::duration time) {
    const auto began = steady::now();
    result all(began, expected);
    deadline_ = began + time;
    if (commands)
      run_commands(all);
    else if (links.size() == 1)
      run_alone(links.front(), all);
    else
      run_together(links, all);
    all.end(steady::now());
    return all;
  };
  measure(duration / 8);  // to warm up
  const double cpu = cpu_seconds(how_.pid);
  const double own = cpu_seconds(::getpid());
  const result all = measure(duration);
  const double used = cpu_seconds(how_.pid) - cpu;
  const double own_used = cpu_seconds(::getpid()) - own;
  links.clear();
  forget_objects();
  const auto operations = static_cast<double>(all.operations());
  fmt::print(R"({{"operations": {}, "rate": {:.1f}, "p50": {:.2f}, "p99": {:.2f}, )"
             R"("server_cpu": {:.3f}, "client_cpu": {:.3f}}})"
             "\n",
             operations, all.rate(), all.latency(0.5), all.latency(0.99), used * 1e6 / operations,
             own_used * 1e6 / operations);
}

}  // namespace
}  // namespace pickled::inline v0::detail

int main(int argc, char** argv) {
  pickled::detail::options how;
  bool redis = false;
  CLI::App app{"Loads one server with requests of one sort"};
  app.add_option("server", how.server, "HOST:PORT, unix:PATH or unix:@NAME")->required();
  app.add_option("operation", how.operation,
                 "get, set, append, value, lock, queue, connect or create")
      ->required();
  app.add_option("--connections", how.connections)->check(CLI::PositiveNumber);
  app.add_option("--depth", how.depth, "requests in flight on each")->check(CLI::PositiveNumber);
  app.add_option("--size", how.size, "bytes of a value")->check(CLI::PositiveNumber);
  app.add_option("--seconds", how.seconds)->check(CLI::PositiveNumber);
  app.add_option("--pid", how.pid, "the server's process, for its processor time");
  app.add_flag("--redis", redis, "the server is a Redis");
  app.add_flag("--stock", how.stock, "write and read as CPython's Connection does");
  CLI11_PARSE(app, argc, argv);
  if (redis) how.spoken = pickled::detail::protocol::redis;
  const char* key = std::getenv("PICKLED_AUTHKEY");
  if (key != nullptr) how.authkey = key;
  try {
    pickled::detail::load(how).run();
  } catch (const std::exception& e) {
    std::cerr << "load: " << e.what() << '\n';
    return 1;
  }
}
