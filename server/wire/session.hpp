// SPDX-License-Identifier: BSL-1.0

// One connection to the server, from the handshake to its end: CPython's thread of
// `Server.accepter`. It stays on one thread, and answers one request after the other.
//
//   handshake ──▶ one server function ──▶ end
//                   └─ accept_connection ──▶ requests of proxies, until the peer goes
//
// It is a machine whose state says what it waits for, and nothing else than that moves it on:
//
//   reading ──message──▶ working (a worker reads it, runs it, or writes its answer in XML)
//      ▲  ◀──────────────── │
//      │  ◀──decided──── waiting (the call is in line in its object)
//      └──writable────── writing (the socket takes no more)
//
// While a call waits the session goes on reading. From a peer that pipelines it reads ahead up to a
// bound, so as to learn of its end. A peer that does not pipeline has given up its call when it
// asks for something else: an exception interrupted it, and it goes on with the same connection.
// Then the call is withdrawn (a Condition takes its lock back first), and only the new request is
// answered. A connection pipelines if bytes of another request have come with its first one, or if
// its name, which `accept_connection` tells, ends in "|pipelining". On a connection of that name
// the functions of the server (create, incref, decref) are called as well, by the ident None.
//
// Every event ends in one place, which turns what was thrown meanwhile into the answer of the
// request that is being served, or else into the end of this session alone.

#ifndef PICKLED_SERVER_WIRE_SESSION_HPP
#define PICKLED_SERVER_WIRE_SESSION_HPP

#include "connection/connection.hpp"
#include "connection/handler_memory.hpp"
#include "connection/xml_rpc.hpp"
#include "frozen/memory_in_use.hpp"
#include "pickled/connection/challenge.hpp"
#include "pickled/frozen/splicer.hpp"
#include "server/clients/clients.hpp"
#include "server/context.hpp"
#include "server/proxy_call.hpp"
#include "server/server_functions.hpp"
#include "server/sync/waiter.hpp"
#include "server/types/owner.hpp"
#include "server/wire/delivery.hpp"
#include "server/wire/request_reader.hpp"
#include "server/wire/token_writer.hpp"
#include "server/wire/wait_point.hpp"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace pickled::inline v0::detail {

// Used by the one thread that runs its loop. Whatever it has begun keeps it alive; once it has
// ended it has let go of everything, and may be destroyed by any thread.
class session : public std::enable_shared_from_this<session> {
 public:
  // `ended` is called once, at the end, on its thread; it must not throw.
  session(asio::io_context& loop, descriptor socket, context& shared,
          std::function<void(session&)> ended);
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  void begin() noexcept;
  // The server ends: what is being written or worked at goes out, everything else stops.
  void stop() noexcept;
  // At once. What a worker does is waited for, and then dropped.
  void end() noexcept;

 private:
  enum class state : std::uint8_t {
    handshake,
    reading,
    working,
    waiting,
    writing,
    leaving,  // the peer has ended, and may have done so before it was sent what it asked for
    ended,
  };
  using step = void (session::*)();

  // What happens to it. Each runs `event`, and then goes on until it has to wait again.
  template <class Event>
  void on(Event event) noexcept;
  void go_on();
  bool go_on_authenticating();
  bool go_on_reading();
  bool go_on_waiting();
  bool give_up_for_next();

  void advance(handshake::action next);
  void authenticated(std::error_code error);
  void enter();

  void read();
  void on_read(std::error_code error);
  void set_alarm(steady_time until);
  bool flush() noexcept;
  void work(worker_pool& on, std::function<void()> task, step then, const void* turn = nullptr);
  [[noreturn]] void refuse_turn(worker_pool::refusal why) const;
  template <class Task>
  void perform(worker_pool* on, const Task& task, step then);
  worker_pool* pool_for(bool loads_values, bool heavy) noexcept;
  void on_work_done();

  void take(bytes_view message);
  void on_request();
  void on_command_done();
  void call_method();
  bool run_briefly(const std::function<void()>& run);
  void on_method_done();
  void on_reply();
  void on_xml();
  void count(const referent& object);
  void uncount(const referent& object, bool of_process) noexcept;
  void close_request() noexcept;
  void withdraw_request() noexcept;

  void refuse(const refused_request& request);
  void refuse_length();
  void answer(spliced reply, std::shared_ptr<referent> counted = nullptr);
  void add_reply(spliced reply, std::shared_ptr<referent> counted = nullptr);
  bool add_copy(const spliced& reply) noexcept;
  void withdraw_unsent() noexcept;
  bool answer_exception() noexcept;
  xml_reply in_xml(const spliced& reply) const;
  void delivered() noexcept;
  void end_by(std::error_code error);
  bool is_arriving();
  void log_end(std::error_code error) const noexcept;

  context& shared_;
  asio::io_context& loop_;
  connection connection_;
  owner owner_;
  const std::function<void(session&)> ended_;
  token_writer tokens_;
  request_reader requests_;

  state state_ = state::handshake;
  state resumed_ = state::reading;  // after writing
  bool last_ = false;               // no more requests are taken
  bool abandoned_ = false;          // it ends as soon as the worker is done
  bool shuts_down_ = false;         // and so does the server, once this has ended

  std::optional<handshake> exchange_;
  std::shared_ptr<session_books> account_;  // once the handshake is done
  worker_pool::client client_ = 0;
  std::string thread_;   // of the peer, as it is called
  bool within_ = false;  // the peer is this very process
  bool serving_proxies_ = false;
  bool any_request_ = false;  // of a proxy was taken
  bool pipelines_ = false;
  bool calls_functions_ = false;  // of the server, between requests of proxies

  bool reading_ = false;  // a read is under way
  std::error_code read_error_;
  handler_memory read_memory_;
  memory_share received_;

  // The request that is being served.
  bool open_ = false;        // it is to be answered
  bool speaks_xml_ = false;  // as the last one did
  frozen_request request_;   // its memory is used again and again
  std::optional<refused_request> refused_;
  buffer memory_;  // of a large message, until it is known whether the request keeps it
  command_result command_;
  std::optional<proxy_call> call_;
  spliced reply_;
  bool untold_ = false;   // what a call was granted has no form in XML
  bool counted_ = false;  // a reference that the peer has not been told of is its process'

  wait_point work_;
  step then_ = nullptr;
  std::exception_ptr failure_;  // of the worker's task
  wait_point grant_;
  bool given_up_ = false;                // the call that waits: nobody is to be told how it ends
  std::optional<steady_time> deadline_;  // of the call that waits
  std::optional<steady_time> silent_until_;  // when the peer has been silent for too long

  steady_time alarm_at_ = steady_time::max();
  asio::steady_timer alarm_;
  handler_memory alarm_memory_;

  // Written, but not sent, and no small reply that was copied to the connection at once.
  struct unsent_reply {
    spliced message;
    std::shared_ptr<referent> counted;  // the peer has one more reference once it is told
    std::uint64_t end = UINT64_MAX;     // in the stream of what is sent
  };

  std::vector<unsent_reply> replies_;
  std::size_t added_ = 0;   // so many of them are with the connection
  std::size_t unsent_ = 0;  // bytes of all that is not sent
  memory_share held_;       // what they take besides hosted values
  handler_memory write_memory_;
  delivery grants_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_WIRE_SESSION_HPP
