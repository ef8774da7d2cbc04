// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/pool.hpp"

#include "pickled/python/repr.hpp"
#include "process/python_exception.hpp"

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

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

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

// A result for every item.
void check_chunk(task_outcome& outcome, std::size_t count) {
  if (outcome.error) return;
  const bool is_list = outcome.result->is(kind::list);
  if (is_list && outcome.result->size() == count) return;
  outcome.error = std::make_exception_ptr(
      conversion_error(fmt::format("a list of {} results", count),
                       is_list ? fmt::format("one of {}", outcome.result->size())
                               : repr(outcome.result, detail::longest_repr)));
}

// What is left of a map. Who waits for all of it is woken once, not by each chunk.
class map_state {
 public:
  using reader = std::function<void(std::size_t, const pickled::value&)>;

  map_state(std::size_t chunks, reader read) : read_(std::move(read)), left_(chunks) {}

  // Of the chunk of `count` items from `first` on. Called by one thread.
  void put(std::size_t first, std::size_t count, task_outcome outcome) {
    check_chunk(outcome, count);
    try {
      if (!outcome.error) read_(first, outcome.result);
    } catch (...) {
      outcome.error = std::current_exception();
    }
    const std::lock_guard guard(mutex_);
    (outcome.error ? failed_ : done_) += count;
    if (outcome.error && (!error_ || first < error_at_)) {
      error_ = outcome.error;
      error_at_ = first;
    }
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
  // Throws the error of the first chunk that has one. Precondition: all is there.
  void check() const {
    const std::lock_guard guard(mutex_);
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const reader read_;
  mutable std::mutex mutex_;
  std::condition_variable complete_;
  std::size_t left_;
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
  std::exception_ptr error_;
  std::size_t error_at_ = 0;
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

pool_task pool::make_task(std::string_view function, worker_kind kind) {
  pool_task task;
  task.id = loop_.next_id();
  task.function = function;
  task.kind = kind;
  task.retries = retries_;
  return task;
}

void pool::call(const function_call& call, std::function<void(task_outcome)> done) {
  pool_task task = make_task(call.name(), kind_of(call.name()));
  task.message = write_task(task.id, task.kind, call);
  task.done = std::move(done);
  std::vector<pool_task> one;
  one.push_back(std::move(task));
  loop_.submit(std::move(one));
}

void pool::submit_chunk(std::string_view function, std::span<const value_view> items,
                        value_builder& b, std::size_t index,
                        const std::shared_ptr<chunk_outcomes>& to) {
  pool_task task = make_task(function, kind_of(function));
  task.message = write_chunk(task.id, task.kind, function, items, false, b);
  task.done = [to, index, count = items.size()](task_outcome outcome) {
    check_chunk(outcome, count);
    to->put(index, std::move(outcome));
  };
  std::vector<pool_task> one;
  one.push_back(std::move(task));
  loop_.submit(std::move(one));
}

void pool::map_all(std::string_view function, std::size_t total, bool star,
                   const chunk_writer& write, chunk_reader read, const map_options& options) {
  const worker_kind kind = kind_of(function);
  const std::size_t workers = kind == worker_kind::cpp ? cpp_workers_ : python_workers_;
  constexpr std::size_t tasks_a_worker = 4;
  const std::size_t share = workers * tasks_a_worker;
  const std::size_t wanted =
      options.chunksize != 0 ? options.chunksize : (total + share - 1) / share;
  const std::size_t size = std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(total, 1));
  const auto state = std::make_shared<map_state>((total + size - 1) / size, std::move(read));
  const auto begun = std::chrono::steady_clock::now();

  // The first workers begin while the rest is being written.
  constexpr std::size_t items_together = 64;
  std::vector<pool_task> tasks;
  for (std::size_t first = 0; first < total; first += size) {
    const std::size_t count = std::min(size, total - first);
    pool_task task = make_task(function, kind);
    arena where;
    value_builder b(where);
    task.message = write_chunk(task.id, kind, function, write(count, b), star, b);
    task.done = [state, first, count](task_outcome outcome) {
      state->put(first, count, std::move(outcome));
    };
    tasks.push_back(std::move(task));
    if (tasks.size() * size >= items_together) loop_.submit(std::exchange(tasks, {}));
  }
  if (!tasks.empty()) loop_.submit(std::move(tasks));

  const auto report = [&] {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
    const auto [done, failed] = state->done_and_failed();
    const double rate = static_cast<double>(done + failed) / std::max(passed.count(), 1e-9);
    options.on_progress({done, failed, total, rate});
  };
  if (options.on_progress)
    while (!state->wait(deadline_after(options.interval)))
      report();
  state->wait({});
  if (options.on_progress) report();
  state->check();
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
