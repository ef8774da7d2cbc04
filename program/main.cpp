// SPDX-License-Identifier: BSL-1.0

#include "pickled/version.hpp"
#include "program/command.hpp"
#include "program/serve_options.hpp"
#include "program/spawned.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <malloc.h>
#include <string>
#include <vector>

namespace {

constexpr int exit_usage = 2;

// What was printed may not have arrived, as on a full disk.
int after_printing(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  fmt::print(stderr, "pickled: cannot write all of the output\n");
  return std::max(status, EXIT_FAILURE);
}

}  // namespace

int main(int argc, char** argv) {
  // A peer, or a reader of our output, that is gone is an error of that write and no more.
  std::signal(SIGPIPE, SIG_IGN);
  // glibc keeps what is small and free apart until something large is freed, and then joins all of
  // it at once: after a million items, 100 ms in which no other thread can free what this one made.
  ::mallopt(M_MXFAST, 0);
  spdlog::set_default_logger(spdlog::stderr_color_mt("pickled"));

  try {
    const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
    if (const auto status = pickled::detail::run_for_python(arguments)) return *status;
  } catch (const std::exception& e) {
    fmt::print(stderr, "pickled: {}\n", e.what());
    return EXIT_FAILURE;
  }

  CLI::App program("A native server for Python's multiprocessing managers", "pickled");
  program.set_version_flag("--version", "pickled " PICKLED_VERSION_STRING);
  program.require_subcommand(1);
  std::function<int()> chosen;
  pickled::detail::add_serve(program, chosen);
  pickled::detail::add_convert(program, chosen);
  pickled::detail::add_show(program, chosen);
  pickled::detail::add_scan(program, chosen);
  try {
    program.parse(argc, argv);
    return after_printing(chosen());
  } catch (const CLI::ParseError& e) {
    return program.exit(e) == EXIT_SUCCESS ? EXIT_SUCCESS : exit_usage;
  } catch (const pickled::detail::usage_error& e) {
    fmt::print(stderr, "pickled: {}\n", e.what());
    return exit_usage;
  } catch (const std::exception& e) {
    fmt::print(stderr, "pickled: {}\n", e.what());
    return EXIT_FAILURE;
  }
}
