// SPDX-License-Identifier: BSL-1.0

// The lock at either end of a queue, which outlives a process that dies with it. CPython keeps
// these locks in semaphores, which know no owner; who is of this library writes down beside the
// semaphore that it has it, and how far it is with the message (process/recorded_process.hpp).
//
// A process that waits looks now and then whether the one that is written down still lives. If not,
// it has the lock instead; but where the dead one was amid a message, the rest of which nobody can
// tell, everybody that waits is told so. Who reads a small message takes it by two reads, each of
// all or nothing: what is in the pipe now tells whether it died between them. What a process of
// CPython's had stays locked.

#ifndef PICKLED_PROCESS_QUEUE_LOCK_HPP
#define PICKLED_PROCESS_QUEUE_LOCK_HPP

#include "pickled/connection/socket.hpp"
#include "pickled/process/synchronize.hpp"

#include <cstdint>
#include <functional>
#include <memory>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

// Copies are the same lock. One that was made by default refers to nothing. Any thread may use it.
class queue_lock {
 public:
  queue_lock() = default;
  static queue_lock create() { return queue_lock(multiprocessing::lock::create()); }
  // Of a Lock or an RLock.
  explicit queue_lock(sem_lock of);

  // How far the holder is with a message.
  enum class phase : std::uint8_t {
    between = 0,  // it has none in hand
    amid = 1,     // nobody could go on with it
    small = 2,    // it reads one: nothing of it yet, its size, or all
  };

  // What travels to other processes.
  const sem_lock& plain() const noexcept { return lock_; }

  // Whether it was acquired in time. Throws std::system_error `owner_dead` where the process that
  // had it died amid a message. Where that was small, `is_whole`, which may throw, tells whether
  // what is there now begins a message: if not, the lock is acquired in the phase `small`, and what
  // is there is the message without its size.
  bool acquire_until(const deadline& until, const std::function<bool()>& is_whole = {}) const;
  bool try_acquire() const;
  // Whether it was acquired from a process that is dead. As acquire_until.
  bool take_from_dead(const std::function<bool()>& is_whole = {}) const;
  // Whether the process that has it is dead.
  bool has_dead_holder() const;
  // That of who has it.
  phase current() const noexcept;
  void lock() const { acquire_until(std::nullopt); }
  void unlock() const;

  // Does what reads or writes one message. Precondition: acquired.
  template <class F>
  auto for_message(const F& transfer, phase begin = phase::amid) const {
    const in_message scope(*this, begin);
    return transfer();
  }
  // Precondition: acquired.
  void enter(phase next) const noexcept;
  // Throws std::system_error `owner_dead` where the process that has it died amid a message.
  void check_holder() const;
  // The semaphore's file, for what else processes lock; -1 where it cannot be opened.
  descriptor open_file() const noexcept;

 private:
  class record;
  class in_message {
   public:
    in_message(const queue_lock& of, phase begin) noexcept : of_(of) { of_.enter(begin); }
    ~in_message() { of_.enter(phase::between); }
    in_message(const in_message&) = delete;
    in_message& operator=(const in_message&) = delete;

   private:
    const queue_lock& of_;
  };

  sem_lock lock_;
  std::shared_ptr<record> record_;
};

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_QUEUE_LOCK_HPP
