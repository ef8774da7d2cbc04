// SPDX-License-Identifier: BSL-1.0

#include "proxy/reference.hpp"

#include "connection/fork_guard.hpp"
#include "pickled/connection/digest.hpp"
#include "pickled/proxy/request.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

// How long the end of the process waits for the counts that it gives back.
constexpr std::chrono::seconds at_exit{1};
std::atomic<bool> exiting{false};

struct dropped_count {
  std::shared_ptr<server_link> link;
  std::string ident;
};

// Gives counts back by a thread that lives while there are any. A server that cannot be reached has
// forgotten us: nobody is told.
class count_returner {
 public:
  explicit count_returner(unsigned generation) noexcept : generation_(generation) {}

  unsigned generation() const noexcept { return generation_; }

  void add(dropped_count count) {
    const std::lock_guard guard(mutex_);
    dropped_.push_back(std::move(count));
    if (running_) return;
    try {
      std::thread([this] { run(); }).detach();
      running_ = true;
    } catch (const std::exception&) {
      // Without a thread the counts stay the server's until the next ones, or our end.
    }
  }

  bool wait_until_empty(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    return empty_.wait_for(lock, limit, [this] { return !running_; });
  }

 private:
  void run() noexcept {
    std::unique_lock lock(mutex_);
    while (!dropped_.empty()) {
      dropped_count next = std::move(dropped_.front());
      dropped_.pop_front();
      lock.unlock();
      give_back(std::move(next));
      lock.lock();
    }
    leave_libcrypto();
    running_ = false;
    empty_.notify_all();
  }

  // The last that holds a link may be the count, so that it has to go without the mutex.
  static void give_back(dropped_count count) noexcept {
    try {
      count.link->decref(count.ident, {time_after(longest_return), true});
    } catch (const std::exception&) {
    }
  }

  static constexpr std::chrono::seconds longest_return{5};

  const unsigned generation_;
  std::mutex mutex_;
  std::condition_variable empty_;
  std::deque<dropped_count> dropped_;
  bool running_ = false;
};

// Never destroyed, since static objects may drop proxies to the last. A child made by fork has one
// of its own: the thread, and what waits for it, are its parent's.
count_returner& returner() {
  static count_returner* current = nullptr;
  const unsigned generation = fork_generation();
  const fork_guard guard;
  if (current == nullptr || current->generation() != generation) {
    if (current == nullptr)
      std::atexit([] {
        exiting = true;
        flush_references(at_exit);
      });
    current = new count_returner(generation);
  }
  return *current;
}

}  // namespace

reference::reference(std::shared_ptr<server_link> link, std::string ident)
    : link_(std::move(link)), ident_(std::move(ident)), generation_(fork_generation()) {
  // Registers its atexit before the destructors of static objects that are made from now on.
  returner();
}

std::shared_ptr<const reference> reference::acquire(std::shared_ptr<server_link> link,
                                                    std::string ident) {
  link->call_function(make_call({}, "incref", ident), link->limits());
  return std::make_shared<const reference>(std::move(link), std::move(ident));
}

reference::~reference() {
  if (forgotten_ || generation_ != fork_generation()) return;
  try {
    returner().add({std::move(link_), std::move(ident_)});
    if (exiting) flush_references(at_exit);
  } catch (const std::exception&) {
    // No memory even for that: the server keeps the count until this process ends.
  }
}

bool flush_references(std::chrono::milliseconds limit) {
  return returner().wait_until_empty(limit);
}

}  // namespace pickled::inline v0::detail
