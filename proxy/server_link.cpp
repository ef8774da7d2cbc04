// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/server_link.hpp"

#include "connection/fork_guard.hpp"
#include "connection/message_too_long.hpp"
#include "connection/of_thread.hpp"
#include "connection/thread_name.hpp"
#include "pickled/connection/connection_errc.hpp"
#include "pickled/connection/digest.hpp"
#include "pickled/proxy/connection_error.hpp"
#include "pickled/proxy/lock_lost.hpp"
#include "pickled/proxy/request.hpp"
#include "proxy/attempts.hpp"
#include "proxy/last_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <optional>
#include <span>
#include <thread>
#include <utility>

PICKLED_BEGIN_NAMESPACE

using detail::call_limits;
using detail::fork_guard;
using detail::last_line;
using detail::make_call;
using detail::message_too_long;
using detail::of_thread;
using detail::thread_connection;

namespace {

constexpr std::chrono::seconds recently{1};

}  // namespace

PICKLED_END_NAMESPACE

namespace pickled::inline v0::detail {

// Used by its thread alone, or for counts by one at a time, but closed by whichever goes first, the
// thread or the link.
class thread_connection {
 public:
  explicit thread_connection(const server_link& owner) noexcept : owner_(&owner) {}

  bool belongs_to(const server_link& link) const noexcept { return owner_ == &link; }
  bool ended() const noexcept { return owner_ == nullptr; }
  void end() noexcept {
    const fork_guard guard;
    owner_ = nullptr;
    client_.reset();
  }

  // Precondition for all that follow: called by its thread, while its link lives.

  // A server that has ended, or that closes what is idle, is found out before a request is sent, so
  // that the request can go to the next connection.
  bool usable(std::chrono::nanoseconds trusted) {
    if (!client_) return false;
    if (generation_ != fork_generation()) return false;
    if (std::chrono::steady_clock::now() - used_ > trusted && client_->hung_up()) drop();
    return client_.has_value();
  }
  void open(client connected) {
    client_.emplace(std::move(connected));
    generation_ = fork_generation();
    held_ = 0;
  }
  void close() noexcept { client_.reset(); }
  // How many locks went with a connection that was lost; zero when asked again.
  int take_lost() noexcept {
    return generation_ == fork_generation() ? std::exchange(lost_, 0) : 0;
  }
  void lose(int locks) noexcept { lost_ += locks; }
  void hold(int locks) noexcept { held_ = std::max(0, held_ + locks); }

  // Runs an exchange of whole requests and answers. However it fails, what is left of it on the
  // connection must never be read by the next call.
  template <class Exchange>
  auto run(std::optional<client::time_point> deadline, const Exchange& exchange) {
    struct dropping {
      thread_connection& connection;
      bool done = false;
      ~dropping() {
        if (!done) connection.drop();
      }
    } guard{*this};
    client_->set_deadline(deadline);
    exchange(*client_);
    if (deadline) client_->set_deadline(std::nullopt);
    used_ = std::chrono::steady_clock::now();
    guard.done = true;
  }

 private:
  void drop() noexcept {
    client_.reset();
    lost_ += std::exchange(held_, 0);
  }

  std::atomic<const server_link*> owner_;
  unsigned generation_ = 0;
  std::optional<client> client_;
  std::chrono::steady_clock::time_point used_;
  int held_ = 0;  // locks that belong to the connection
  int lost_ = 0;
};

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

namespace {

// A thread may still make calls when it has destroyed them. Each is made on a connection of its own
// then.
class connections_of_thread {
 public:
  ~connections_of_thread() {
    for (const auto& connection : connections_)
      connection->end();
  }
  std::shared_ptr<thread_connection> find(const server_link& link) const noexcept {
    for (const auto& connection : connections_) {
      if (connection->belongs_to(link)) return connection;
    }
    return nullptr;
  }
  void add(std::shared_ptr<thread_connection> connection) {
    std::erase_if(connections_, [](const auto& c) { return c->ended(); });
    connections_.push_back(std::move(connection));
  }

 private:
  std::vector<std::shared_ptr<thread_connection>> connections_;
};

std::shared_ptr<thread_connection> own_connection(const server_link& link) noexcept {
  const auto* const own = of_thread<connections_of_thread>();
  return own == nullptr ? nullptr : own->find(link);
}

// Under a fork_guard.
struct link_registry {
  std::vector<std::pair<std::weak_ptr<server_link>, std::string>> links;  // with their keys
  std::optional<std::string> authkey;
  std::string random_authkey;  // instead of it, once it was asked for
};

// Never destroyed: proxies in static objects may outlive every other static object.
link_registry& registry() {
  static auto* const the_only = new link_registry;
  return *the_only;
}

bool same(const call_options& a, const call_options& b) noexcept {
  return a.connect_timeout == b.connect_timeout && a.max_message == b.max_message &&
         a.call_timeout == b.call_timeout && a.reconnect == b.reconnect;
}

value returned(answer given) {
  if (given.raised) throw std::move(*given.raised);
  return std::move(given.payload);
}

std::string detail_of(const std::system_error& error) {
  const auto* const too_long = dynamic_cast<const message_too_long*>(&error);
  return too_long == nullptr ? std::string() : too_long->text();
}

// Does what asks `server`; what then is wrong with the connection names it.
template <class Error, class F>
auto naming(const address& server, const F& ask) {
  try {
    return ask();
  } catch (const connection_error&) {
    throw;
  } catch (const std::system_error& error) {
    throw Error(error.code(), server.text(), detail_of(error));
  }
}

}  // namespace

void set_authkey(std::string authkey) {
  const fork_guard guard;
  link_registry& all = registry();
  all.authkey = std::move(authkey);
}

std::string authkey_of_process() {
  constexpr std::size_t size = 32;
  const fork_guard guard;
  link_registry& all = registry();
  if (all.authkey) return *all.authkey;
  if (all.random_authkey.empty()) {
    all.random_authkey.resize(size);
    detail::fill_random(std::as_writable_bytes(std::span(all.random_authkey)));
  }
  return all.random_authkey;
}

std::shared_ptr<server_link> server_link::to(const address& where, std::string_view authkey,
                                             const call_options& options) {
  std::vector<std::shared_ptr<server_link>> looked_at;  // a link may end with the last of these
  const fork_guard guard;
  link_registry& all = registry();
  std::erase_if(all.links, [](const auto& entry) { return entry.first.expired(); });
  for (const auto& [weak, key] : all.links) {
    auto link = weak.lock();
    if (link == nullptr) continue;
    if (link->where() == where && key == authkey && same(link->options(), options)) return link;
    looked_at.push_back(std::move(link));
  }
  auto link = std::make_shared<server_link>(where, std::string(authkey), options);
  all.links.emplace_back(link, authkey);
  return link;
}

std::shared_ptr<server_link> server_link::find(const address& where) {
  std::vector<std::shared_ptr<server_link>> known;
  std::optional<std::string> authkey;
  {
    const fork_guard guard;
    const link_registry& all = registry();
    for (const auto& [weak, key] : all.links)
      if (auto link = weak.lock()) known.push_back(std::move(link));
    authkey = all.authkey;
  }
  for (const auto& link : known)
    if (same_place(link->where(), where)) return link;
  return authkey ? to(where, *authkey) : nullptr;
}

server_link::server_link(address where, std::string authkey, const call_options& options)
    : where_(std::move(where)), authkey_(std::move(authkey)), options_(options) {}

server_link::~server_link() {
  for (const auto& connection : connections_)
    connection->end();
}

call_limits server_link::limits(std::optional<std::chrono::milliseconds> call_timeout) const {
  if (!call_timeout) call_timeout = options_.call_timeout;
  if (!call_timeout) return {};
  return {detail::time_after(*call_timeout)};
}

std::optional<client::time_point> server_link::end_of_connecting(const call_limits& limits) const {
  if (limits.until || !options_.connect_timeout) return limits.until;
  return detail::time_after(*options_.connect_timeout);
}

client server_link::connect(const call_limits& limits) const {
  client::options options = options_;
  if (limits.until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        *limits.until - std::chrono::steady_clock::now());
    options.connect_timeout = std::min(left, options.connect_timeout.value_or(left));
  }
  try {
    return client(where_, authkey_, options);
  } catch (const std::system_error& error) {
    std::rethrow_exception(no_connection(error.code()));
  }
}

client server_link::begin_connection() const {
  return client(client::at_once(), where_, authkey_, options_);
}

bool server_link::is_of_other_key(std::error_code why) noexcept {
  return why == connection_errc::digest_sent_rejected ||
         why == connection_errc::digest_received_wrong;
}

std::exception_ptr server_link::no_connection(std::error_code why) const {
  if (is_of_other_key(why))
    return std::make_exception_ptr(authentication_error(
        why, fmt::format("cannot connect to {} with this authkey", where_.text())));
  return std::make_exception_ptr(
      connection_error(why, fmt::format("cannot connect to {}", where_.text())));
}

buffer server_link::greeting() {
  // Our server withdraws a call that waits when another request comes, unless it knows that its
  // client sends them ahead.
  return make_call({}, "accept_connection", detail::thread_name() + "|pipelining");
}

template <class F>
auto server_link::connect_and(const call_limits& limits, const F& then) const {
  detail::attempts left(limits.once ? reconnect_policy() : options_.reconnect, limits.until);
  for (;;) {
    try {
      return then(connect(limits));
    } catch (const authentication_error&) {
      throw;
    } catch (const unanswered_call&) {
      throw;
    } catch (const connection_error&) {
      const auto next = left.next();
      if (!next) throw;
      std::this_thread::sleep_until(*next);
    }
  }
}

void server_link::greet() const {
  connect_and({}, [&](client connected) {
    naming<connection_error>(where_, [&] {
      connected.set_deadline(end_of_connecting({}));
      connected.send(make_call({}, "dummy"));
      returned(read_answer(connected.recv()));
    });
  });
}

value server_link::dispatch(bytes_view request, const call_limits& limits) const {
  return connect_and(limits, [&](client connected) {
    naming<connection_error>(where_, [&] {
      connected.set_deadline(limits.until);
      connected.send(request);
    });
    const bytes_view message = naming<unanswered_call>(where_, [&] { return connected.recv(); });
    return returned(naming<connection_error>(where_, [&] { return read_answer(message); }));
  });
}

value server_link::call_function(bytes_view request, const call_limits& limits) {
  if (functions_on_connections_) {
    if (auto result = unless_unknown([&] { return call(request, limits); }))
      return *std::move(result);
  }
  return dispatch(request, limits);
}

void server_link::decref(std::string_view ident, const call_limits& limits) {
  const buffer request = make_call({}, "decref", ident);
  if (functions_on_connections_) {
    const auto connection = connection_for_counts();
    const auto done = unless_unknown([&] {
      for (int connections = 0; connections != 2; ++connections) {
        if (!connection->usable(std::chrono::nanoseconds(0)))
          connection->open(open_connection(limits));
        if (auto given = ask(*connection, request, limits.until)) return *std::move(given);
      }
      throw connection_error(connection_errc::end_of_file, where_.text());
    });
    if (done) return;
    connection->close();
  }
  dispatch(request, limits);
}

// CPython's server looks for an object None.
template <class F>
std::optional<value> server_link::unless_unknown(const F& called) {
  try {
    return returned(called());
  } catch (const remote_error& error) {
    if (last_line(error.what()) != "KeyError: None") throw;
    functions_on_connections_ = false;
    return std::nullopt;
  }
}

client server_link::open_connection(const call_limits& limits) const {
  return connect_and(limits, [&](client connected) {
    naming<connection_error>(where_, [&] {
      connected.set_deadline(end_of_connecting(limits));
      connected.send(greeting());
      read_answer(connected.recv());
      connected.set_deadline(std::nullopt);
    });
    return connected;
  });
}

// Within `trusted` after it was used a connection is taken to be open still.
thread_connection& server_link::usable_connection(std::chrono::nanoseconds trusted,
                                                  const call_limits& limits) {
  const auto connection = connection_of_this_thread();
  const bool usable = connection->usable(trusted);
  if (const int lost = connection->take_lost(); lost != 0)
    throw lock_lost(
        fmt::format("the connection to {} was lost, and with it {} lock{} that this thread held",
                    where_.text(), lost, lost == 1 ? "" : "s"),
        lost);
  if (!usable) connection->open(open_connection(limits));
  return *connection;
}

// With a policy it is looked first, so that fewer requests are sent whose fate is not known then.
answer server_link::call(bytes_view request, const call_limits& limits) {
  const std::chrono::nanoseconds trusted =
      options_.reconnect.attempts == 0 ? recently : std::chrono::nanoseconds(0);
  for (int connections = 0; connections != 2; ++connections)
    if (auto given = ask(usable_connection(trusted, limits), request, limits.until))
      return *std::move(given);
  throw connection_error(connection_errc::end_of_file, where_.text());
}

std::optional<answer> server_link::ask(thread_connection& connection, bytes_view request,
                                       std::optional<client::time_point> until) const {
  answer given;
  std::exception_ptr refused;  // what the server would not do, in an answer that was read whole
  bool sent = false;
  try {
    connection.run(until, [&](client& c) {
      c.send(request);
      sent = true;
      const bytes_view message = c.recv();
      try {
        given = read_answer(message);
      } catch (...) {
        refused = std::current_exception();
      }
    });
  } catch (const std::system_error& error) {
    if (sent) throw unanswered_call(error.code(), where_.text(), detail_of(error));
    if (error.code() != std::errc::timed_out) return std::nullopt;
    throw connection_error(error.code(), where_.text());
  }
  if (refused) naming<connection_error>(where_, [&] { std::rethrow_exception(refused); });
  return given;
}

void server_link::call_all(std::span<const buffer> requests, const call_limits& limits,
                           const std::function<void(bytes_view)>& receive) {
  for (int connections = 0; connections != 2; ++connections) {
    thread_connection& connection = usable_connection(std::chrono::nanoseconds(0), limits);
    std::uint64_t sent = 0;
    try {
      connection.run(limits.until, [&](client& c) {
        struct counting {
          const client& by;
          std::uint64_t& sent;
          const std::uint64_t before = by.sent();
          ~counting() { sent = by.sent() - before; }
        } const counted{c, sent};
        c.exchange(requests, receive);
      });
      return;
    } catch (const connection_error&) {
      throw;
    } catch (const std::system_error& error) {
      if (sent != 0) throw unanswered_call(error.code(), where_.text(), detail_of(error));
      if (error.code() == std::errc::timed_out) throw connection_error(error.code(), where_.text());
    }
  }
  throw connection_error(connection_errc::end_of_file, where_.text());
}

void server_link::acquired() noexcept {
  if (const auto connection = own_connection(*this)) connection->hold(1);
}

void server_link::released() noexcept {
  if (const auto connection = own_connection(*this)) connection->hold(-1);
}

int server_link::take_lost() {
  const auto connection = own_connection(*this);
  if (connection == nullptr) return 0;
  connection->usable(std::chrono::nanoseconds(0));
  return connection->take_lost();
}

void server_link::lost(int locks) noexcept {
  if (const auto connection = own_connection(*this)) connection->lose(locks);
}

std::shared_ptr<thread_connection> server_link::connection_of_this_thread() {
  if (auto connection = own_connection(*this)) return connection;
  auto connection = std::make_shared<thread_connection>(*this);
  if (auto* const own = of_thread<connections_of_thread>()) own->add(connection);
  const fork_guard guard;
  std::erase_if(connections_, [](const auto& c) { return c->ended(); });
  connections_.push_back(connection);
  return connection;
}

// What a thread of the parent was doing with its own is not known to a child made by fork.
std::shared_ptr<thread_connection> server_link::connection_for_counts() {
  const unsigned generation = detail::fork_generation();
  const fork_guard guard;
  if (counting_ == nullptr || counting_generation_ != generation) {
    counting_ = std::make_shared<thread_connection>(*this);
    counting_generation_ = generation;
    connections_.push_back(counting_);
  }
  return counting_;
}

PICKLED_END_NAMESPACE
