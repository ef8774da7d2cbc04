// SPDX-License-Identifier: BSL-1.0

#include "process/feeder.hpp"

#include "pickled/python/python_error.hpp"

#include <climits>
#include <fmt/format.h>

#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <mutex>
#include <poll.h>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

std::size_t framed_size(bytes_view item) noexcept {
  return item.size() + sizeof(std::int32_t);
}

// Whether a pipe takes all of it or nothing.
bool is_atomic(bytes_view item) noexcept {
  return framed_size(item) <= PIPE_BUF;
}

}  // namespace

struct feeder::work {
  multiprocessing::connection writer;
  multiprocessing::queue_lock wlock;
  std::shared_ptr<queue_room> room;
  bool ignore_epipe;

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<buffer> items;
  bool busy = false;  // the thread has items that are not written yet
  bool started = false;
  bool closed = false;
  bool join_cancelled = false;
  bool dead = false;  // nothing can be written any more
  std::exception_ptr failure;
  bool thrown = false;  // the failure was, of a queue that is dead

  bool write_at_once(bytes_view item);
  template <class Send>
  bool write(std::size_t count, const Send& send);
  std::vector<buffer> take_items();
  void send(std::span<const buffer> taken);
  void run();
  void throw_failure();
};

// Precondition: wlock is held. `send` hands the places of so many items on.
template <class Send>
bool feeder::work::write(std::size_t count, const Send& send) {
  try {
    return send();
  } catch (const std::system_error& error) {
    // Nobody reads any more, and nobody wants to know.
    if (ignore_epipe && error.code() == std::errc::broken_pipe) return true;
    for (; count != 0; --count)
      room->release();
    throw;
  }
}

// What fits into the pipe needs no other thread. Only who has the lock makes the room less.
bool feeder::work::write_at_once(bytes_view item) {
  if (!is_atomic(item) || !wlock.try_acquire()) return false;
  const std::lock_guard guard(wlock, std::adopt_lock);
  return write(1, [&] {
    room->hand_on(1);
    if (writer.try_send_bytes(item)) return true;
    room->take_again();
    return false;
  });
}

// As many of the first ones as the pipe takes all or none of; one that is too large for that alone.
// Precondition: `mutex` is locked, and there is one.
std::vector<buffer> feeder::work::take_items() {
  std::vector<buffer> taken;
  std::size_t size = 0;
  do {
    size += framed_size(items.front());
    taken.push_back(std::move(items.front()));
    items.pop_front();
  } while (!items.empty() && size + framed_size(items.front()) <= PIPE_BUF);
  return taken;
}

void feeder::work::send(std::span<const buffer> taken) {
  if (!is_atomic(taken.front())) {
    room->hand_on(1);
    send_item(writer, wlock, taken.front());
    return;
  }
  // Who is killed while it waits for the pipe has not handed the places on.
  pollfd pipe{writer.fileno(), POLLOUT, 0};
  while (::poll(&pipe, 1, -1) < 0 && errno == EINTR) {
  }
  room->hand_on(taken.size());
  writer.send_together(taken);
}

void feeder::work::run() {
  std::unique_lock guard(mutex);
  for (;;) {
    changed.wait(guard, [&] { return !items.empty() || closed; });
    if (items.empty()) return;
    const std::vector<buffer> taken = take_items();
    busy = true;
    guard.unlock();
    std::exception_ptr failed;
    bool died = false;
    try {
      const std::lock_guard locked(wlock);
      write(taken.size(), [&] { return send(taken), true; });
    } catch (const std::system_error& error) {
      failed = std::current_exception();
      died = error.code() == std::errc::owner_dead;
    } catch (const std::exception&) {
      failed = std::current_exception();
    }
    guard.lock();
    busy = false;
    if (failure == nullptr) failure = failed;
    if (!died) continue;
    // It took a while to find out, and would for each of them.
    dead = true;
    const std::size_t lost = items.size() + taken.size();
    room->hand_on(lost);
    for (std::size_t i = 0; i != lost; ++i)
      room->release();
    items.clear();
  }
}

// Precondition: `mutex` is locked.
void feeder::work::throw_failure() {
  if (failure == nullptr) return;
  thrown = dead;
  std::rethrow_exception(dead ? failure : std::exchange(failure, nullptr));
}

void send_item(const multiprocessing::connection& to, const multiprocessing::queue_lock& held,
               bytes_view item) {
  if (is_atomic(item))
    to.send_bytes(item);
  else
    held.for_message([&] { to.send_bytes(item); });
}

feeder::feeder(multiprocessing::connection writer, multiprocessing::queue_lock wlock,
               std::shared_ptr<queue_room> room, bool ignore_epipe)
    : work_(std::make_shared<work>()) {
  work_->writer = std::move(writer);
  work_->wlock = std::move(wlock);
  work_->room = std::move(room);
  work_->ignore_epipe = ignore_epipe;
}

feeder::~feeder() {
  close();
  if (!thread_.joinable()) return;
  if (work_->join_cancelled) {
    thread_.detach();
    return;
  }
  thread_.join();
  if (work_->failure == nullptr || work_->thrown) return;
  try {
    std::rethrow_exception(work_->failure);
  } catch (const std::exception& error) {
    fmt::print(stderr, "what was put into a queue is lost: {}\n", error.what());
  }
}

const multiprocessing::connection& feeder::writer() const noexcept {
  return work_->writer;
}
const multiprocessing::queue_lock& feeder::wlock() const noexcept {
  return work_->wlock;
}

void feeder::check() const {
  const std::lock_guard guard(work_->mutex);
  if (work_->closed) throw python_error("ValueError", "Queue is closed");
  work_->throw_failure();
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
  work_->throw_failure();
}

void feeder::cancel_join() {
  const std::lock_guard guard(work_->mutex);
  work_->join_cancelled = true;
}

}  // namespace pickled::inline v0::detail
