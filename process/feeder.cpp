// SPDX-License-Identifier: BSL-1.0

#include "process/feeder.hpp"

#include "pickled/python/python_error.hpp"

#include <climits>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <system_error>
#include <utility>

namespace pickled::multiprocessing {

namespace {

// Whether a pipe takes all of it or nothing.
bool is_atomic(bytes_view item) noexcept {
  return item.size() + sizeof(std::int32_t) <= PIPE_BUF;
}

}  // namespace

struct feeder::work {
  connection writer;
  queue_lock wlock;
  bounded_semaphore room;
  bool ignore_epipe;

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<buffer> items;
  bool busy = false;  // the thread has an item that is not written yet
  bool started = false;
  bool closed = false;
  bool join_cancelled = false;
  std::exception_ptr failure;

  bool write_at_once(bytes_view item);
  template <class Send>
  bool write(const Send& send);
  void run();
};

// Precondition: wlock is held.
template <class Send>
bool feeder::work::write(const Send& send) {
  try {
    return send();
  } catch (const std::system_error& error) {
    // Nobody reads any more, and nobody wants to know.
    if (ignore_epipe && error.code() == std::errc::broken_pipe) return true;
    room.release();
    throw;
  }
}

// What fits into the pipe needs no other thread. Only who has the lock makes the room less.
bool feeder::work::write_at_once(bytes_view item) {
  if (!is_atomic(item) || !wlock.try_acquire()) return false;
  const std::lock_guard guard(wlock, std::adopt_lock);
  return write([&] { return writer.try_send_bytes(item); });
}

void feeder::work::run() {
  std::unique_lock guard(mutex);
  for (;;) {
    changed.wait(guard, [&] { return !items.empty() || closed; });
    if (items.empty()) return;
    const buffer item = std::move(items.front());
    items.pop_front();
    busy = true;
    guard.unlock();
    std::exception_ptr failed;
    try {
      const std::lock_guard locked(wlock);
      write([&] { return send_item(writer, wlock, item), true; });
    } catch (const std::exception&) {
      failed = std::current_exception();
    }
    guard.lock();
    busy = false;
    if (failure == nullptr) failure = failed;
  }
}

void send_item(const connection& to, const queue_lock& held, bytes_view item) {
  if (is_atomic(item))
    to.send_bytes(item);
  else
    held.for_message([&] { to.send_bytes(item); });
}

feeder::feeder(connection writer, queue_lock wlock, bounded_semaphore room, bool ignore_epipe)
    : work_(std::make_shared<work>()) {
  work_->writer = std::move(writer);
  work_->wlock = std::move(wlock);
  work_->room = std::move(room);
  work_->ignore_epipe = ignore_epipe;
}

feeder::~feeder() {
  close();
  if (!thread_.joinable()) return;
  work_->join_cancelled ? thread_.detach() : thread_.join();
}

const connection& feeder::writer() const noexcept {
  return work_->writer;
}
const queue_lock& feeder::wlock() const noexcept {
  return work_->wlock;
}

void feeder::check() const {
  const std::lock_guard guard(work_->mutex);
  if (work_->closed) throw python_error("ValueError", "Queue is closed");
  if (work_->failure != nullptr) std::rethrow_exception(std::exchange(work_->failure, nullptr));
}

void feeder::put(buffer item) {
  const std::lock_guard guard(work_->mutex);
  if (work_->items.empty() && !work_->busy && work_->write_at_once(item)) return;
  if (!work_->started) {
    thread_ = std::thread([work = work_] { work->run(); });
    work_->started = true;
  }
  work_->items.push_back(std::move(item));
  work_->changed.notify_one();
}

void feeder::close() {
  const std::lock_guard guard(work_->mutex);
  work_->closed = true;
  work_->changed.notify_one();
}

void feeder::join() {
  std::unique_lock guard(work_->mutex);
  std::thread ending = std::move(thread_);
  guard.unlock();
  if (ending.joinable()) ending.join();
  guard.lock();
  if (work_->failure != nullptr) std::rethrow_exception(std::exchange(work_->failure, nullptr));
}

void feeder::cancel_join() {
  const std::lock_guard guard(work_->mutex);
  work_->join_cancelled = true;
}

}  // namespace pickled::multiprocessing
