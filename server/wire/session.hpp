// One connection to the server, from the handshake to its end: CPython's thread of
// `Server.accepter`, as a coroutine. It stays on one thread, and one request of it is answered
// after the other.
//
//   authenticate ──▶ one server function ──▶ close
//                        └─ accept_connection ──▶ requests of proxies, until the peer goes
//
// A call that blocks suspends the session; meanwhile it goes on reading, up to a bound, so as to
// learn that the peer has hung up.

#ifndef PICKLED_SERVER_WIRE_SESSION_HPP
#define PICKLED_SERVER_WIRE_SESSION_HPP

#include "connection/connection.hpp"
#include "frozen/splicer.hpp"
#include "server/clients/clients.hpp"
#include "server/proxy_call.hpp"
#include "server/sync/waiter.hpp"
#include "server/types/owner.hpp"
#include "server/wire/delivery.hpp"
#include "server/wire/request_reader.hpp"
#include "server/wire/suspension.hpp"
#include "server/wire/token_writer.hpp"

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace pickled {

// What the sessions of one server share. It must outlive them.
struct session_environment {
  context& host;
  clients& peers;
  asio::thread_pool& workers;              // for what takes long
  std::function<void()> shut_down;         // a client asked for it; called from any I/O thread
  std::atomic<std::uint64_t> sessions{0};  // so many there have been
  std::atomic<bool> ending{false};         // nothing is given back any more, nor logged
};

// Used by the one thread that runs its context.
class session {
 public:
  session(asio::io_context& context, descriptor socket, session_environment& shared);
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session();

  // Serves the peer until it goes.
  asio::awaitable<void> run();
  // The server ends: what is being written goes out, everything else stops.
  void stop() noexcept;

 private:
  // Each tells whether to go on; where it does not, the connection is to be closed.
  asio::awaitable<bool> authenticate();
  asio::awaitable<bool> serve_command();
  asio::awaitable<bool> serve(bytes_view message);
  asio::awaitable<bool> refuse_length();
  asio::awaitable<bool> read_some();
  asio::awaitable<bool> flush();
  asio::awaitable<bool> suspend(waiter& w);

  asio::awaitable<void> serve_client();
  asio::awaitable<std::error_code> read_or_wake(steady_time until, bool room);
  asio::awaitable<void> work(std::function<void()> task);
  asio::awaitable<std::error_code> read_before(steady_time deadline);
  asio::awaitable<std::optional<frozen_request>> read_request(bytes_view message);
  void refuse(const refused_request& request);
  void answer(spliced reply);
  spliced in_xml(const spliced& reply) const;
  asio::awaitable<void> answer_call(spliced reply);
  void enter();
  void delivered() noexcept;
  void log_end(std::error_code error) const;

  session_environment& shared_;
  connection connection_;
  owner owner_;
  std::shared_ptr<session_books> account_;  // once the handshake is done
  token_writer tokens_;
  request_reader requests_;
  const std::shared_ptr<suspension> suspension_;
  const std::function<void()> wake_;
  std::vector<spliced> replies_;  // written, but not sent
  delivery grants_;
  bool writing_ = false;
  bool serving_proxies_ = false;
  bool speaks_xml_ = false;               // as the last request did
  const std::shared_ptr<session*> self_;  // expires with this session
};

}  // namespace pickled

#endif  // PICKLED_SERVER_WIRE_SESSION_HPP
