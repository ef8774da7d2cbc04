// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/pool_task.hpp"

#include "connection/exception.hpp"
#include "pickled/codec/pickler.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/process/popen_spawn.hpp"
#include "pickled/python/function_name.hpp"
#include "pickled/python/repr.hpp"
#include "process/python_exception.hpp"

#include <fmt/format.h>

#include <limits>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

struct call_parts {
  value_view callable;
  value_view args;
  value_view kwds;
};

// partial(callable, **kwds), since a pickle calls by position alone.
value_view write_partial(const call_parts& call, value_builder& b) {
  const value_view partial =
      b.instance(instance_node::construction::reduce, b.global("functools", "partial"),
                 b.tuple({&call.callable, 1}));
  const value_view state[] = {call.callable, b.tuple({}), call.kwds, value_view::none()};
  b.change(partial, {instance_node::change::action::build, b.tuple(state), {}});
  return partial;
}

buffer write_message(std::uint64_t id, worker_kind kind, const call_parts& call, value_builder& b) {
  const value_view number = value_view::integer(static_cast<std::int64_t>(id));
  if (kind == worker_kind::cpp) {
    const value_view parts[] = {number, value_view::integer(0), call.callable, call.args,
                                call.kwds};
    return dumps(b.tuple(parts));
  }
  const bool named = !call.kwds.as_entries().empty();
  const value_view callable = named ? write_partial(call, b) : call.callable;
  const buffer inner = dumps(b.instance(instance_node::construction::reduce, callable, call.args));
  const value_view inner_bytes =
      value_view::characters(pickled::kind::bytes, inner.data(), inner.size());
  const value_view parts[] = {number, value_view::integer(0), b.global("pickle", "loads"),
                              b.tuple({&inner_bytes, 1}), b.dict()};
  return dumps(b.tuple(parts));
}

// Only an import tells where a module's name ends: where it fails, Python names the class. Empty
// where no such module was the error.
std::string spelling_of_method(const python_error& error, std::string_view function) {
  if (error.module() != "builtins" || error.type() != "ModuleNotFoundError") return {};
  if (function.find(':') != std::string_view::npos) return {};
  const std::string_view what = error.what();
  std::size_t parent = function.find('.');
  for (std::size_t end; (end = function.find('.', parent + 1)) != std::string_view::npos;) {
    const std::string missing = fmt::format("No module named '{}'", function.substr(0, end));
    if (what.find(missing) != std::string_view::npos)
      return fmt::format("{}:{}", function.substr(0, parent), function.substr(parent + 1));
    parent = end;
  }
  return {};
}

std::exception_ptr exception_of(value_view v, std::string_view function) {
  const auto known = detail::read_exception(v);
  if (!known)
    return std::make_exception_ptr(
        std::runtime_error("a worker sent no exception: " + repr(v, detail::longest_repr)));
  python_error error = detail::to_python_error(*known);
  if (const std::string method = spelling_of_method(error, function); !method.empty()) {
    const std::string_view what = error.what();
    error = python_error(error.module(), error.type(), error.args(),
                         fmt::format("{} (a method of a class is named '{}')",
                                     what.substr(what.find(": ") + 2), method));
  }
  return std::make_exception_ptr(task_error(std::move(error), std::string(known->traceback)));
}

}  // namespace

worker_died::worker_died(std::string function, pid_t pid, int exit_code)
    : std::runtime_error(fmt::format("{} failed: its worker, pid {}, {}", function, pid,
                                     describe_exit(exit_code))),
      function_(std::move(function)),
      pid_(pid),
      exit_code_(exit_code) {}

void function_call::set(call_arguments& call) {
  args_ = value(call.args(), call.owner());
  kwds_ = value(call.kwds(), call.owner());
}

buffer write_task(std::uint64_t id, worker_kind kind, const function_call& call) {
  arena where;
  value_builder b(where);
  return write_message(id, kind,
                       {to_value(function_name{call.name()}, b), call.args(), call.kwds()}, b);
}

buffer write_chunk(std::uint64_t id, worker_kind kind, std::string_view function,
                   std::span<const value_view> items, bool star, value_builder& b) {
  const value_view pair[] = {to_value(function_name{function}, b), b.tuple(items)};
  const value_view args = b.tuple(pair);
  return write_message(id, kind,
                       {b.global("multiprocessing.pool", star ? "starmapstar" : "mapstar"),
                        b.tuple({&args, 1}), b.dict()},
                       b);
}

task_answer read_answer(buffer message, std::string_view function) {
  auto held = std::make_shared<const buffer>(std::move(message));
  load_options options;
  options.max_memory = std::numeric_limits<std::size_t>::max();
  options.max_depth = value_view::deepest;
  options.borrow = true;
  const pickled::value answer = loads(held->view(), options);
  const auto is_answer = [&] {
    if (!answer->is(kind::tuple) || answer->size() != 3) return false;
    const auto parts = answer->as_items();
    return parts[0].is(kind::integer) && parts[2].is(kind::tuple) && parts[2].size() == 2 &&
           parts[2].as_items()[0].is(kind::boolean);
  };
  if (!is_answer())
    throw std::runtime_error("a worker sent no answer: " + repr(answer, detail::longest_repr));
  const auto outcome = answer->as_items()[2].as_items();
  task_answer read{static_cast<std::uint64_t>(answer->as_items()[0].as_integer()), {}};
  if (!outcome[0].as_bool()) {
    read.outcome.error = exception_of(outcome[1], function);
    return read;
  }
  if (answer.owner() != nullptr) answer.owner()->keep(held);
  read.outcome.result = answer.sharing(outcome[1]);
  return read;
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
