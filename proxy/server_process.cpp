// SPDX-License-Identifier: BSL-1.0

#include "proxy/server_process.hpp"

#include "pickled/connection/time_limit.hpp"
#include "pickled/proxy/connection_error.hpp"
#include "proxy/exec_strings.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

// How long a server that was asked to end may take for it; it gives itself a second.
constexpr std::chrono::seconds longest_end{5};

[[noreturn]] void fail(int error, const std::string& what) {
  throw connection_error(error, std::system_category(), what);
}

// Reading end first. Neither end survives an exec.
std::pair<descriptor, descriptor> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail(errno, "cannot start a server");
  return {descriptor(ends[0]), descriptor(ends[1])};
}

// This program's variables, with the key of the server for any other.
std::vector<std::string> environment_with(const std::string& authkey) {
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each)
    if (!std::string_view(*each).starts_with("PICKLED_AUTHKEY")) variables.emplace_back(*each);
  std::string hex = "PICKLED_AUTHKEY_HEX=";
  for (const char c : authkey)
    hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  variables.push_back(std::move(hex));
  return variables;
}

// How a child is to be started: with two pipes, no other file but stderr, and no signal blocked.
class spawn_settings {
 public:
  spawn_settings(int in, int out) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawn_file_actions_adddup2(&files_, in, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files_, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t to_default;
    sigemptyset(&to_default);
    sigaddset(&to_default, SIGPIPE);
    sigaddset(&to_default, SIGTERM);
    ::posix_spawnattr_setsigdefault(&attributes_, &to_default);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~spawn_settings() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  spawn_settings(const spawn_settings&) = delete;
  spawn_settings& operator=(const spawn_settings&) = delete;

  const posix_spawn_file_actions_t* files() const noexcept { return &files_; }
  const posix_spawnattr_t* attributes() const noexcept { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

bool readable_until(int file, std::chrono::steady_clock::time_point until) {
  for (;;) {
    pollfd waited{file, POLLIN, 0};
    const int ready = ::poll(&waited, 1, poll_timeout(until));
    if (ready > 0 || (ready < 0 && errno != EINTR)) return ready > 0;
    if (ready == 0 && std::chrono::steady_clock::now() >= until) return false;
  }
}

std::string describe(int status) {
  return WIFSIGNALED(status) ? fmt::format("it was killed by signal {}", WTERMSIG(status))
                             : fmt::format("it ended with exit code {}", WEXITSTATUS(status));
}

}  // namespace

server_process::server_process(const start_options& options, const std::string& authkey)
    : owner_(::getpid()) {
  try {
    run(options, authkey);
    const std::string line = read_line(options);
    if (const auto error = address::parse(line, where_))
      throw connection_error(error, fmt::format("{} said '{}'", options.program, line));
  } catch (...) {
    if (pid_ != 0) end(SIGKILL);
    throw;
  }
}

server_process::~server_process() {
  if (owner_ != ::getpid()) return;
  end(SIGTERM);
}

void server_process::run(const start_options& options, const std::string& authkey) {
  auto [in, alive] = make_pipe();
  auto [output, out] = make_pipe();
  std::string where = options.address;
  if (where.empty()) {
    try {
      directory_.emplace();
    } catch (const std::system_error& error) {
      throw connection_error(error.code(), "cannot start a server");
    }
    where = fmt::format("unix:{}/socket", directory_->path());
  }
  std::vector<std::string> arguments{options.program, "serve",           "--address",
                                     where,           "--ignore-sigint", "--until-eof"};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> variables = environment_with(authkey);
  const spawn_settings settings(in.get(), out.get());
  const int error =
      ::posix_spawnp(&pid_, options.program.c_str(), settings.files(), settings.attributes(),
                     exec_strings(arguments).data(), exec_strings(variables).data());
  if (error != 0) {
    pid_ = 0;
    fail(error, "cannot run " + options.program);
  }
  alive_ = std::move(alive);
  output_ = std::move(output);
}

std::string server_process::read_line(const start_options& options) {
  std::string line;
  const auto until = time_after(options.start_timeout);
  for (;;) {
    if (!readable_until(output_.get(), until))
      fail(ETIMEDOUT, fmt::format("{} serve does not listen", options.program));
    char c = 0;
    const ssize_t count = ::read(output_.get(), &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0)
      fail(ESRCH, fmt::format("{} serve: {}", options.program, describe(end(SIGTERM))));
    if (c == '\n') return line;
    line += c;
  }
}

// A server that hangs is killed: who drops the last handle waits for a bounded time.
int server_process::end(int signal) noexcept {
  alive_ = descriptor();
  const descriptor ended(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  ::kill(pid_, signal);
  if (!ended || !readable_until(ended.get(), time_after(longest_end))) ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return status;
}

}  // namespace pickled::inline v0::detail
