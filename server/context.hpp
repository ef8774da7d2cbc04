// SPDX-License-Identifier: BSL-1.0

// What all sessions of one server share: what it was told at its start, its types, its objects, its
// clients, and the threads for long work. It belongs to the server, and outlives its sessions.

#ifndef PICKLED_SERVER_CONTEXT_HPP
#define PICKLED_SERVER_CONTEXT_HPP

#include "server/clients/clients.hpp"
#include "server/objects/named_on_demand.hpp"
#include "server/objects/object_table.hpp"
#include "server/objects/segments.hpp"
#include "server/python/value_verifier.hpp"
#include "server/registry.hpp"
#include "server/server_options.hpp"
#include "server/wire/allowed_globals.hpp"
#include "server/worker_pool.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace pickled::inline v0::detail {

// The options, types and patterns are read-only once the server serves; the rest is thread-safe.
struct context {
  // `watch` as clients takes it, `dispose_elsewhere` as object_table does.
  context(server_options given, registry registered, clients::watch_function watch = {},
          std::function<void()> dispose_elsewhere = {});
  context(const context&) = delete;
  context& operator=(const context&) = delete;

  // How many bytes may be stored now beyond what is.
  std::size_t memory_left() const noexcept;

  server_options options;
  registry types;
  allowed_globals allowed;
  object_table objects;
  named_on_demand on_demand;
  segments shared_memory;
  clients peers;
  std::atomic<std::uint64_t> sessions{0};  // so many there have been
  std::atomic<bool> ending{false};         // nothing is given back any more, nor logged
  std::function<void()> shut_down;         // a client asks for it, on any thread; set before
  std::optional<value_verifier> verifier;  // of --verify-values
  worker_pool verifying;                   // the threads that wait for it
  worker_pool programs;                    // the threads for code of the program that serves
  worker_pool workers;                     // the last: what runs in it may use all of the above
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_CONTEXT_HPP
