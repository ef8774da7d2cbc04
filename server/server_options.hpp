// SPDX-License-Identifier: BSL-1.0

// What a server is told at its start.

#ifndef PICKLED_SERVER_SERVER_OPTIONS_HPP
#define PICKLED_SERVER_SERVER_OPTIONS_HPP

#include "pickled/connection/address.hpp"
#include "pickled/connection/socket.hpp"
#include "server/objects/object_table.hpp"
#include "server/types/owner.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace pickled::inline v0::detail {

struct server_options {
  std::vector<address> addresses = {address()};
  std::vector<descriptor> sockets;    // that listen already: clients connect there, too
  std::vector<std::string> authkeys;  // any of them is good; the first is for proxies to use
  unsigned threads = 1;
  unsigned program_threads = 2;                        // for code of the program that serves
  std::uint64_t max_message = std::uint64_t{1} << 30;  // bytes
  std::uint64_t max_memory = 0;                        // bytes of all values; 0: no limit
  std::size_t max_connections = 0;                     // 0: no limit
  std::size_t max_depth = 10'000;                      // of containers in one value
  std::chrono::milliseconds handshake_timeout = std::chrono::seconds(20);
  std::chrono::milliseconds idle_timeout{0};  // between the requests of a proxy; 0: no limit
  holder_death on_holder_death = holder_death::by_default;  // of objects that name none
  object_table::grace grace{std::chrono::seconds(10)};
  // Told the name, with its slash, of every segment of shared memory that the server has removed;
  // from any thread. May be empty.
  std::function<void(const std::string&)> segment_removed;
  bool remote_shutdown = true;     // whether clients may end the server
  bool remote_tracebacks = false;  // an exception tells which method of which object raised it
  std::string verify_values;       // the Python that loads what clients store; empty: none does
  std::vector<std::string> allow_globals;  // patterns, see allowed_globals.hpp; empty: any
  std::chrono::milliseconds tcp_timeout = std::chrono::minutes(1);  // see listener; 0: the system's
  mode_t socket_mode = 0600;                                        // of the files of unix sockets
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_SERVER_OPTIONS_HPP
