// SPDX-License-Identifier: BSL-1.0

#include "server/worker_pool.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace pickled {
namespace {

void run(const std::function<void()>& task) noexcept {
  try {
    task();
  } catch (const std::exception& e) {
    spdlog::error("a task of a worker failed: {}", e.what());
  } catch (...) {
    spdlog::error("a task of a worker failed");
  }
}

}  // namespace

worker_pool::worker_pool(unsigned threads) : most_threads_(std::max(2U, threads)) {
  threads_.reserve(most_threads_);
}

void worker_pool::post(client of, std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  if (threads_.size() < most_threads_ && threads_.size() <= running_ + waiting_) start_thread();
  auto at = std::ranges::find(lines_, of, &line::of);
  if (at == lines_.end()) at = lines_.insert(lines_.end(), line{of, {}, 0});
  at->tasks.push_back(std::move(task));
  ++waiting_;
  changed_.notify_one();
}

// One thread is enough to go on with.
void worker_pool::start_thread() {
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::exception&) {
    if (threads_.empty()) throw;
  }
}

// The first line, in their turn, of a client that has not got its share of threads.
worker_pool::line* worker_pool::next_line() noexcept {
  const std::size_t share = std::max<std::size_t>(1, threads_.size() - 1);
  const auto at = std::ranges::find_if(
      lines_, [&](const line& l) { return !l.tasks.empty() && l.running < share; });
  if (at == lines_.end()) return nullptr;
  lines_.splice(lines_.end(), lines_, at);
  return &lines_.back();
}

void worker_pool::work() noexcept {
  std::unique_lock lock(mutex_);
  for (;;) {
    line* turn = nullptr;
    changed_.wait(lock, [&] { return ended_ || (turn = next_line()) != nullptr; });
    if (ended_) return;
    {
      const std::function<void()> task = std::move(turn->tasks.front());
      turn->tasks.pop_front();
      ++turn->running;
      --waiting_;
      ++running_;
      lock.unlock();
      run(task);
    }
    lock.lock();
    --running_;
    --turn->running;
    if (turn->tasks.empty() && turn->running == 0)
      lines_.remove_if([&](const line& l) { return &l == turn; });
    // The client may have waited for its own thread.
    changed_.notify_one();
  }
}

bool worker_pool::idle() const {
  const std::lock_guard lock(mutex_);
  return waiting_ == 0 && running_ == 0;
}

void worker_pool::join() noexcept {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    waiting_ = 0;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_)
    thread.join();
  threads_.clear();
  joined_ = true;
  lines_.clear();
}

}  // namespace pickled
