// How a session sleeps until something that any thread does is done: a blocked call is decided, a
// worker has finished.

#ifndef PICKLED_SERVER_WIRE_SUSPENSION_HPP
#define PICKLED_SERVER_WIRE_SUSPENSION_HPP

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <system_error>

namespace pickled {

// Shared by the session with whoever is to wake it. Used on the session's thread, but for settle().
class suspension : public std::enable_shared_from_this<suspension> {
 public:
  explicit suspension(asio::io_context& context) : timer_(context) {}

  void begin() noexcept { settled_ = false; }
  bool settled() const noexcept { return settled_; }
  // From any thread: what the session waits for is done.
  void settle() {
    settled_ = true;
    asio::post(timer_.get_executor(), [self = shared_from_this()] {
      self->timer_.expires_at(std::chrono::steady_clock::time_point::min());
    });
  }

  // The next sleep() ends then, if it is not settled before.
  void set_alarm(std::chrono::steady_clock::time_point until) { timer_.expires_at(until); }
  asio::awaitable<void> sleep() {
    const auto self = shared_from_this();
    std::error_code ignored;
    if (!settled_) co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  auto get_executor() { return timer_.get_executor(); }

 private:
  asio::steady_timer timer_;
  std::atomic<bool> settled_{false};
};

}  // namespace pickled

#endif  // PICKLED_SERVER_WIRE_SUSPENSION_HPP
