// SPDX-License-Identifier: BSL-1.0

#include "server/sync/waiter.hpp"

#include <cassert>
#include <utility>

namespace pickled::inline v0::detail {

waiter::waiter(std::shared_ptr<hosted> home, owner who, std::optional<steady_time> deadline,
               std::function<void()> wake)
    : home_(std::move(home)), who_(who), deadline_(deadline), wake_(std::move(wake)) {}

void waiter::grant(wait_result result) noexcept {
  assert(waiting());
  result_ = std::move(result);
  state_ = state::granted;
}

void waiter::expire(wait_result result) noexcept {
  assert(waiting());
  result_ = std::move(result);
  state_ = state::expired;
}

void waiter::withdraw() noexcept {
  assert(waiting() || state_ == state::granted);
  state_ = state::withdrawn;
}

wait_queue::~wait_queue() {
  while (!empty())
    pop_front();
}

void wait_queue::push_back(std::shared_ptr<waiter> w) noexcept {
  assert(w->queue == nullptr);
  w->queue = this;
  // Not written again once the call has come back: its session reads it without the mutex.
  if (!w->was_queued_) w->was_queued_ = true;
  w->previous_ = last_;
  std::shared_ptr<waiter>& link = last_ == nullptr ? first_ : last_->next_;
  last_ = w.get();
  link = std::move(w);
  ++size_;
}

std::shared_ptr<waiter> wait_queue::pop_front() noexcept {
  return empty() ? nullptr : remove(*first_);
}

std::shared_ptr<waiter> wait_queue::remove(waiter& w) noexcept {
  assert(w.queue == this);
  std::shared_ptr<waiter>& link = w.previous_ == nullptr ? first_ : w.previous_->next_;
  std::shared_ptr<waiter> removed = std::move(link);
  link = std::move(w.next_);
  (link == nullptr ? last_ : link->previous_) = w.previous_;
  w.previous_ = nullptr;
  w.queue = nullptr;
  --size_;
  return removed;
}

decided_waiters::~decided_waiters() {
  while (const std::shared_ptr<waiter> w = told_.pop_front()) {
    // The function may keep the session alive that keeps the waiter alive.
    if (const std::function<void()> wake = std::move(w->wake_)) wake();
  }
}

void decided_waiters::grant(std::shared_ptr<waiter> w, wait_result result) noexcept {
  w->grant(std::move(result));
  told_.push_back(std::move(w));
}

void decided_waiters::expire(std::shared_ptr<waiter> w, wait_result result) noexcept {
  w->expire(std::move(result));
  told_.push_back(std::move(w));
}

void decided_waiters::withdraw(std::shared_ptr<waiter> w) noexcept {
  w->withdraw();
  withdrawn_.push_back(std::move(w));
}

}  // namespace pickled::inline v0::detail
