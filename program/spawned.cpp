// SPDX-License-Identifier: BSL-1.0

#include "program/spawned.hpp"

#include "connection/temporary_directory.hpp"
#include "pickled/process/python.hpp"
#include "pickled/process/run_server.hpp"
#include "process/command_line.hpp"
#include "process/resource_tracker.hpp"
#include "process/spawned_process.hpp"
#include "program/descriptor_limit.hpp"
#include "program/log.hpp"
#include "program/parent.hpp"
#include "program/serve_to_end.hpp"
#include "server/python_registry.hpp"
#include "server/server.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <strings.h>
#include <thread>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

// The part of BaseManager._run_server: tells where it listens, and serves until `shutdown`.
int run_server(const spawn_arguments& spawned, const run_server_arguments& asked) {
  // Ctrl-C is for the clients.
  std::signal(SIGINT, SIG_IGN);
  if (asked.on_signal)
    std::signal(asked.on_signal->number, asked.on_signal->ignored ? SIG_IGN : SIG_DFL);
  raise_descriptor_limit();
  const server_log log;
  if (!asked.skipped_initializer.empty())
    spdlog::warn("the initializer {} is not called, since this server runs no Python",
                 asked.skipped_initializer);
  // Stderr is the parent's.
  spdlog::set_level(spdlog::level::warn);

  std::unique_ptr<temporary_directory> directory;
  if (!asked.where && !asked.tempdir) directory = std::make_unique<temporary_directory>();
  const resource_tracker tracker(spawned.tracker_fd);
  server_options options;
  options.addresses = {asked.where ? *asked.where
                                   : address::unix_path(arbitrary_socket_path(
                                         asked.tempdir ? *asked.tempdir : directory->path()))};
  options.authkeys = {asked.authkey};
  options.threads = std::max(1U, std::thread::hardware_concurrency());
  options.segment_removed = [&](const std::string& name) { tracker.forget_shared_memory(name); };

  server s(std::move(options), read_registry(asked.registry));
  std::vector<int> signals;
  if (!asked.on_signal || asked.on_signal->number != SIGTERM) signals.push_back(SIGTERM);
  // Nothing comes any more but the end of the parent, and of its forks.
  const parent started_by(s, spawned.pipe_handle);
  serve_to_end(
      s, signals, [&] { send_address(asked.writer, s.addresses().front()); },
      [&] { directory.reset(); });
  return EXIT_SUCCESS;
}

// Of PICKLED_SKIP_INITIALIZER: nothing, 0, no, false and off are what a person means by no.
initializers of_environment() {
  const char* skip = std::getenv("PICKLED_SKIP_INITIALIZER");
  if (skip == nullptr) return initializers::refused;
  constexpr const char* words[] = {"", "0", "no", "false", "off"};
  const bool no = std::ranges::any_of(
      words, [skip](const char* word) { return ::strcasecmp(skip, word) == 0; });
  return no ? initializers::refused : initializers::skipped;
}

}  // namespace

std::optional<int> run_for_python(std::span<const std::string> arguments) {
  const auto code = find_code(arguments);
  if (!code) return std::nullopt;
  const auto spawned = parse_spawn_code(arguments[*code]);
  if (!spawned) exec_python(arguments);
  const spawned_process process = read_spawned_process(spawned->pipe_handle);
  const auto asked = read_run_server(process.process, of_environment());
  if (!asked) exec_spawned_process(process, *spawned, arguments, *code);
  return run_server(*spawned, *asked);
}

}  // namespace pickled::inline v0::detail
