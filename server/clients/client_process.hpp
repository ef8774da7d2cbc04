// SPDX-License-Identifier: BSL-1.0

// A client's process as the kernel knows it: who it is, when it is dead, and how it ended. A unix
// socket tells who connected it. Of what the kernel is too old to tell, or does not let us see,
// nothing is known.

#ifndef PICKLED_SERVER_CLIENTS_CLIENT_PROCESS_HPP
#define PICKLED_SERVER_CLIENTS_CLIENT_PROCESS_HPP

#include "pickled/connection/socket.hpp"
#include "server/types/owner.hpp"

#include <memory>
#include <optional>

namespace pickled {

// Immutable, and so good for any thread.
class client_process {
 public:
  // How a dead process ended, as of wait(2); nullopt where nothing tells.
  using wait_status_source = std::optional<int> (*)(const client_process&);

  // nullptr where it is not seen from here. One that is dead may be of another time: its start is
  // then not known. Throws std::system_error where something is short, descriptors say: to be
  // tried again.
  static std::shared_ptr<const client_process> open(int pid);

  const process_identity& identity() const noexcept { return identity_; }
  // Readable as soon as the process is dead.
  int descriptor_of_death() const noexcept { return pidfd_.get(); }
  bool dead() const noexcept;

  client_process(process_identity identity, descriptor pidfd) noexcept
      : identity_(identity), pidfd_(std::move(pidfd)) {}

 private:
  process_identity identity_;
  descriptor pidfd_;
};

// From PIDFD_GET_INFO (Linux 6.15) once its parent has waited for it, and from /proc before.
std::optional<int> wait_status_of(const client_process& process);

}  // namespace pickled

#endif  // PICKLED_SERVER_CLIENTS_CLIENT_PROCESS_HPP
