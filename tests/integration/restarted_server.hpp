// SPDX-License-Identifier: BSL-1.0

// A server that is killed and started again, while its clients go on.

#ifndef PICKLED_TESTS_INTEGRATION_RESTARTED_SERVER_HPP
#define PICKLED_TESTS_INTEGRATION_RESTARTED_SERVER_HPP

#include "connection/temporary_directory.hpp"
#include "pickled/proxy/manager.hpp"
#include "tests/integration/live_server.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace pickled::inline v0::detail {

inline call_options patient() {
  using namespace std::chrono_literals;
  call_options options;
  options.reconnect.attempts = 1000;
  options.reconnect.first_delay = 10ms;
  options.reconnect.longest_delay = 50ms;
  options.reconnect.deadline = 60s;
  return options;
}

// $PICKLED_PROGRAM at an address that stays, with objects that have names.
class restarted_server {
 public:
  restarted_server() {
    std::ofstream(config()) << R"({"objects": {
      "settings": {"type": "dict", "value": {"retries": 3}},
      "gate": {"type": "Lock"}, "door": {"type": "RLock"}}})";
    start();
  }
  ~restarted_server() { kill(); }
  restarted_server(const restarted_server&) = delete;
  restarted_server& operator=(const restarted_server&) = delete;

  std::string address() const { return "unix:" + directory_.path() + "/socket"; }
  manager connect(const call_options& options = patient()) const {
    return manager::connect(address(), environment("PICKLED_AUTHKEY"), options);
  }
  // Returns before it listens.
  void start() {
    std::string program = environment("PICKLED_PROGRAM");
    std::array<std::string, 6> words{program,   "serve",    "--address",
                                     address(), "--config", config()};
    std::vector<char*> arguments;
    for (std::string& word : words)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    REQUIRE(::posix_spawn(&pid_, program.c_str(), &files, nullptr, arguments.data(), environ) == 0);
    ::posix_spawn_file_actions_destroy(&files);
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  // It takes connections, and answers nobody.
  void suspend() { ::kill(pid_, SIGSTOP); }
  void resume() { ::kill(pid_, SIGCONT); }
  void restart() {
    kill();
    start();
  }

 private:
  std::string config() const { return directory_.path() + "/config.json"; }

  temporary_directory directory_;
  pid_t pid_ = 0;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_TESTS_INTEGRATION_RESTARTED_SERVER_HPP
