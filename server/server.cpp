// SPDX-License-Identifier: BSL-1.0

#include "server/server.hpp"

#include "connection/handler_memory.hpp"
#include "connection/listener.hpp"
#include "connection/local_servers.hpp"
#include "server/clients/clients.hpp"
#include "server/clients/process_watch.hpp"
#include "server/context.hpp"
#include "server/objects/cycle_collector.hpp"
#include "server/wire/session.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <cstddef>
#include <exception>
#include <list>
#include <optional>
#include <pthread.h>
#include <set>
#include <span>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <utility>

namespace pickled::inline v0::detail {

namespace {

// For replies on their way when the server ends.
constexpr std::chrono::seconds flush_time{1};
// After a connection that could not be taken, or served.
constexpr std::chrono::milliseconds accept_pause{100};
// Between two looks for objects that nobody needs any more.
constexpr std::chrono::seconds tidy_interval{1};

// An event loop, the thread that runs it, and its sessions.
struct loop {
  handler_memory stopping;  // of what stops its sessions
  asio::io_context context{ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
  std::set<std::shared_ptr<session>> sessions;  // touched on its thread only
  std::atomic<std::size_t> load{0};             // sessions, those on their way here included

  // Runs until it is stopped. What a handler throws does not end it.
  void run() noexcept {
    for (;;) {
      try {
        context.run();
        return;
      } catch (const std::exception& e) {
        spdlog::error("an event failed: {}", e.what());
      }
    }
  }
};

// A place where clients connect.
struct entrance {
  template <class Where>
  entrance(asio::io_context& context, handler_memory& its, Where&& where,
           const listener::options& how)
      : memory(its), from(context, std::forward<Where>(where), how), pause(context) {}

  handler_memory& memory;
  listener from;
  asio::steady_timer pause;  // before more is taken, where something is short
};

}  // namespace

struct server::implementation {
  implementation(server_options given, registry registered);
  ~implementation();

  void run();
  void stop() noexcept;
  asio::awaitable<void> stop_when_unused(std::chrono::milliseconds quiet);
  void await_connections(entrance& e) noexcept;
  void take_connections(entrance& e) noexcept;
  void adopt(descriptor socket);
  void refuse(const descriptor& socket);
  void serve(loop& on, descriptor socket) noexcept;
  void left(loop& l) noexcept;
  void tidy();
  void dispose_soon() noexcept;
  void stop_sessions(loop& l) noexcept;
  void close_entrances() noexcept;
  void wait_for_flush() noexcept;
  void stop_loops() noexcept;
  void end_sessions() noexcept;

  context shared;
  cycle_collector cycles;
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> alive{0};  // sessions on all loops
  // Before the loops, which end with operations that nobody completes any more.
  handler_memory tidy_memory;
  handler_memory disposal_memory;
  std::list<handler_memory> entrance_memory;
  std::list<loop> loops;  // the first has the listeners
  std::list<entrance> entrances;
  std::optional<local_server> known_here;
  asio::steady_timer patience;
  asio::steady_timer pause;  // before it is tidied again
  std::atomic<bool> disposal_asked{false};
};

server::implementation::implementation(server_options given, registry registered)
    : shared(
          std::move(given), std::move(registered),
          [this](std::shared_ptr<process_books> c) {
            watch_process(loops.front().context, shared.peers, std::move(c));
          },
          [this] { dispose_soon(); }),
      cycles(shared.objects, shared.options.grace.time),
      loops(std::max(1U, shared.options.threads)),
      patience(loops.front().context),
      pause(loops.front().context) {
  shared.shut_down = [this] { stop(); };
  const listener::options how{.unix_mode = shared.options.socket_mode,
                              .tcp_timeout = shared.options.tcp_timeout};
  for (const address& where : shared.options.addresses)
    entrances.emplace_back(loops.front().context, entrance_memory.emplace_back(), where, how);
  for (descriptor& socket : shared.options.sockets)
    entrances.emplace_back(loops.front().context, entrance_memory.emplace_back(), std::move(socket),
                           how);
  if (!entrances.empty() && !shared.options.authkeys.empty())
    known_here.emplace(
        entrances.front().from.local(), shared.options.authkeys.front(),
        [this](std::string_view ident) { return shared.objects.find(ident) != nullptr; });
}

// The workers end first, since their tasks use sessions, then the sessions, which use their loops,
// and the loops as the last.
server::implementation::~implementation() {
  shared.ending = true;
  shared.peers.close();
  if (shared.verifier) shared.verifier->end();
  shared.verifying.join();
  shared.programs.join();
  shared.workers.join();
  end_sessions();
}

void server::implementation::run() {
  for (entrance& e : entrances)
    await_connections(e);
  tidy();
  std::vector<std::thread> threads;
  threads.reserve(loops.size());
  std::exception_ptr failure;
  try {
    for (loop& l : loops)
      if (&l != &loops.front())
        threads.emplace_back([&l] {
          ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
          l.run();
        });
    loops.front().run();
  } catch (const std::system_error&) {
    failure = std::current_exception();
    stop_loops();
  }
  for (std::thread& thread : threads)
    thread.join();
  end_sessions();
  if (failure) std::rethrow_exception(failure);
}

void server::implementation::await_connections(entrance& e) noexcept {
  e.from.async_wait(handler_within(e.memory, [this, &e](std::error_code error) {
    if (!error && !stopping) take_connections(e);
  }));
}

// A connection that cannot be served keeps no other one from being taken.
void server::implementation::take_connections(entrance& e) noexcept {
  std::error_code error;
  try {
    while (!error) {
      descriptor socket;
      error = e.from.accept(socket);
      if (error) break;
      if (shared.options.max_connections != 0 && alive >= shared.options.max_connections)
        refuse(socket);
      else
        adopt(std::move(socket));
    }
    if (error == std::errc::operation_would_block) return await_connections(e);
    spdlog::warn("{}: cannot accept a connection: {}", e.from.local().text(), error.message());
  } catch (const std::exception& failure) {
    spdlog::error("{}: cannot serve a connection: {}", e.from.local().text(), failure.what());
  }
  // Something was short: others may end meanwhile, and give back what they have.
  e.pause.expires_after(accept_pause);
  e.pause.async_wait(handler_within(e.memory, [this, &e](std::error_code stopped) {
    if (!stopped && !stopping) take_connections(e);
  }));
}

// The text comes in place of a challenge: clients show it in the exception that they raise.
void server::implementation::refuse(const descriptor& socket) {
  const std::string text =
      fmt::format("too many connections: this server takes {}", shared.options.max_connections);
  spdlog::warn("{}: refused, {} connections are open", peer_text(socket.get()), alive.load());
  buffer frame;
  const std::uint32_t length = htonl(static_cast<std::uint32_t>(text.size()));
  frame.append(std::as_bytes(std::span(&length, 1)));
  frame.append(text);
  static_cast<void>(::send(socket.get(), frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

// Creating a proxy opens three short connections, so round-robin would pile the long ones on one
// loop: each goes where there are fewest.
void server::implementation::adopt(descriptor socket) {
  loop& least = *std::ranges::min_element(loops, {}, [](const loop& l) { return l.load.load(); });
  ++least.load;
  ++alive;
  try {
    asio::post(least.context, [this, &least, socket = std::move(socket)]() mutable {
      serve(least, std::move(socket));
    });
  } catch (...) {
    left(least);
    throw;
  }
}

void server::implementation::serve(loop& on, descriptor socket) noexcept {
  if (stopping) return left(on);
  try {
    const auto made = std::make_shared<session>(on.context, std::move(socket), shared,
                                                [this, &on](session& ended) {
                                                  on.sessions.erase(ended.shared_from_this());
                                                  left(on);
                                                });
    on.sessions.insert(made);
    made->begin();
  } catch (const std::exception& e) {
    spdlog::error("cannot serve a connection: {}", e.what());
    left(on);
  }
}

void server::implementation::left(loop& l) noexcept {
  --l.load;
  if (--alive == 0 && stopping) stop_loops();
}

// Looking at all objects, and destroying some, may take long: no I/O thread does it.
void server::implementation::tidy() {
  pause.expires_after(tidy_interval);
  pause.async_wait(handler_within(tidy_memory, [this](std::error_code error) {
    if (error || stopping) return;
    const auto again = [this] { tidy(); };
    try {
      shared.workers.post({}, [this, again] {
        const auto now = std::chrono::steady_clock::now();
        try {
          shared.objects.dispose_rested(now);
          cycles.run(now);
        } catch (const std::exception& e) {
          spdlog::error("objects that nobody needs stay for now: {}", e.what());
        }
        asio::post(loops.front().context, handler_within(tidy_memory, again));
      });
    } catch (const std::exception& e) {
      spdlog::error("objects that nobody needs stay for now: {}", e.what());
      again();
    }
  }));
}

// Where there is no memory to ask a worker, tidy() does it within a second.
void server::implementation::dispose_soon() noexcept {
  if (shared.ending || disposal_asked.exchange(true)) return;
  asio::post(loops.front().context, handler_within(disposal_memory, [this] {
               disposal_asked = false;
               try {
                 shared.workers.post({}, [this] {
                   shared.objects.dispose_rested(std::chrono::steady_clock::now());
                 });
               } catch (const std::exception& e) {
                 spdlog::error("objects that nobody needs stay for now: {}", e.what());
               }
             }));
}

void server::implementation::stop() noexcept {
  if (stopping.exchange(true)) return;
  shared.ending = true;
  shared.peers.close();
  if (shared.verifier) shared.verifier->end();
  for (loop& l : loops)
    asio::post(l.context, handler_within(l.stopping, [this, &l] {
                 stop_sessions(l);
                 if (&l != &loops.front()) return;
                 close_entrances();
                 wait_for_flush();
               }));
}

void server::implementation::stop_sessions(loop& l) noexcept {
  for (auto at = l.sessions.begin(); at != l.sessions.end();) {
    const auto one = *at++;
    one->stop();
  }
}

void server::implementation::close_entrances() noexcept {
  for (entrance& e : entrances) {
    e.pause.cancel();
    e.from.close();
  }
}

// Sessions go on writing what they have begun, for flush_time at most.
void server::implementation::wait_for_flush() noexcept {
  if (alive == 0) return stop_loops();
  try {
    patience.expires_after(flush_time);
    patience.async_wait([this](std::error_code) { stop_loops(); });
  } catch (const std::exception&) {
    stop_loops();
  }
}

asio::awaitable<void> server::implementation::stop_when_unused(std::chrono::milliseconds quiet) {
  asio::steady_timer timer(loops.front().context);
  std::uint64_t before = 0;
  do {
    before = shared.sessions;
    timer.expires_after(quiet);
    co_await timer.async_wait(asio::use_awaitable);
  } while (alive != 0 || shared.sessions != before);
  stop();
}

void server::implementation::stop_loops() noexcept {
  for (loop& l : loops)
    l.context.stop();
}

// No thread runs the loops any more. A session that a worker is busy with ends when that is done.
void server::implementation::end_sessions() noexcept {
  for (loop& l : loops) {
    for (auto at = l.sessions.begin(); at != l.sessions.end();) {
      const auto one = *at++;
      one->end();
    }
    l.guard.reset();
    l.context.restart();
    l.context.poll();
  }
}

server::server(server_options options, registry types)
    : implementation_(std::make_unique<implementation>(std::move(options), std::move(types))) {}

server::~server() = default;

std::vector<address> server::addresses() const {
  std::vector<address> bound;
  for (const entrance& e : implementation_->entrances)
    bound.push_back(e.from.local());
  return bound;
}

void server::run() {
  implementation_->run();
}

void server::stop() {
  implementation_->stop();
}

void server::stop_when_unused(std::chrono::milliseconds quiet) {
  auto waiting = implementation_->stop_when_unused(quiet);
  asio::co_spawn(event_loop(), std::move(waiting), asio::detached);
}

std::shared_ptr<void> server::find(std::string_view ident) const {
  return implementation_->shared.objects.find(ident);
}

const registry& server::types() const noexcept {
  return implementation_->shared.types;
}

void server::publish(std::string name, const registered_type& of, std::shared_ptr<hosted> object) {
  implementation_->shared.on_demand.publish(named_type(std::move(name), of, std::move(object)));
}

bool server::is_busy() const {
  const context& shared = implementation_->shared;
  return !shared.workers.idle() || !shared.verifying.idle() || !shared.programs.idle();
}

void server::remove_files() noexcept {
  implementation_->close_entrances();
  implementation_->shared.shared_memory.remove_all();
}

asio::io_context& server::event_loop() noexcept {
  return implementation_->loops.front().context;
}

}  // namespace pickled::inline v0::detail
