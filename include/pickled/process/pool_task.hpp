// SPDX-License-Identifier: BSL-1.0

// One task of a pool of ours: the message that a worker gets, and who is told what came of it.
//
//   task := (id, 0, pickle.loads, (pickle of a call,), {})        to CPython
//         | (id, 0, func, args, kwds)                             to a worker in C++
//
// CPython's own pools send the second form to everybody. There the function is imported as the
// message is read, and where that fails the worker dies. In the first form it is imported, and
// called, as the inner pickle is loaded, which is the task itself: it fails like any other.

#ifndef PICKLED_PROCESS_POOL_TASK_HPP
#define PICKLED_PROCESS_POOL_TASK_HPP

#include "pickled/convert/call_arguments.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/value/buffer.hpp"
#include "pickled/value/error.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <system_error>
#include <utility>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

// What a task raised in its worker.
class task_error : public python_error {
 public:
  task_error(python_error error, std::string traceback)
      : python_error(std::move(error)), traceback_(std::move(traceback)) {}
  // The text of Python's traceback there; empty where the worker sent none.
  const std::string& traceback() const noexcept { return traceback_; }

 private:
  std::string traceback_;
};

// The worker ended while it had the task, and the task was not to be tried again.
class worker_died : public std::runtime_error, public error {
 public:
  worker_died(std::string function, pid_t pid, int exit_code);
  const std::string& function() const noexcept { return function_; }
  pid_t pid() const noexcept { return pid_; }
  int exit_code() const noexcept { return exit_code_; }  // -n where signal n ended it
  const std::error_code& code() const noexcept override { return code_; }
  const char* what() const noexcept override { return runtime_error::what(); }

 private:
  std::string function_;
  pid_t pid_;
  int exit_code_;
  std::error_code code_ = std::make_error_code(std::errc::owner_dead);
};

// The pool runs no tasks any more: it was terminated, or its workers cannot be started.
class broken_pool : public std::runtime_error, public error {
 public:
  using std::runtime_error::runtime_error;
  const std::error_code& code() const noexcept override { return code_; }
  const char* what() const noexcept override { return runtime_error::what(); }

 private:
  std::error_code code_ = std::make_error_code(std::errc::broken_pipe);
};

enum class worker_kind : std::uint8_t { python, cpp };

struct task_outcome {
  pickled::value result;
  std::exception_ptr error;  // in place of a result
};

struct pool_task {
  std::uint64_t id = 0;
  std::string function;
  worker_kind kind = worker_kind::python;
  buffer message;
  int retries = 0;
  // Called once, by the pool's thread. Must be quick, and not throw.
  std::function<void(task_outcome)> done;
};

// A call of a function by name: "math.sqrt", or "datetime:date.fromordinal" where the name in the
// module has a dot.
class function_call {
 public:
  template <class... Args>
  explicit function_call(std::string_view function, const Args&... args) : name_(function) {
    call_arguments call;
    (call.add(args), ...);
    set(call);
  }
  const std::string& name() const noexcept { return name_; }
  const pickled::value& args() const noexcept { return args_; }
  const pickled::value& kwds() const noexcept { return kwds_; }

 private:
  void set(call_arguments& call);

  std::string name_;
  pickled::value args_;
  pickled::value kwds_;
};

// The messages. Throw std::invalid_argument where `function` is no name of one.
buffer write_task(std::uint64_t id, worker_kind kind, const function_call& call);
// Of function(item) for each item, or of function(*item) where each is a tuple. Whatever else is
// needed is built by `b`.
buffer write_chunk(std::uint64_t id, worker_kind kind, std::string_view function,
                   std::span<const value_view> items, bool star, value_builder& b);

// What a worker answered. Throws unpickling_error or std::runtime_error for what is no answer. An
// exception that tells of a module named as `function` says where it should have had a colon tells
// so, too.
struct task_answer {
  std::uint64_t id;
  task_outcome outcome;
};
task_answer read_answer(buffer message, std::string_view function = {});

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_POOL_TASK_HPP
