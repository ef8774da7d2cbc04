// SPDX-License-Identifier: BSL-1.0

// What this process knows of one server: its address and key, and one connection of every thread
// that has called a method. A server takes a connection for an owner (of an RLock, of a
// Condition), so each thread keeps its own, as in CPython.
//
// A connection that failed, or that a call gave up on, is dropped, and the next call makes a new
// one; where it held locks, the next call tells so by lock_lost instead. A request that was not
// sent goes to the next connection by itself; one that was sent and not answered is never repeated,
// and told by unanswered_call. After a fork the child leaves its parent's connections alone and
// makes its own.

#ifndef PICKLED_PROXY_SERVER_LINK_HPP
#define PICKLED_PROXY_SERVER_LINK_HPP

#include "pickled/connection/address.hpp"
#include "pickled/connection/client.hpp"
#include "pickled/proxy/answer.hpp"
#include "pickled/value/buffer.hpp"

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace pickled::inline v0::detail {
class thread_connection;
}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

// What is done while a server cannot be reached, since it is being restarted, say. Each delay is
// twice the one before, less a random part of up to half of it, so that the clients of one server
// do not all come at once.
struct reconnect_policy {
  // How often more than once connecting is tried; without more it fails at once, as in CPython.
  unsigned attempts = 0;
  std::chrono::milliseconds first_delay{50};
  std::chrono::milliseconds longest_delay{2000};
  // No attempt begins later than this after the first one.
  std::optional<std::chrono::milliseconds> deadline = {};

  bool operator==(const reconnect_policy&) const = default;
};

// How calls of a server's objects are made.
struct call_options : client::options {
  // What one call may take, where the server has to be connected to first included. Without it a
  // call waits as long as the server takes, as in CPython. It also ends calls that are meant to
  // block, `get` of an empty queue say.
  std::optional<std::chrono::milliseconds> call_timeout;
  reconnect_policy reconnect;
};

namespace detail {

// What one call of a server may take: everything that it needs, if that is several requests, or a
// connection. Without an end, connecting has the time that the options say.
struct call_limits {
  std::optional<client::time_point> until = {};
  bool once = false;  // connecting is not tried again, whatever the policy
};

}  // namespace detail

// Thread-safe. Functions that ask the server throw connection_error where the connection failed,
// with std::errc::timed_out where the time for it passed, unanswered_call, which is one, where the
// request was sent before, and authentication_error where the server has another authkey.
class server_link : public std::enable_shared_from_this<server_link> {
 public:
  // Links are shared: the one to this address with this key and these options, made where there is
  // none.
  static std::shared_ptr<server_link> to(const address& where, std::string_view authkey,
                                         const call_options& options = {});
  // The link that a proxy of `where` met inside a value goes by: an existing one, however the
  // address is spelled there, or one with the key that set_authkey was given; or nullptr.
  static std::shared_ptr<server_link> find(const address& where);

  server_link(address where, std::string authkey, const call_options& options);
  ~server_link();
  server_link(const server_link&) = delete;
  server_link& operator=(const server_link&) = delete;

  const address& where() const noexcept { return where_; }
  const call_options& options() const noexcept { return options_; }

  // Of a call that begins now, and may take so long, or what the options say.
  detail::call_limits limits(
      std::optional<std::chrono::milliseconds> call_timeout = std::nullopt) const;

  // Asks the server for a sign of life. That counts as connecting, of which it has the time.
  void greet() const;
  // Calls a function of the server itself on a connection of its own. Mirrors managers.dispatch.
  // Throws what the function raised, and remote_error.
  value dispatch(bytes_view request, const detail::call_limits& limits) const;
  // Calls a function that needs no connection of its own (create, incref): by our server on that of
  // this thread, and by CPython's, which has no such thing, as dispatch does. Throws what call and
  // dispatch do.
  value call_function(bytes_view request, const detail::call_limits& limits);
  // Gives a count back in the same way, on one connection for all counts. Used by one thread at a
  // time.
  void decref(std::string_view ident, const detail::call_limits& limits);
  // A connection for calls that belongs to whoever asks for it, and to no thread.
  client open_connection(const detail::call_limits& limits) const;
  // The same for programs that wait themselves: it begins to connect, then sends the greeting, and
  // can be used once that is answered.
  client begin_connection() const;
  static buffer greeting();
  // What is thrown where connecting fails; trying again is of no use where the key is another one.
  std::exception_ptr no_connection(std::error_code why) const;
  static bool is_of_other_key(std::error_code why) noexcept;
  // When connecting has to be done that begins now: as the call's end says, or else the options.
  std::optional<client::time_point> end_of_connecting(const detail::call_limits& limits) const;
  // Sends a request on the connection of this thread. Mirrors BaseProxy._callmethod. Throws
  // lock_lost, and sends nothing, where the connection before held locks.
  answer call(bytes_view request, const detail::call_limits& limits);
  // Sends all of them before it waits for the first answer, and hands each answer's message to
  // `receive`, in order. An exception of `receive` ends the connection. While they are sent,
  // answers are read, so that neither side waits for the other. Where nothing could be sent they go
  // to the next connection, as in call().
  void call_all(std::span<const buffer> requests, const detail::call_limits& limits,
                const std::function<void(bytes_view)>& receive);

  // This thread's connection holds a lock more, or less, than before.
  void acquired() noexcept;
  void released() noexcept;
  // How many locks went with a connection of this thread; zero when asked again. `lost` has the
  // next call of this thread tell of them.
  int take_lost();
  void lost(int locks) noexcept;

 private:
  client connect(const detail::call_limits& limits) const;
  // Has `then` go on with a new connection: again, as the policy has it, while that fails by
  // connection_error.
  template <class F>
  auto connect_and(const detail::call_limits& limits, const F& then) const;
  std::shared_ptr<detail::thread_connection> connection_of_this_thread();
  std::shared_ptr<detail::thread_connection> connection_for_counts();
  detail::thread_connection& usable_connection(std::chrono::nanoseconds trusted,
                                               const detail::call_limits& limits);
  // nullopt where the connection failed before the request was sent.
  std::optional<answer> ask(detail::thread_connection& connection, bytes_view request,
                            std::optional<client::time_point> until) const;
  // What `called` returns; nullopt where the server calls no functions on connections for proxies.
  template <class F>
  std::optional<value> unless_unknown(const F& called);

  const address where_;
  const std::string authkey_;
  const call_options options_;
  // Under a fork_guard.
  std::vector<std::shared_ptr<detail::thread_connection>> connections_;
  std::shared_ptr<detail::thread_connection> counting_;  // for decref
  unsigned counting_generation_ = 0;

  std::atomic<bool> functions_on_connections_{true};  // until it is told otherwise
};

// The key for servers that are known only by proxies met inside values: what
// multiprocessing.current_process().authkey is in CPython. Thread-safe.
void set_authkey(std::string authkey);
// That key; where none was set, a random one for the length of this process, as in CPython.
std::string authkey_of_process();

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_SERVER_LINK_HPP
