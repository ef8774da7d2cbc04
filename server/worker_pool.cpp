// SPDX-License-Identifier: BSL-1.0

#include "server/worker_pool.hpp"

#include "connection/thread_name.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <string>
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
}

worker_pool::refusal worker_pool::post(const asker& who, std::function<void()> run,
                                       const void* turn) {
  const std::lock_guard lock(mutex_);
  if (ended_) return refusal::none;
  tasks made;
  task& asked = made.emplace_back(task{std::move(run), turn});
  if (who.within) {
    const auto by = std::ranges::find(running_, who.thread, &task::thread);
    if (by != running_.end()) asked.asked_by = by->number;
    if (const refusal why = refusal_of(asked); why != refusal::none) return why;
  }
  provide_thread(who.within);
  auto at = std::ranges::find_if(
      lines_, [&](const line& l) { return l.of == who.of && l.within == who.within; });
  if (at == lines_.end()) at = lines_.insert(lines_.end(), line{who.of, who.within, {}, 0});
  asked.number = ++numbers_;
  asked.of = &*at;
  at->tasks.splice(at->tasks.end(), made);
  ++waiting_;
  ++(who.within ? within_ : others_);
  changed_.notify_one();
  return refusal::none;
}

// For one more task.
void worker_pool::provide_thread(bool within) {
  const std::size_t for_others = std::min(others_ + (within ? 0 : 1), most_threads_);
  if (threads_.size() >= for_others + within_ + (within ? 1 : 0)) return;
  try {
    start_thread();
  } catch (const std::exception&) {
    // Others have a thread in their turn, as long as there is one. For what is asked for from
    // within, those that are there may wait.
    if (within || threads_.empty()) throw;
  }
}

void worker_pool::start_thread() {
  threads_.emplace_back([this] { work(); });
}

bool worker_pool::is_free(const void* turn) const noexcept {
  return turn == nullptr || std::ranges::find(running_, turn, &task::turn) == running_.end();
}

const worker_pool::task* worker_pool::find(std::uint64_t number) const noexcept {
  const auto at = std::ranges::find(running_, number, &task::number);
  return number == 0 || at == running_.end() ? nullptr : &*at;
}

worker_pool::refusal worker_pool::refusal_of(const task& asked) const noexcept {
  std::size_t depth = 1;
  for (const task* by = asker_of(asked); by != nullptr; by = asker_of(*by))
    if (++depth > most_nested) return refusal::too_deep;
  if (is_free(asked.turn)) return refusal::none;
  const task& has_turn = *std::ranges::find(running_, asked.turn, &task::turn);
  return waits_for(has_turn, asked) ? refusal::circle : refusal::none;
}

// Whether `running` goes on only after `asked`, which is not in line yet: it has asked for that, or
// for what does; or for what is in line for the turn of one that does.
bool worker_pool::waits_for(const task& running, const task& asked) const noexcept {
  for (const task* by = asker_of(asked); by != nullptr; by = asker_of(*by))
    if (by == &running) return true;
  for (const task& other : running_)
    if (other.asked_by == running.number && waits_for(other, asked)) return true;
  for (const line& of : lines_)
    for (const task& next : of.tasks)
      if (next.asked_by == running.number && !is_free(next.turn) &&
          waits_for(*std::ranges::find(running_, next.turn, &task::turn), asked))
        return true;
  return false;
}

void worker_pool::end(const task& of) noexcept {
  running_.remove_if([&](const task& t) { return &t == &of; });
}

bool worker_pool::run_here(const std::function<void()>& run, const void* turn) {
  struct taken_turn {
    worker_pool& pool;
    const task& here;

    ~taken_turn() {
      const std::lock_guard lock(pool.mutex_);
      pool.end(here);
      if (pool.waiting_ != 0) pool.changed_.notify_one();
    }
  };
  tasks made;
  const task& here = made.emplace_back(task{nullptr, turn});
  {
    const std::lock_guard lock(mutex_);
    if (ended_ || !is_free(turn)) return false;
    running_.splice(running_.end(), made);
  }
  const taken_turn taken{*this, here};
  run();
  return true;
}

// Of the next line in turn, of a client that does not use its share of threads yet.
worker_pool::task* worker_pool::begin_next(std::string_view thread) noexcept {
  // Of all that may be started: those that are there may all wait for what comes after.
  const std::size_t share = most_threads_ - 1;
  for (auto at = lines_.begin(); at != lines_.end(); ++at) {
    if (!at->within && (at->running >= share || running_others_ >= most_threads_)) continue;
    const auto found =
        std::ranges::find_if(at->tasks, [this](const task& t) { return is_free(t.turn); });
    if (found == at->tasks.end()) continue;
    lines_.splice(lines_.end(), lines_, at);
    running_.splice(running_.end(), at->tasks, found);
    found->thread = thread;
    --waiting_;
    ++at->running;
    if (!at->within) ++running_others_;
    return &*found;
  }
  return nullptr;
}

// A thread in which a task has run pthread_exit, or that was cancelled amid one, is no more when
// the task is over.
struct worker_pool::running_task {
  worker_pool& pool;
  std::unique_lock<std::mutex>& lock;  // of the pool's mutex
  task& what;
  bool came_back = false;

  running_task(worker_pool& pool, std::unique_lock<std::mutex>& lock, task& what)
      : pool(pool), lock(lock), what(what) {
    lock.unlock();
  }
  ~running_task() {
    lock.lock();
    line& of = *what.of;
    --of.running;
    --(of.within ? pool.within_ : pool.others_);
    if (!of.within) --pool.running_others_;
    pool.end(what);
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

// Precondition: the mutex is locked. It is joined by the next one that leaves, or by join().
void worker_pool::leave(std::unique_lock<std::mutex>& lock) {
  const auto self = std::ranges::find(threads_, std::this_thread::get_id(), &std::thread::get_id);
  std::thread before = std::exchange(left_, std::move(*self));
  threads_.erase(self);
  lock.unlock();
  if (before.joinable()) before.join();
}

void worker_pool::work() {
  const std::string name = thread_name();
  std::unique_lock lock(mutex_);
  for (;;) {
    task* next = nullptr;
    changed_.wait(lock, [&] { return ended_ || (next = begin_next(name)) != nullptr; });
    if (ended_) return;
    {
      running_task running(*this, lock, *next);
      const std::function<void()> task = std::move(next->run);
      run(task);
      running.came_back = true;
    }
    if (!ended_ && threads_.size() > most_threads_ + within_) return leave(lock);
  }
}

bool worker_pool::idle() const {
  const std::lock_guard lock(mutex_);
  return waiting_ == 0 && running_.empty();
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
  if (left_.joinable()) left_.join();
  joined_ = true;
  lines_.clear();
}

}  // namespace pickled::inline v0::detail
