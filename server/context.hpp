// What all sessions of one server share: what it was told at its start, its types, and its objects.
// It belongs to the server, and outlives whatever answers a request.

#ifndef PICKLED_SERVER_CONTEXT_HPP
#define PICKLED_SERVER_CONTEXT_HPP

#include "server/objects/named_on_demand.hpp"
#include "server/objects/object_table.hpp"
#include "server/objects/segments.hpp"
#include "server/registry.hpp"
#include "server/server_options.hpp"
#include "server/wire/allowed_globals.hpp"

#include <cstddef>

namespace pickled {

// The options, types and patterns are read-only once the server serves; the rest is thread-safe.
struct context {
  context(server_options given, registry registered);
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
};

}  // namespace pickled

#endif  // PICKLED_SERVER_CONTEXT_HPP
