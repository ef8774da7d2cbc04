// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace pickled::multiprocessing {

namespace {

std::size_t processors() {
  return std::max(1U, std::thread::hardware_concurrency());
}

pool_options with_numbers(pool_options options) {
  if (options.python_workers == 0 && options.cpp_workers == 0)
    (options.cpp_worker.empty() ? options.python_workers : options.cpp_workers) = processors();
  if (options.cpp_workers != 0 && options.cpp_worker.empty())
    throw std::invalid_argument("workers in C++ are those of a program: cpp_worker is empty");
  return options;
}

worker_group python_group(const pool_options& options) {
  return {options.python_workers, options.spawn, options.initializer};
}

worker_group cpp_group(const pool_options& options) {
  spawn_options spawn;
  spawn.executable = options.cpp_worker;
  spawn.directory = options.spawn.directory;
  spawn.authkey = options.spawn.authkey;
  return {options.cpp_workers, spawn, options.initializer};
}

// What has come of a map. Who waits for all of it is woken once, not by each.
class map_outcomes {
 public:
  explicit map_outcomes(std::size_t chunks) : outcomes_(chunks), left_(chunks) {}

  void put(std::size_t chunk, std::size_t items, task_outcome outcome) {
    const std::lock_guard guard(mutex_);
    (outcome.error ? failed_ : done_) += items;
    outcomes_[chunk] = std::move(outcome);
    if (--left_ == 0) complete_.notify_one();
  }
  // Whether all is there; blocks until it is, or until the time has passed.
  bool wait(const deadline& until) {
    std::unique_lock lock(mutex_);
    const auto complete = [&] { return left_ == 0; };
    if (until) return complete_.wait_until(lock, *until, complete);
    complete_.wait(lock, complete);
    return true;
  }
  // In items.
  std::pair<std::size_t, std::size_t> done_and_failed() const {
    const std::lock_guard guard(mutex_);
    return {done_, failed_};
  }
  // Once all is there.
  std::vector<task_outcome> take() {
    const std::lock_guard guard(mutex_);
    return std::move(outcomes_);
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable complete_;
  std::vector<task_outcome> outcomes_;
  std::size_t left_;
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
};

pool_options of_python(std::size_t processes) {
  pool_options options;
  options.python_workers = processes;
  return options;
}

}  // namespace

void chunk_outcomes::put(std::size_t index, task_outcome outcome) {
  {
    const std::lock_guard guard(mutex_);
    ready_.emplace_back(index, std::move(outcome));
  }
  changed_.notify_one();
}

std::pair<std::size_t, task_outcome> chunk_outcomes::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !ready_.empty(); });
  auto first = std::move(ready_.front());
  ready_.pop_front();
  return first;
}

pool::pool(std::size_t processes) : pool(of_python(processes)) {}

pool::pool(pool_options options)
    : python_workers_((options = with_numbers(std::move(options))).python_workers),
      cpp_workers_(options.cpp_workers),
      retries_(options.retries),
      loop_(python_group(options), cpp_group(options), options.max_tasks_per_child) {}

pool::~pool() = default;

worker_kind pool::kind_of(std::string_view function) const {
  if (loop_.cpp_functions().count(function) != 0) return worker_kind::cpp;
  if (python_workers_ != 0) return worker_kind::python;
  throw std::invalid_argument(
      fmt::format("the workers of this pool have no function '{}'", function));
}

pool_task pool::make_task(std::string_view function) {
  pool_task task;
  task.id = loop_.next_id();
  task.function = function;
  task.kind = kind_of(function);
  task.retries = retries_;
  return task;
}

void pool::call(const function_call& call, std::function<void(task_outcome)> done) {
  pool_task task = make_task(call.name());
  task.message = write_task(task.id, task.kind, call);
  task.done = std::move(done);
  std::vector<pool_task> one;
  one.push_back(std::move(task));
  loop_.submit(std::move(one));
}

void pool::submit_chunk(std::string_view function, std::span<const value_view> items,
                        std::size_t index, const std::shared_ptr<chunk_outcomes>& to) {
  pool_task task = make_task(function);
  task.message = write_chunk(task.id, task.kind, function, items, false);
  task.done = [to, index](task_outcome outcome) { to->put(index, std::move(outcome)); };
  std::vector<pool_task> one;
  one.push_back(std::move(task));
  loop_.submit(std::move(one));
}

std::vector<task_outcome> pool::map_all(std::string_view function, const gathered& items, bool star,
                                        const map_options& options) {
  const std::size_t total = items.items.size();
  const std::size_t workers =
      kind_of(function) == worker_kind::cpp ? cpp_workers_ : python_workers_;
  constexpr std::size_t tasks_a_worker = 4;
  const std::size_t share = workers * tasks_a_worker;
  const std::size_t size = options.chunksize != 0
                               ? options.chunksize
                               : std::max<std::size_t>(1, (total + share - 1) / share);
  const std::size_t chunks = (total + size - 1) / size;
  const auto outcomes = std::make_shared<map_outcomes>(chunks);
  const auto begun = std::chrono::steady_clock::now();

  // The first workers begin while the rest is being written.
  constexpr std::size_t together = 64;
  std::vector<pool_task> tasks;
  for (std::size_t chunk = 0; chunk != chunks; ++chunk) {
    const std::size_t first = chunk * size;
    const std::size_t length = std::min(size, total - first);
    pool_task task = make_task(function);
    task.message = write_chunk(task.id, task.kind, function,
                               std::span(items.items).subspan(first, length), star);
    task.done = [outcomes, chunk, length](task_outcome outcome) {
      outcomes->put(chunk, length, std::move(outcome));
    };
    tasks.push_back(std::move(task));
    if (tasks.size() == together) loop_.submit(std::exchange(tasks, {}));
  }
  if (!tasks.empty()) loop_.submit(std::move(tasks));

  const auto report = [&] {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
    const auto [done, failed] = outcomes->done_and_failed();
    const double rate = static_cast<double>(done + failed) / std::max(passed.count(), 1e-9);
    options.on_progress({done, failed, total, rate});
  };
  if (options.on_progress)
    while (!outcomes->wait(deadline_after(options.interval)))
      report();
  outcomes->wait({});
  if (options.on_progress) report();
  return outcomes->take();
}

}  // namespace pickled::multiprocessing
