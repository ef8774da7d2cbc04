// SPDX-License-Identifier: BSL-1.0

// Connections between processes that were not started one by the other: Listener and Client of
// multiprocessing.connection, blocking.
//
//   listener at("unix:/run/jobs.sock", authkey);
//   auto connection = at.accept();
//   ...
//   auto connection = client("unix:/run/jobs.sock", authkey);

#ifndef PICKLED_PROCESS_LISTENER_HPP
#define PICKLED_PROCESS_LISTENER_HPP

#include "pickled/connection/address.hpp"
#include "pickled/process/deadline.hpp"
#include "pickled/process/pipe.hpp"

#include <optional>
#include <string>
#include <string_view>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

using optional_authkey = std::optional<std::string_view>;

// Used by one thread, but for close().
class listener {
 public:
  // Throws std::system_error that names the address. The file of a unix socket is for this user
  // alone, and goes with the listener.
  explicit listener(const address& where, optional_authkey authkey = std::nullopt,
                    int backlog = 128);
  // At "HOST:PORT", "unix:PATH" or "unix:@NAME".
  explicit listener(std::string_view where, optional_authkey authkey = std::nullopt,
                    int backlog = 128);
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  // With the port that the system picked.
  const address& local() const noexcept { return local_; }

  // The next that has shown that it knows the key. Throws std::system_error: as of
  // connection_errc where this one did not, after which the next may; `timed_out`; and
  // `operation_canceled` after close(). Nobody may take longer than the deadline for the handshake,
  // or 20 seconds.
  connection accept(const deadline& until = std::nullopt) const;

  // Wakes who waits in accept, from any thread.
  void close() const noexcept;

 private:
  descriptor socket_;
  std::optional<std::string> authkey_;
  address local_;
};

// Throws std::system_error: what the system or the handshake says.
connection client(const address& where, optional_authkey authkey = std::nullopt);
connection client(std::string_view where, optional_authkey authkey = std::nullopt);

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_LISTENER_HPP
