// SPDX-License-Identifier: BSL-1.0

// What a worker answers to the messages of a stock pool or executor. Mirrors
// multiprocessing.pool.worker and concurrent.futures.process._process_worker.
//
//   task    := (job, i, func, args tuple, kwds dict) | None
//   result  := (job, i, (True, value)) | (job, i, (False, exception))
//
//   call    := _CallItem() with {'work_id', 'fn', 'args', 'kwargs'} | None
//   result  := _ResultItem() with {'work_id', 'exception', 'result', 'exit_pid'} | int pid

#ifndef PICKLED_PROCESS_POOL_WORKER_HPP
#define PICKLED_PROCESS_POOL_WORKER_HPP

#include "pickled/process/functions.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace pickled::inline v0::detail {

// Messages in, messages out: neither class does I/O.
struct worker_answer {
  buffer message;     // nothing is sent where it is empty
  bool last = false;  // the worker is done
  // What the message refers to: it is to live until that is sent.
  std::unique_ptr<arena> kept = {};
};

// What comes of one call.
struct call_outcome {
  value_view result;
  std::optional<python_error> error;
};

class pool_worker {
 public:
  // `args` are those of pool.worker: (inqueue, outqueue, initializer, initargs, maxtasks,
  // wrap_exception). Calls the initializer. Where that fails, every task is answered by its
  // exception: CPython's worker would end, and be replaced for ever.
  pool_worker(const functions& offered, std::span<const value_view> args);

  // Throws unpickling_error or std::runtime_error for what is no task.
  worker_answer answer(bytes_view message);
  // The last answer, to a task whose function has run pthread_exit, or was cancelled.
  worker_answer thread_ended(bytes_view message) const;

 private:
  worker_answer run(std::span<const value_view> task) const;
  buffer reply(std::span<const value_view> task, const call_outcome& done, value_builder& b) const;

  const functions& offered_;
  std::optional<python_error> broken_;
  std::optional<std::int64_t> tasks_left_;
  bool wrap_exception_;
};

class executor_worker {
 public:
  // `args` are those of _process_worker: (call_queue, result_queue, initializer, initargs[,
  // max_tasks]). Throws python_error where the initializer fails.
  executor_worker(const functions& offered, std::span<const value_view> args);

  worker_answer answer(bytes_view message);
  worker_answer thread_ended(bytes_view message) const;

 private:
  static worker_answer reply(value_view item, const call_outcome& done, bool last,
                             value_builder& b);

  const functions& offered_;
  std::optional<std::int64_t> tasks_left_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROCESS_POOL_WORKER_HPP
