// SPDX-License-Identifier: BSL-1.0

// Open files between processes that run already: multiprocessing.resource_sharer. Who sends one
// keeps it, and gives it to the first that asks with the ticket:
//
//   ticket := multiprocessing.resource_sharer.DupFd() with state {'_id': (address, int key)}
//
//   receiver                      owner, at that address, after the handshake
//   (int key, int pid)  ------->
//                       <-------  byte 1, with the descriptor (SCM_RIGHTS)
//   "A"                 ------->  from 3.14 on, who waits for it

#ifndef PICKLED_PROCESS_RESOURCE_SHARER_HPP
#define PICKLED_PROCESS_RESOURCE_SHARER_HPP

#include "pickled/connection/address.hpp"
#include "pickled/connection/socket.hpp"
#include "pickled/process/pipe.hpp"

#include <cstdint>

namespace pickled::inline v0::detail {

struct ticket {
  address owner;
  std::int64_t key = 0;

  friend bool operator==(const ticket&, const ticket&) = default;
};

// An open file through a connection that is a unix socket, as pipe() makes: reduction.send_handle
// and recv_handle, which until 3.13 know no acknowledgement. Both throw std::system_error;
// recv_handle `too_many_files_open` also where a message came without a descriptor.
void send_handle(const multiprocessing::connection& to, int fd);
descriptor recv_handle(const multiprocessing::connection& from);

// The ticket for a copy of `fd`, good for one receiver who knows this process' authkey. A thread
// serves them until the program ends. Throws std::system_error.
ticket share_descriptor(int fd);

// The open file. Throws std::system_error: `connection_errc::end_of_file` where the ticket was
// redeemed before, and whatever the system says where the owner has gone.
descriptor redeem(const ticket& from);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROCESS_RESOURCE_SHARER_HPP
