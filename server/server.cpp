#include "server/server.hpp"

#include "connection/listener.hpp"
#include "server/clients/clients.hpp"
#include "server/clients/process_watch.hpp"
#include "server/objects/cycle_collector.hpp"
#include "server/wire/session.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <cstddef>
#include <exception>
#include <list>
#include <set>
#include <span>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <utility>

namespace pickled {

namespace {

// For replies on their way when the server ends.
constexpr std::chrono::seconds flush_time{1};
// Between two looks for objects that nobody needs any more.
constexpr std::chrono::seconds tidy_interval{1};

// An event loop, the thread that runs it, and its sessions.
struct loop {
  asio::io_context context{ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
  std::set<session*> sessions;       // touched on its thread only
  std::atomic<std::size_t> load{0};  // sessions, those on their way here included
};

}  // namespace

struct server::implementation {
  implementation(server_options given, registry registered);
  ~implementation();

  void run();
  void stop();
  asio::awaitable<void> stop_when_unused(std::chrono::milliseconds quiet);
  asio::awaitable<void> accept(listener& from);
  void adopt(descriptor socket);
  void refuse(const descriptor& socket);
  asio::awaitable<void> serve(loop& on, descriptor socket);
  void left(loop& l);
  void tidy();
  void stop_loops();

  context host;
  cycle_collector cycles;
  clients peers;
  asio::thread_pool workers;
  session_environment environment;
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> alive{0};  // sessions on all loops
  std::list<loop> loops;              // the first has the listeners
  std::list<listener> listeners;
  asio::steady_timer patience;
  asio::steady_timer pause;  // before it is tidied again
};

server::implementation::implementation(server_options given, registry registered)
    : host(std::move(given), std::move(registered)),
      cycles(host.objects, host.options.grace.time),
      peers(host.objects,
            [this](std::shared_ptr<process_books> c) {
              watch_process(loops.front().context, peers, std::move(c));
            }),
      workers(std::max(1U, host.options.threads)),
      environment{
          .host = host, .peers = peers, .workers = workers, .shut_down = [this] { stop(); }},
      loops(std::max(1U, host.options.threads)),
      patience(loops.front().context),
      pause(loops.front().context) {
  for (const address& where : host.options.addresses)
    listeners.emplace_back(loops.front().context, where,
                           listener::options{.unix_mode = host.options.socket_mode,
                                             .tcp_timeout = host.options.tcp_timeout});
}

server::implementation::~implementation() {
  environment.ending = true;
  peers.close();
  workers.stop();
  workers.join();
}

void server::implementation::run() {
  for (listener& l : listeners) {
    auto loop = accept(l);
    asio::co_spawn(loops.front().context, std::move(loop), asio::detached);
  }
  tidy();
  std::vector<std::thread> threads;
  for (loop& l : loops)
    if (&l != &loops.front()) threads.emplace_back([&l] { l.context.run(); });
  loops.front().context.run();
  for (std::thread& thread : threads)
    thread.join();
}

asio::awaitable<void> server::implementation::accept(listener& from) {
  for (;;) {
    descriptor socket;
    const std::error_code error = co_await from.accept(socket);
    if (stopping) co_return;
    if (error)
      spdlog::warn("{}: cannot accept a connection: {}", from.local().text(), error.message());
    else if (host.options.max_connections != 0 && alive >= host.options.max_connections)
      refuse(socket);
    else
      adopt(std::move(socket));
  }
}

// A client that expects a challenge shows what it got instead.
void server::implementation::refuse(const descriptor& socket) {
  const std::string text =
      fmt::format("too many connections: this server takes {}", host.options.max_connections);
  spdlog::warn("{}: refused, {} connections are open", peer_text(socket.get()), alive.load());
  buffer frame;
  const std::uint32_t length = htonl(static_cast<std::uint32_t>(text.size()));
  frame.append(std::as_bytes(std::span(&length, 1)));
  frame.append(text);
  static_cast<void>(::send(socket.get(), frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

// Connections for one request come and go in threes: those that stay are spread evenly only if
// each goes where there are fewest.
void server::implementation::adopt(descriptor socket) {
  loop& least = *std::ranges::min_element(loops, {}, [](const loop& l) { return l.load.load(); });
  ++least.load;
  ++alive;
  asio::post(least.context, [this, &least, socket = std::move(socket)]() mutable {
    auto serving = serve(least, std::move(socket));
    asio::co_spawn(least.context, std::move(serving), [this, &least](std::exception_ptr failure) {
      try {
        if (failure) std::rethrow_exception(failure);
      } catch (const std::exception& e) {
        spdlog::error("a session failed: {}", e.what());
      }
      left(least);
    });
  });
}

asio::awaitable<void> server::implementation::serve(loop& on, descriptor socket) {
  struct entry {
    std::set<session*>& all;
    session* one;
    ~entry() { all.erase(one); }
  };
  if (stopping) co_return;
  session s(on.context, std::move(socket), environment);
  on.sessions.insert(&s);
  const entry registered{on.sessions, &s};
  co_await s.run();
}

void server::implementation::left(loop& l) {
  --l.load;
  if (--alive == 0 && stopping) stop_loops();
}

// Looking at all objects, and destroying some, may take long: no I/O thread does it.
void server::implementation::tidy() {
  pause.expires_after(tidy_interval);
  pause.async_wait([this](std::error_code error) {
    if (error || stopping) return;
    asio::post(workers, [this] {
      const auto now = std::chrono::steady_clock::now();
      host.objects.dispose_rested(now);
      cycles.run(now);
      asio::post(loops.front().context, [this] { tidy(); });
    });
  });
}

void server::implementation::stop() {
  if (stopping.exchange(true)) return;
  environment.ending = true;
  peers.close();
  asio::post(loops.front().context, [this] {
    for (listener& l : listeners)
      l.close();
    patience.expires_after(flush_time);
    patience.async_wait([this](std::error_code) { stop_loops(); });
    if (alive == 0) stop_loops();
  });
  for (loop& l : loops)
    asio::post(l.context, [&l] {
      for (session* s : l.sessions)
        s->stop();
    });
}

asio::awaitable<void> server::implementation::stop_when_unused(std::chrono::milliseconds quiet) {
  asio::steady_timer timer(loops.front().context);
  std::uint64_t before = 0;
  do {
    before = environment.sessions;
    timer.expires_after(quiet);
    co_await timer.async_wait(asio::use_awaitable);
  } while (alive != 0 || environment.sessions != before);
  stop();
}

void server::implementation::stop_loops() {
  for (loop& l : loops)
    l.context.stop();
}

server::server(server_options options, registry types)
    : implementation_(std::make_unique<implementation>(std::move(options), std::move(types))) {}

server::~server() = default;

std::vector<address> server::addresses() const {
  std::vector<address> bound;
  for (const listener& l : implementation_->listeners)
    bound.push_back(l.local());
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

asio::io_context& server::event_loop() noexcept {
  return implementation_->loops.front().context;
}

}  // namespace pickled
