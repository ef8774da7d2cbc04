// SPDX-License-Identifier: BSL-1.0

// Calls that are under way on one connection, for programs that wait for it themselves by whatever
// event loop they have; proxy/async.hpp does it with Asio.

#ifndef PICKLED_PROXY_CALL_QUEUE_HPP
#define PICKLED_PROXY_CALL_QUEUE_HPP

#include "pickled/connection/client.hpp"
#include "pickled/proxy/manager.hpp"

#include <exception>
#include <list>
#include <memory>
#include <string>

PICKLED_BEGIN_NAMESPACE

// Used by one thread at a time. No function waits but the constructor, which connects.
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

  // Throws std::invalid_argument where `of` is of another server.
  void add(const base_proxy& of, std::string_view method, buffer request,
           std::shared_ptr<receiver> to);
  // Sends what the socket takes, and hands out the answers that are there. Returns whether
  // something is left to be sent. Where the connection fails, all calls are told.
  bool advance() noexcept;
  // Tells all calls so, and forgets them. The connection is of no more use.
  void fail(const std::exception_ptr& why) noexcept;

  // Whether no answer is waited for.
  bool empty() const noexcept { return calls_.empty(); }
  int native_handle() const noexcept { return client_.native_handle(); }

 private:
  struct call {
    base_proxy of;
    std::string method;
    buffer request;
    std::shared_ptr<receiver> to;
  };

  void receive_answer(bytes_view message) noexcept;

  std::shared_ptr<server_link> link_;
  client client_;
  std::list<call> calls_;
  std::list<call> answered_;  // whose requests may not have been sent whole
  std::exception_ptr failed_;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_CALL_QUEUE_HPP
