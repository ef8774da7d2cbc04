// SPDX-License-Identifier: BSL-1.0

#include "process/pool_worker.hpp"

#include "connection/reply.hpp"
#include "pickled/codec/pickler.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/value/as_call.hpp"
#include "pickled/value/attribute.hpp"
#include "process/apply.hpp"
#include "process/python_exception.hpp"

#include <fmt/format.h>

#include <errno.h>
#include <exception>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>

namespace pickled::inline v0::detail {

namespace {

using items = std::span<const value_view>;

constexpr global_name call_item{"concurrent.futures.process", "_CallItem"};

value load_message(bytes_view message) {
  // It comes from the program that started us, which may pass on whatever it likes.
  load_options options;
  options.max_memory = std::numeric_limits<std::size_t>::max();
  options.max_depth = value_view::deepest;
  options.borrow = true;
  return loads(message, options);
}

value_view argument(items args, std::size_t position) {
  return position < args.size() ? args[position] : value_view();
}

// How many tasks the worker may run; nothing for any number.
std::optional<std::int64_t> task_limit(value_view v) {
  if (!v.is(kind::integer)) return std::nullopt;
  return v.as_integer();
}

// The text that multiprocessing puts into a RemoteTraceback.
std::string remote_traceback(std::string_view function, const python_error& error) {
  return fmt::format(
      "\n\"\"\"\nTraceback (most recent call last):\n  File \"{}\", in {}\n{}\n\"\"\"",
      program_invocation_name, function, error_line(error));
}

// The exception with its traceback: `rebuild` is the function of Python's that puts them together.
value_view traced_exception(const python_error& error, const global_name& rebuild,
                            std::string_view function, value_builder& b) {
  const value_view parts[] = {exception_value(error, b), b.str(remote_traceback(function, error))};
  return b.instance(instance_node::construction::reduce, b.global(rebuild.module, rebuild.name),
                    b.tuple(parts));
}

call_outcome run_call(const functions& offered, value_view callable, value_view args,
                      value_view kwds, value_builder& b) {
  try {
    return {apply(offered, callable, args, kwds, b), std::nullopt};
  } catch (...) {
    return {value_view(), current_python_error()};
  }
}

python_error ended_thread() {
  return {"RuntimeError", "the function has ended its thread"};
}

}  // namespace

pool_worker::pool_worker(const functions& offered, std::span<const value_view> args)
    : offered_(offered),
      tasks_left_(task_limit(argument(args, 4))),
      wrap_exception_(argument(args, 5).is(kind::boolean) && argument(args, 5).as_bool()) {
  const value_view initializer = argument(args, 2);
  if (initializer.is_none()) return;
  arena where;
  value_builder b(where);
  broken_ = run_call(offered, initializer, argument(args, 3), {}, b).error;
}

worker_answer pool_worker::answer(bytes_view message) {
  const value task = load_message(message);
  if (task->is_none()) return {{}, true};
  if (!task->is(kind::tuple) || task->size() != 5)
    throw std::runtime_error(fmt::format("{} is no task of a pool", repr(task, 1000)));
  worker_answer done = run(task->as_items());
  if (tasks_left_) done.last = --*tasks_left_ <= 0;
  return done;
}

worker_answer pool_worker::thread_ended(bytes_view message) const {
  const value task = load_message(message);
  arena where;
  value_builder b(where);
  return {reply(task->as_items(), {value_view(), ended_thread()}, b), true};
}

worker_answer pool_worker::run(items task) const {
  auto where = std::make_unique<arena>();
  value_builder b(*where);
  buffer message = broken_ ? reply(task, {value_view(), broken_}, b)
                           : reply(task, run_call(offered_, task[2], task[3], task[4], b), b);
  return {std::move(message), false, std::move(where)};
}

buffer pool_worker::reply(items task, const call_outcome& done, value_builder& b) const {
  value_view result = done.result;
  if (done.error && wrap_exception_)
    result = traced_exception(*done.error, {"multiprocessing.pool", "rebuild_exc"},
                              function_name(task[2], task[3]), b);
  else if (done.error)
    result = exception_value(*done.error, b);
  const value_view pair[] = {value_view::boolean(!done.error), result};
  const value_view parts[] = {task[0], task[1], b.tuple(pair)};
  return dumps(b.tuple(parts));
}

executor_worker::executor_worker(const functions& offered, std::span<const value_view> args)
    : offered_(offered), tasks_left_(task_limit(argument(args, 4))) {
  const value_view initializer = argument(args, 2);
  arena where;
  value_builder b(where);
  if (!initializer.is_none()) apply(offered, initializer, argument(args, 3), {}, b);
}

worker_answer executor_worker::answer(bytes_view message) {
  const value item = load_message(message);
  if (item->is_none()) return {dumps(value_view::integer(::getpid())), true};
  if (as_call(item, call_item) == nullptr)
    throw std::runtime_error(fmt::format("{} is no call of an executor", repr(item, 1000)));
  const bool last = tasks_left_ && --*tasks_left_ <= 0;
  auto where = std::make_unique<arena>();
  value_builder b(*where);
  worker_answer done = reply(item,
                             run_call(offered_, attribute_of(item, "fn"),
                                      attribute_of(item, "args"), attribute_of(item, "kwargs"), b),
                             last, b);
  done.kept = std::move(where);
  return done;
}

worker_answer executor_worker::thread_ended(bytes_view message) const {
  const value item = load_message(message);
  arena where;
  value_builder b(where);
  return reply(item, {value_view(), ended_thread()}, true, b);
}

worker_answer executor_worker::reply(value_view item, const call_outcome& done, bool last,
                                     value_builder& b) {
  const value_view exception =
      done.error
          ? traced_exception(*done.error, {"concurrent.futures.process", "_rebuild_exc"},
                             function_name(attribute_of(item, "fn"), attribute_of(item, "args")), b)
          : value_view();
  const dict_entry state[] = {
      {b.str("work_id"), attribute_of(item, "work_id")},
      {b.str("exception"), exception},
      {b.str("result"), done.result},
      // Executors of 3.11 and later need it to be there.
      {b.str("exit_pid"), last ? value_view::integer(::getpid()) : value_view()}};
  const value_view result =
      b.instance(instance_node::construction::newobj,
                 b.global("concurrent.futures.process", "_ResultItem"), b.tuple({}));
  b.change(result, {instance_node::change::action::build, b.dict(state), {}});
  return {dumps(result), last};
}

}  // namespace pickled::inline v0::detail
