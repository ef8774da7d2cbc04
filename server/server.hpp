// SPDX-License-Identifier: BSL-1.0

// A manager's server: listens, shares its connections out to threads, and ends when it is told to.
// CPython's `Server.serve_forever`.
//
//   server s(options, types) ──▶ s.addresses() ──▶ s.run() ── stop(), or a client's shutdown ──▶
//
// Each thread runs one event loop and the sessions on it; a session stays where it began.

#ifndef PICKLED_SERVER_SERVER_HPP
#define PICKLED_SERVER_SERVER_HPP

#include "pickled/connection/address.hpp"
#include "server/registry.hpp"
#include "server/server_options.hpp"

#include <asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

class server {
 public:
  // Listens from here on. Throws std::system_error that names the address.
  server(server_options options, registry types);
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();

  // Where it listens, with the ports that the system picked.
  std::vector<address> addresses() const;

  // Serves until stopped. To be called once.
  void run();
  // May be called from any thread, and more than once. What is being written still goes out, for
  // at most a second.
  void stop();
  // Stops when nobody has been connected for that long, or up to twice as long. To be called once,
  // by the thread that runs, or before it does.
  void stop_when_unused(std::chrono::milliseconds quiet);

  // The object of that ident, which lives as long as this is kept; nullptr where there is none.
  // From any thread.
  std::shared_ptr<void> find(std::string_view ident) const;

  // The types that it was given.
  const registry& types() const noexcept;
  // From now on clients find `object`, which is of the type `of`, by that name. May be called from
  // any thread. Throws std::invalid_argument where the name is taken.
  void publish(std::string name, const registered_type& of, std::shared_ptr<hosted> object);

  // Whether a worker still runs a call. Once run() has returned, nobody is told of its result.
  bool is_busy() const;
  // Removes what it made in the file system: its sockets, and the segments that it tracks. On the
  // thread of run(), or once that has returned. The destructor does the same.
  void remove_files() noexcept;

  // Runs for as long as run() does, on its thread: for signals.
  asio::io_context& event_loop() noexcept;

 private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_SERVER_HPP
