// SPDX-License-Identifier: BSL-1.0

// A call that blocks. The hosted object queues it, first come first served, and its session
// suspends; no thread waits. Its fate is decided once, under the mutex of the object, and without
// memory: by then the one who decides has let go of something that must not get lost.
//
//   waiting ──grant──▶ granted ──reply never read──▶ withdrawn, and given back
//      ├────deadline──▶ expired
//      └──peer gone───▶ withdrawn
//
// After the mutex is unlocked its session is told by `wake`, which posts to the session's executor
// and may be called from any thread. A call that need not block is a waiter that is granted on the
// spot, so that what it got can be given back as well; it is not woken, since its result is there
// when the method returns (`at_once`).

#ifndef PICKLED_SERVER_SYNC_WAITER_HPP
#define PICKLED_SERVER_SYNC_WAITER_HPP

#include "pickled/frozen/frozen.hpp"
#include "pickled/python/python_error.hpp"
#include "server/types/hosted.hpp"
#include "server/types/owner.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

namespace pickled::inline v0::detail {

using steady_time = std::chrono::steady_clock::time_point;

// What a blocking call raises: made before anybody waits for it, and shared, so that to tell it
// needs no memory.
using raised = std::shared_ptr<const python_error>;
// A new hosted object that a blocking call returns by proxy, of a registered typeid.
struct handed_out {
  std::string_view type_id;
  std::shared_ptr<hosted> object;
};
// What a blocking call returns, or raises.
using wait_result = std::variant<frozen, raised, handed_out>;

class waiter : public std::enable_shared_from_this<waiter> {
 public:
  enum class state : std::uint8_t { waiting, granted, expired, withdrawn };

  // `home` is the object whose mutex guards this and which decides; `wake` is called at most once.
  waiter(std::shared_ptr<hosted> home, owner who, std::optional<steady_time> deadline,
         std::function<void()> wake);
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;

  const std::shared_ptr<hosted>& home() const noexcept { return home_; }
  const owner& who() const noexcept { return who_; }
  // When the session is to ask home() to expire it.
  std::optional<steady_time> deadline() const noexcept { return deadline_; }

  // Under the mutex of home(). What is decided of a queued waiter goes through `decided_waiters`.
  state current() const noexcept { return state_; }
  bool waiting() const noexcept { return state_ == state::waiting; }
  void grant(wait_result result) noexcept;   // precondition: waiting
  void expire(wait_result result) noexcept;  // precondition: waiting
  void withdraw() noexcept;                  // precondition: waiting or granted

  // For the session, when the call came back: true if it was decided without being queued. Then
  // the result is there, and nothing will wake the session.
  bool at_once() const noexcept { return !was_queued_; }
  // For the session, when the call was decided at once or after wake().
  const wait_result& result() const noexcept { return result_; }
  // For the session, when its peer gives the call up: it still has to take back what it released to
  // wait, as Condition.wait does in Python whatever interrupts it.
  bool takes_back() const noexcept { return takes_back_; }
  // Before it is withdrawn by a peer that lives, and has only been interrupted.
  void give_up() noexcept { given_up_ = true; }

  // For the object alone: what the call asks for, and has to give back.
  std::uint64_t ticket = 0;  // which acquisition it was granted
  std::int64_t count = 1;    // levels or permits to take
  bool answer = true;        // what an acquisition returns once it is granted
  class wait_queue* queue = nullptr;
  // Before the call comes back.
  void take_back() noexcept { takes_back_ = true; }
  bool given_up() const noexcept { return given_up_; }

 private:
  friend class wait_queue;
  friend class decided_waiters;

  std::shared_ptr<hosted> home_;
  owner who_;
  std::optional<steady_time> deadline_;
  std::function<void()> wake_;
  wait_result result_;
  state state_ = state::waiting;
  bool takes_back_ = false;
  bool was_queued_ = false;  // written before its call comes back, never after
  bool given_up_ = false;
  std::shared_ptr<waiter> next_;
  waiter* previous_ = nullptr;
};

// Waiters in the order in which they came; owns them while they are in it. Guarded by the mutex of
// the object that has it.
class wait_queue {
 public:
  wait_queue() = default;
  wait_queue(const wait_queue&) = delete;
  wait_queue& operator=(const wait_queue&) = delete;
  ~wait_queue();

  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t size() const noexcept { return size_; }
  waiter* front() const noexcept { return first_.get(); }  // nullptr where empty
  template <class Visitor>
  void for_each(Visitor visit) const {
    for (const waiter* w = first_.get(); w != nullptr; w = w->next_.get())
      visit(*w);
  }
  void push_back(std::shared_ptr<waiter> w) noexcept;  // precondition: it is in no queue
  std::shared_ptr<waiter> pop_front() noexcept;        // nullptr where empty
  std::shared_ptr<waiter> remove(waiter& w) noexcept;  // precondition: w.queue == this

 private:
  std::shared_ptr<waiter> first_;
  waiter* last_ = nullptr;
  std::size_t size_ = 0;
};

// The waiters whose fate one method decided. Declared before the mutex is locked, so that they are
// woken, and let go of, after it is unlocked: a waiter may be the last that keeps an object alive.
class decided_waiters {
 public:
  decided_waiters() = default;
  decided_waiters(const decided_waiters&) = delete;
  decided_waiters& operator=(const decided_waiters&) = delete;
  ~decided_waiters();

  // Precondition: `w` is waiting, and in no queue.
  void grant(std::shared_ptr<waiter> w, wait_result result) noexcept;
  void expire(std::shared_ptr<waiter> w, wait_result result) noexcept;
  // Its session has gone and is not woken.
  void withdraw(std::shared_ptr<waiter> w) noexcept;

 private:
  wait_queue told_;
  wait_queue withdrawn_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_SYNC_WAITER_HPP
