#include "proxy/server_link.hpp"

#include "proxy/request.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <optional>
#include <pthread.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace pickled {

// Used by its thread alone, but closed by whichever goes first, the thread or the link.
class thread_connection {
 public:
  explicit thread_connection(const server_link& owner) noexcept : owner_(&owner) {}

  bool belongs_to(const server_link& link) const noexcept { return owner_ == &link; }
  bool ended() const noexcept { return owner_ == nullptr; }
  void end() noexcept {
    const std::lock_guard guard(mutex_);
    owner_ = nullptr;
    client_.reset();
  }

  // Precondition for these three: called by its thread, while its link lives.
  bool usable() const noexcept { return client_ && generation_ == fork_generation(); }
  void open(client connected) {
    client_.emplace(std::move(connected));
    generation_ = fork_generation();
  }
  answer ask(bytes_view request) {
    try {
      client_->send(request);
      return read_answer(client_->recv());
    } catch (const std::system_error&) {
      client_.reset();
      throw;
    }
  }

 private:
  std::mutex mutex_;
  std::atomic<const server_link*> owner_;
  unsigned generation_ = 0;
  std::optional<client> client_;
};

namespace {

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

thread_local connections_of_thread own_connections;

struct link_registry {
  std::mutex mutex;
  std::vector<std::pair<std::weak_ptr<server_link>, std::string>> links;  // with their keys
  std::optional<std::string> authkey;
};

// Never destroyed: proxies in static objects may outlive every other static object.
link_registry& registry() {
  static auto* const the_only = new link_registry;
  return *the_only;
}

std::atomic<unsigned> generation{0};

// As CPython names the thread that serves a connection, for the server's log.
std::string connection_name() {
  const auto thread = std::hash<std::thread::id>()(std::this_thread::get_id());
  return fmt::format("{}-{}|{:x}", program_invocation_short_name, ::getpid(), thread);
}

}  // namespace

unsigned fork_generation() noexcept {
  static const int registered = ::pthread_atfork(nullptr, nullptr, [] { ++generation; });
  static_cast<void>(registered);
  return generation.load(std::memory_order_relaxed);
}

void set_authkey(std::string authkey) {
  link_registry& all = registry();
  const std::lock_guard guard(all.mutex);
  all.authkey = std::move(authkey);
}

std::shared_ptr<server_link> server_link::to(const address& where, std::string_view authkey,
                                             const client::options& limits) {
  link_registry& all = registry();
  const std::lock_guard guard(all.mutex);
  std::erase_if(all.links, [](const auto& entry) { return entry.first.expired(); });
  for (const auto& [weak, key] : all.links) {
    if (auto link = weak.lock(); link && link->where() == where && key == authkey) return link;
  }
  auto link = std::make_shared<server_link>(where, std::string(authkey), limits);
  all.links.emplace_back(link, authkey);
  return link;
}

std::shared_ptr<server_link> server_link::find(const address& where) {
  link_registry& all = registry();
  std::optional<std::string> authkey;
  {
    const std::lock_guard guard(all.mutex);
    for (const auto& [weak, key] : all.links) {
      if (auto link = weak.lock(); link && same_place(link->where(), where)) return link;
    }
    authkey = all.authkey;
  }
  return authkey ? to(where, *authkey) : nullptr;
}

server_link::server_link(address where, std::string authkey, const client::options& limits)
    : where_(std::move(where)), authkey_(std::move(authkey)), limits_(limits) {}

server_link::~server_link() {
  for (const auto& connection : connections_)
    connection->end();
}

answer server_link::dispatch(bytes_view request) const {
  client connection = connect();
  connection.send(request);
  return read_answer(connection.recv());
}

answer server_link::call(bytes_view request) {
  const auto connection = connection_of_this_thread();
  if (!connection->usable()) {
    client connected = connect();
    connected.send(make_call({}, "accept_connection", connection_name()));
    read_answer(connected.recv());
    connection->open(std::move(connected));
  }
  return connection->ask(request);
}

std::shared_ptr<thread_connection> server_link::connection_of_this_thread() {
  if (auto connection = own_connections.find(*this)) return connection;
  auto connection = std::make_shared<thread_connection>(*this);
  own_connections.add(connection);
  const std::lock_guard guard(mutex_);
  std::erase_if(connections_, [](const auto& c) { return c->ended(); });
  connections_.push_back(connection);
  return connection;
}

}  // namespace pickled
