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
#include <string>

namespace pickled::inline v0::detail {

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

// How a process ended with regard to one object. `wait_status` as of wait(2), where it is known;
// `owes`: it died owning references; `gave_back`: it had references to the object and gave back
// all of them, as CPython's children do when they end in order.
departure how_it_ended(std::optional<int> wait_status, bool owes, bool gave_back) noexcept;

// "was killed by signal 9"
std::string how_text(departure how, std::optional<int> wait_status);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_CLIENTS_CLIENT_PROCESS_HPP
