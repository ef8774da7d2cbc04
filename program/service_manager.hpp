// SPDX-License-Identifier: BSL-1.0

// What a service and the service manager that started it, such as systemd, tell each other: see
// sd_listen_fds(3) and sd_notify(3). By the protocols that these describe and promise to keep,
// since their library would bring others for compression and encryption into each server.

#ifndef PICKLED_PROGRAM_SERVICE_MANAGER_HPP
#define PICKLED_PROGRAM_SERVICE_MANAGER_HPP

#include "pickled/connection/socket.hpp"

#include <vector>

namespace pickled::inline v0::detail {

// The sockets that it passes to this process, which listen already; none where it passes none.
// Takes them out of the environment, so that they are taken once and no child looks for them.
// Throws std::runtime_error where one is not a listening stream socket over IPv4 or unix.
std::vector<descriptor> take_passed_sockets();

// Tells it that clients are served from now on, if it has asked to be told. Logs a failure.
void notify_ready() noexcept;

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROGRAM_SERVICE_MANAGER_HPP
