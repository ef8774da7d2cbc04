// SPDX-License-Identifier: BSL-1.0

// Calls that are under way on one connection, for programs that wait for it themselves by whatever
// event loop they have; proxy/async.hpp does it with Asio.

#ifndef PICKLED_PROXY_CALL_QUEUE_HPP
#define PICKLED_PROXY_CALL_QUEUE_HPP

#include "pickled/connection/client.hpp"
#include "pickled/proxy/manager.hpp"

#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace pickled::inline v0::detail {
class attempts;
}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

// Used by one thread at a time. No function waits but the constructor, which connects. A connection
// that was lost is made again for the next call, as the options' policy has it.
class call_queue {
 public:
  // Where the answer of one call goes.
  class receiver {
   public:
    virtual ~receiver() = default;
    // Once: what the call returned, or the exception that it would have thrown by itself.
    virtual void receive(std::exception_ptr failure, value result) noexcept = 0;
  };

  explicit call_queue(const manager& of);
  ~call_queue();
  call_queue(call_queue&&) noexcept;
  call_queue& operator=(call_queue&&) = delete;

  // Throws std::invalid_argument where `of` is of another server.
  void add(const base_proxy& of, std::string_view method, buffer request,
           std::shared_ptr<receiver> to);
  // Sends what the socket takes, and hands out the answers that are there. Returns whether
  // something is left to be sent. Where the connection fails, all calls that were sent are told;
  // where none can be made, all calls.
  bool advance() noexcept;
  // Tells all calls so, and forgets them; there will be no other ones.
  void fail(const std::exception_ptr& why) noexcept;

  // Whether no answer is waited for.
  bool empty() const noexcept { return calls_.empty(); }
  // Of the connection that is there, or being made; -1 where there is none. Another one after
  // advance() where connections() is more than before.
  int native_handle() const noexcept { return client_ ? client_->native_handle() : -1; }
  unsigned connections() const noexcept { return connections_; }
  // When advance() is to be called although nothing happened to the socket.
  std::optional<client::time_point> wake_at() const noexcept { return wake_at_; }

 private:
  struct call {
    base_proxy of;
    std::string method;
    buffer request;
    std::shared_ptr<receiver> to;
  };
  enum class state : std::uint8_t { open, lost, connecting, greeting, pausing };

  void connect();
  bool advance_connecting();
  bool exchange();
  void open();
  void lose(std::error_code why, const std::string& detail) noexcept;
  void not_connected(const std::exception_ptr& why, bool again) noexcept;
  void tell_all(const std::exception_ptr& why) noexcept;
  void receive_answer(bytes_view message) noexcept;

  std::shared_ptr<server_link> link_;
  state state_ = state::open;
  std::optional<client> client_;
  unsigned connections_ = 1;
  buffer greeting_;
  std::unique_ptr<detail::attempts> attempts_;
  std::optional<client::time_point> wake_at_;
  std::list<call> calls_;
  std::list<call> answered_;  // whose requests may not have been sent whole
  std::exception_ptr failed_;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_CALL_QUEUE_HPP
