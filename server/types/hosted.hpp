// SPDX-License-Identifier: BSL-1.0

// What every hosted object is: Python's list, dict, Lock … as the manager holds it. Hosted types
// know values at rest, callers and time, but no wire, socket or session.
//
// Everything that happens to an object is an event, and apply() is the one way in: it takes the
// object's mutex, has the type do what the event says, and wakes after unlocking whose waiting that
// has ended. Types never lock by themselves.
//
//   event ──▶ apply ──mutex──▶ a method, on_expire, on_withdraw … ──unlock──▶ wakes
//
// A method that needs little runs under the mutex as a whole. One that may work for long reads its
// arguments first, takes the mutex for single steps, and writes its reply after. So no thread holds
// two mutexes: arguments that are proxies of other hosted objects are copied before the first step
// (`items_of` in call.hpp). A step over all of a large object is a long one: while it lasts, I/O
// threads leave calls of the object to worker threads (is_busy) and wait for nobody.
//
// What a method removes is to be destroyed after unlocking, since that may end the life of other
// hosted objects: steps leave it in a variable of the method, all others give it to call::drop().

#ifndef PICKLED_SERVER_TYPES_HOSTED_HPP
#define PICKLED_SERVER_TYPES_HOSTED_HPP

#include "frozen/memory_in_use.hpp"
#include "pickled/frozen/frozen.hpp"
#include "pickled/frozen/splicer.hpp"
#include "server/types/event.hpp"
#include "server/types/method_entry.hpp"
#include "server/types/owner.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

class decided_waiters;

class hosted : public std::enable_shared_from_this<hosted> {
 public:
  hosted() noexcept : hosted(own_mutex_) {}
  hosted(const hosted&) = delete;
  hosted& operator=(const hosted&) = delete;
  virtual ~hosted() = default;

  virtual std::span<const method_entry> methods() const noexcept = 0;

  // The one way in which anything happens to the object, from any thread. Throws what a method
  // throws. What it answers is of owner_gone.
  settlement apply(const event& e);

  // The events but requests, by name. They come in any order, and one that comes too late does
  // nothing.
  void expire(waiter& w) { apply(event::expire{w}); }
  void withdraw(waiter& w) { apply(event::withdraw{w}); }
  void give_back(waiter& w) { apply(event::give_back{w}); }
  settlement owner_gone(const owner& who, departure how) {
    return apply(event::owner_gone{who, how});
  }

  // str() and repr() of the object, as Server.fallback_str; at most about `limit` characters.
  virtual std::string repr(std::size_t limit) const = 0;
  // The object itself as a value (`#GETVALUE`). Throws python_error TypeError where Python could
  // not pickle it: "cannot pickle '_thread.lock' object".
  virtual void write_value(splicer& out) const = 0;
  // About how many bytes it holds: what decides whether work on it leaves the I/O thread. Never
  // waits for the mutex.
  virtual std::size_t weight() const noexcept { return 0; }
  // Whether somebody has the mutex who may need it for long.
  bool is_busy() const noexcept { return busy_.load(std::memory_order_relaxed); }
  // Calls `visit` for every proxy among its values: the edges of the graph of hosted objects.
  virtual void for_each_proxy(const std::function<void(const proxy_reference&)>&) const {}
  // The items that Python's iter() would give, copied: what `extend(proxy)` needs. Nothing where
  // the type is not iterable.
  virtual std::optional<std::vector<frozen>> items() const { return std::nullopt; }
  // Whether `dict(proxy)` and `update(proxy)` take it as a mapping; then items() are its keys and
  // values in turn.
  virtual bool is_mapping() const noexcept { return false; }

  // Whether what it does is code of the program that serves it, which may take any time and wait
  // for anything: that never runs on an I/O thread, nor under the object's mutex.
  virtual bool runs_program() const noexcept { return false; }
  // Calls of one turn come one after the other; those of nullptr at any time. `method` is nullptr
  // where the object itself is asked for (write_value).
  virtual const void* turn_of(const method_entry*) const noexcept { return nullptr; }
  // Whether that code of the program promises to wait for nothing and to take no time, so that an
  // I/O thread may run it in its turn.
  virtual bool is_brief(const method_entry&) const noexcept { return false; }

  // The policy for holders who die. Called before anyone else knows the object.
  virtual void set_holder_death(holder_death) noexcept {}

 protected:
  // With the mutex of `other`, which it must not outlive: a Condition and its lock.
  explicit hosted(hosted& other) noexcept : hosted(other.mutex_) {}

  // Runs `body` under the mutex: one step of a method that takes several, or a look from outside.
  template <class Body>
  decltype(auto) step(Body body) const {
    const std::lock_guard guard(mutex_);
    return body();
  }
  // The same where it takes the longer the larger the object is.
  template <class Body>
  decltype(auto) long_step(Body body) const {
    const std::lock_guard guard(mutex_);
    const busy_mark mark(busy_);
    return body();
  }

  // To be called under the mutex, by whatever changes the object.
  void changed() noexcept { ++changes_; }
  // How often it has changed.
  std::uint64_t changes() const noexcept { return changes_; }

 private:
  explicit hosted(std::mutex& mutex) noexcept : mutex_(mutex) { memory_.set(least_memory); }

  settlement happen(const event::request& e, decided_waiters& decided);
  settlement happen(const event::expire& e, decided_waiters& decided);
  settlement happen(const event::withdraw& e, decided_waiters& decided);
  settlement happen(const event::give_back& e, decided_waiters& decided);
  settlement happen(const event::owner_gone& e, decided_waiters& decided);

  // What the events do to an object of this type, under the mutex. Each decides by the waiter's
  // state.
  virtual void on_expire(waiter&, decided_waiters&) {}
  virtual void on_withdraw(waiter&, decided_waiters&) {}
  virtual void on_give_back(waiter&, decided_waiters&) {}
  virtual settlement on_owner_gone(const owner&, departure, decided_waiters&) {
    return settlement::held_nothing;
  }

  // Of the object, its entries in tables, and the memory around them: what weighs nothing else
  // still counts.
  static constexpr std::size_t least_memory = 512;

  struct busy_mark {
    explicit busy_mark(std::atomic<bool>& busy) noexcept : busy_(busy) { set(true); }
    ~busy_mark() { set(false); }
    busy_mark(const busy_mark&) = delete;
    busy_mark& operator=(const busy_mark&) = delete;

   private:
    void set(bool busy) noexcept { busy_.store(busy, std::memory_order_relaxed); }
    std::atomic<bool>& busy_;
  };

  std::mutex own_mutex_;
  std::mutex& mutex_;
  mutable std::atomic<bool> busy_{false};
  std::uint64_t changes_ = 0;
  memory_share memory_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_HOSTED_HPP
