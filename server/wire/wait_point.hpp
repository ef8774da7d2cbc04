// SPDX-License-Identifier: BSL-1.0

// Where a session waits for what is done elsewhere. Each wait has a ticket of its own, so that what
// comes too late for one wait never ends the next.

#ifndef PICKLED_SERVER_WIRE_WAIT_POINT_HPP
#define PICKLED_SERVER_WIRE_WAIT_POINT_HPP

#include "connection/handler_memory.hpp"

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

namespace pickled::inline v0::detail {

//   next_ticket() ──▶ … ──▶ wake(ticket), from any thread ──▶ the session looks: is_over()
class wait_point {
 public:
  using ticket = std::uint64_t;

  // Begins a wait. Whatever was waited for before is void.
  ticket next_ticket() noexcept { return ++current_; }
  // Whether what is waited for is done.
  bool is_over() const noexcept { return done_ == current_; }

  // What has this ticket is done. From any thread; `woken` is run by `loop` some time after. It
  // must keep this alive.
  template <class Woken>
  void wake(asio::io_context& loop, ticket t, Woken woken) noexcept {
    ticket before = done_;
    while (before < t && !done_.compare_exchange_weak(before, t)) {
    }
    // Who is told already, and has not looked yet, will see this as well.
    if (told_.exchange(true)) return;
    asio::post(loop, handler_within(memory_, [this, woken = std::move(woken)]() mutable {
                 told_ = false;
                 woken();
               }));
  }

 private:
  ticket current_ = 0;  // of the session's thread alone
  std::atomic<ticket> done_{0};
  std::atomic<bool> told_{false};
  handler_memory memory_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_WIRE_WAIT_POINT_HPP
