// SPDX-License-Identifier: BSL-1.0

// Waits for the deaths of client processes, on one event loop.

#ifndef PICKLED_SERVER_CLIENTS_PROCESS_WATCH_HPP
#define PICKLED_SERVER_CLIENTS_PROCESS_WATCH_HPP

#include "server/clients/clients.hpp"

#include <asio/io_context.hpp>

#include <memory>

namespace pickled::inline v0::detail {

// Tells `all` when the process of `c` is dead; from then on, as long as a connection of it is open,
// lets its silent sessions be settled: after five seconds, and then every second. Returns at once;
// may be called from any thread. `all` must outlive what the loop runs.
void watch_process(asio::io_context& loop, clients& all, std::shared_ptr<process_books> c);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_CLIENTS_PROCESS_WATCH_HPP
