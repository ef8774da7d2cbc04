// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/worker_main.hpp"

#include "connection/reply.hpp"
#include "pickled/connection/token.hpp"
#include "pickled/process/current_process.hpp"
#include "pickled/process/python.hpp"
#include "pickled/proxy/server_link.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/value/as_call.hpp"
#include "pickled/value/attribute.hpp"
#include "process/apply.hpp"
#include "process/command_line.hpp"
#include "process/pool_worker.hpp"
#include "process/python_exception.hpp"
#include "process/resource_tracker.hpp"
#include "process/spawned_process.hpp"
#include "process/stubs.hpp"
#include "process/task_channel.hpp"
#include "process/without_sigpipe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <errno.h>
#include <exception>
#include <memory>
#include <poll.h>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

constexpr int exit_usage = 2;

std::vector<std::string> arguments_of(int argc, const char* const* argv) {
  return {argv + std::min(argc, 1), argv + argc};
}

// Nobody wants what a worker of a dead pool computes. Nothing is ever written to this pipe: its end
// is the end of the parent.
void end_with_parent(int pipe) {
  std::thread([pipe] {
    pollfd parent{pipe, POLLIN, 0};
    while (::poll(&parent, 1, -1) < 0 && errno == EINTR) {
    }
    ::_exit(EXIT_FAILURE);
  }).detach();
}

// Of an answer that may be kept until the next one.
constexpr std::size_t most_kept = std::size_t{64} << 10;

template <class Worker>
int serve(Worker&& worker, task_channel& channel) {
  // Who receives a proxy counts its object some time later.
  std::unique_ptr<arena> last_answer;
  while (const auto message = channel.get()) {
    worker_answer done = [&] {
      try {
        return worker.answer(*message);
      } catch (...) {
        // What ends the thread is no exception, and ends the process. A pool of ours sees that, and
        // a stock one does not.
        if (std::current_exception() == nullptr && !channel.is_private())
          channel.put(worker.thread_ended(*message).message);
        throw;
      }
    }();
    if (!done.message.empty()) channel.put(done.message);
    last_answer = done.kept && done.kept->bytes() <= most_kept ? std::move(done.kept) : nullptr;
    if (done.last) break;
  }
  return EXIT_SUCCESS;
}

int run_pool_worker(const functions& offered, std::span<const value_view> args) {
  task_channel channel = task_channel::of_pool(args);
  try {
    return serve(pool_worker(offered, args), channel);
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::owner_dead) throw;
    // No other worker could do better, and the pool would start one after the other for ever.
    fmt::print(stderr, "{}: this pool can do no more: {}\n", program_invocation_name, error.what());
    for (;;)
      ::pause();
  }
}

int run_executor_worker(const functions& offered, std::span<const value_view> args) {
  task_channel channel = task_channel::of_executor(args);
  try {
    return serve(executor_worker(offered, args), channel);
  } catch (const python_error& error) {
    // Its end tells the executor that it is broken.
    fmt::print(stderr, "Exception in initializer:\n{}\n", error_line(error));
    return EXIT_SUCCESS;
  }
}

// What sys.exit's argument makes of the exit code.
int exit_code(const python_error& system_exit) {
  if (system_exit.args()->size() == 0) return EXIT_SUCCESS;
  const value_view code = system_exit.args()->as_items()[0];
  if (code.is_none()) return EXIT_SUCCESS;
  if (code.is(kind::boolean)) return code.as_bool() ? 1 : 0;
  if (code.is(kind::integer)) return static_cast<int>(code.as_integer() & 0xff);
  fmt::print(stderr, "{}\n",
             code.is(kind::str) ? std::string(code.as_str()) : repr(code, longest_repr));
  return EXIT_FAILURE;
}

// Process.run and _bootstrap.
int run_target(const functions& offered, value_view process) {
  const value_view target = attribute_of(process, "_target");
  const value_view args = attribute_of(process, "_args");
  try {
    arena where;
    value_builder b(where);
    apply(offered, target, args, attribute_of(process, "_kwargs"), b);
    return EXIT_SUCCESS;
  } catch (const python_error& error) {
    if (error.module() == "builtins" && error.type() == "SystemExit") return exit_code(error);
    const value_view name = attribute_of(process, "_name");
    fmt::print(stderr,
               "Process {}:\nTraceback (most recent call last):\n  File \"{}\", in {}\n{}\n",
               name.is(kind::str) ? name.as_str() : "", program_invocation_name,
               function_name(target, args), error_line(error));
    return EXIT_FAILURE;
  }
}

// A Process that was not given a run() of its own.
bool is_plain_process(value_view v) {
  if (!v.is(kind::instance) || !v.as_instance().callable.is(kind::global)) return false;
  const global_name name = v.as_instance().callable.as_global();
  return name.module == "multiprocessing.context" && name.name.ends_with("Process");
}

int run_for_python(const functions& offered, const std::vector<std::string>& arguments,
                   std::size_t code) {
  const auto spawned = parse_spawn_code(arguments[code]);
  if (!spawned) exec_python(arguments);
  if (spawned->tracker_fd) resource_tracker::inherit(*spawned->tracker_fd);
  const spawned_process read = read_spawned_process(spawned->pipe_handle);
  const value_view process = read.process;
  const value_view target = attribute_of(process, "_target");
  const value_view args = attribute_of(process, "_args");
  const bool for_pool = is_global(target, {"multiprocessing.pool", "worker"});
  const bool for_executor = is_global(target, {"concurrent.futures.process", "_process_worker"});
  const bool ours = find_function(offered, target) != nullptr;
  if (!is_plain_process(process) || !args.is(kind::tuple) || !(for_pool || for_executor || ours))
    exec_spawned_process(read, *spawned, arguments, code);
  if (auto key = read_authkey(item_of(attribute_of(process, "_config"), "authkey")))
    set_authkey(std::move(*key));
  if (spawned->tracker_fd) resource_tracker::inherit(*spawned->tracker_fd);
  set_current_process(process, spawned->pipe_handle);
  if (for_pool || for_executor) end_with_parent(spawned->pipe_handle);
  if (for_pool) return run_pool_worker(offered, args.as_items());
  if (for_executor) return run_executor_worker(offered, args.as_items());
  return run_target(offered, process);
}

std::string usage(std::string_view program) {
  return fmt::format("usage: {} [--help | --list | --python-stubs [MODULE]]\n", program);
}

int tell(const functions& offered, std::string_view program,
         const std::vector<std::string>& arguments) {
  const std::string_view what = arguments.empty() ? "--help" : std::string_view(arguments[0]);
  const std::size_t most = what == "--python-stubs" ? 2 : 1;
  if (arguments.size() > most) {
    fmt::print(stderr, "{}", usage(program));
    return exit_usage;
  }
  if (what == "--help") {
    fmt::print(
        "{}\nA C++ worker for Python's multiprocessing: Pool, ProcessPoolExecutor and Process of\n"
        "a spawn context run these functions in it, once the context was told by\n"
        "set_executable('{}').\n\n{}\n"
        "  --list                   the names of the functions, one a line\n"
        "  --python-stubs [MODULE]  the source of the module that Python imports them from\n",
        usage(program), program, describe_functions(offered));
  } else if (what == "--list") {
    for (const auto& [name, f] : offered.all())
      fmt::print("{}\n", name);
  } else if (what == "--python-stubs") {
    fmt::print(
        "{}", python_stubs(offered, program, arguments.size() == 2 ? arguments[1] : std::string()));
  } else {
    fmt::print(stderr, "{}", usage(program));
    return exit_usage;
  }
  return EXIT_SUCCESS;
}

}  // namespace

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

bool is_forking(int argc, const char* const* argv) {
  return detail::find_code(detail::arguments_of(argc, argv)).has_value();
}

int worker_main(int argc, const char* const* argv, const functions& offered) {
  // A parent that is gone is an error of that write and no more.
  std::signal(SIGPIPE, SIG_IGN);
  detail::without_sigpipe::is_ignored = true;
  const std::string program = argc > 0 ? argv[0] : "worker";
  try {
    const std::vector<std::string> arguments = detail::arguments_of(argc, argv);
    if (const auto code = detail::find_code(arguments))
      return detail::run_for_python(offered, arguments, *code);
    return detail::tell(offered, program, arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", program, error.what());
    return EXIT_FAILURE;
  } catch (...) {
    // A function's pthread_exit: no exception, and the process would stay, without its main thread.
    fmt::print(stderr, "{}: a function has ended its thread\n", program);
    std::_Exit(EXIT_FAILURE);
  }
}

PICKLED_END_NAMESPACE
