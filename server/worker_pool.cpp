// SPDX-License-Identifier: BSL-1.0

#include "server/worker_pool.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

// Throws nothing, but for what ends the thread.
void run(const std::function<void()>& task) {
  try {
    task();
  } catch (const std::exception& e) {
    spdlog::error("a task of a worker failed: {}", e.what());
  } catch (...) {
    if (std::current_exception() == nullptr) throw;
    spdlog::error("a task of a worker failed");
  }
}

}  // namespace

worker_pool::worker_pool(unsigned threads) : most_threads_(std::max(2U, threads)) {
  threads_.reserve(most_threads_);
  turns_.reserve(2 * most_threads_);
}

void worker_pool::post(client of, std::function<void()> run, const void* turn) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  if (threads_.size() < most_threads_ && threads_.size() <= running_ + waiting_) start_thread();
  auto at = std::ranges::find(lines_, of, &line::of);
  if (at == lines_.end()) at = lines_.insert(lines_.end(), line{of, {}, 0});
  at->tasks.push_back({std::move(run), turn});
  ++waiting_;
  changed_.notify_one();
}

// That another one cannot be started is no error as long as there is one.
void worker_pool::start_thread() {
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::exception&) {
    if (threads_.empty()) throw;
  }
}

bool worker_pool::is_free(const void* turn) const noexcept {
  return turn == nullptr || std::ranges::find(turns_, turn) == turns_.end();
}

void worker_pool::end_turn(const void* turn) noexcept {
  if (turn != nullptr) std::erase(turns_, turn);
}

bool worker_pool::run_here(const std::function<void()>& task, const void* turn) {
  struct taken_turn {
    worker_pool& pool;
    const void* turn;

    ~taken_turn() {
      const std::lock_guard lock(pool.mutex_);
      pool.end_turn(turn);
      if (pool.waiting_ != 0) pool.changed_.notify_one();
    }
  };
  {
    const std::lock_guard lock(mutex_);
    // So many more than there are threads, each of which may need a place for its own.
    if (ended_ || !is_free(turn) || turns_.size() >= most_threads_) return false;
    if (turn != nullptr) turns_.push_back(turn);
  }
  const taken_turn taken{*this, turn};
  task();
  return true;
}

// Of the next line in turn, of a client that does not use its share of threads yet.
std::optional<worker_pool::next> worker_pool::next_task() noexcept {
  // Of all that may be started: those that are there may all wait for what comes after.
  const std::size_t share = most_threads_ - 1;
  for (auto at = lines_.begin(); at != lines_.end(); ++at) {
    if (at->running >= share) continue;
    const auto found =
        std::ranges::find_if(at->tasks, [this](const task& t) { return is_free(t.turn); });
    if (found == at->tasks.end()) continue;
    lines_.splice(lines_.end(), lines_, at);
    return next{&lines_.back(), found};
  }
  return std::nullopt;
}

// A thread in which a task has run pthread_exit, or that was cancelled amid one, is no more when
// the task is over.
struct worker_pool::running_task {
  worker_pool& pool;
  std::unique_lock<std::mutex>& lock;  // of the pool's mutex
  line& of;
  const void* turn;
  bool came_back = false;

  running_task(worker_pool& pool, std::unique_lock<std::mutex>& lock, const next& chosen)
      : pool(pool), lock(lock), of(*chosen.of), turn(chosen.what->turn) {
    of.tasks.erase(chosen.what);
    ++of.running;
    --pool.waiting_;
    ++pool.running_;
    if (turn != nullptr) pool.turns_.push_back(turn);
    lock.unlock();
  }
  ~running_task() {
    lock.lock();
    --pool.running_;
    --of.running;
    pool.end_turn(turn);
    if (of.tasks.empty() && of.running == 0)
      pool.lines_.remove_if([&](const line& l) { return &l == &of; });
    if (!came_back) pool.replace_this_thread();
    // The client may have had all of its share, or a task may have waited for this turn.
    pool.changed_.notify_one();
  }
  running_task(const running_task&) = delete;
  running_task& operator=(const running_task&) = delete;
};

// Precondition: the mutex is locked.
void worker_pool::replace_this_thread() noexcept {
  const auto self = std::ranges::find(threads_, std::this_thread::get_id(), &std::thread::get_id);
  if (ended_ || self == threads_.end()) return;  // join() waits for it
  self->detach();
  threads_.erase(self);
  try {
    if (waiting_ != 0) start_thread();
  } catch (const std::exception& e) {
    spdlog::error("no thread for what clients ask for: {}", e.what());
  }
}

void worker_pool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    std::optional<next> chosen;
    changed_.wait(lock, [&] { return ended_ || (chosen = next_task()).has_value(); });
    if (ended_) return;
    const std::function<void()> task = std::move(chosen->what->run);
    running_task running(*this, lock, *chosen);
    run(task);
    running.came_back = true;
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

}  // namespace pickled::inline v0::detail
