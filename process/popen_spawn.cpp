// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/popen_spawn.hpp"

#include "pickled/codec/pickler.hpp"
#include "pickled/convert/convert.hpp"
#include "pickled/process/pipe.hpp"
#include "pickled/process/python.hpp"
#include "process/resource_tracker.hpp"
#include "proxy/exec_strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::system_category(), what);
}

std::string path_of(const std::string& executable) {
  const std::string path =
      executable.empty() ? find_python(::getpid()) : find_executable(executable);
  if (path.empty())
    fail(ENOENT, executable.empty() ? "there is no Python to run: set PICKLED_PYTHON"
                                    : "cannot run " + executable);
  return path;
}

// The variables of this process, with those that the options change.
std::vector<std::string> environment(const spawn_options& options) {
  std::vector<std::string> variables;
  constexpr std::string_view name = "PYTHONPATH=";
  std::string path;
  for (char** each = environ; *each != nullptr; ++each) {
    if (std::string_view(*each).starts_with(name) && !options.python_path.empty())
      path = *each + name.size();
    else
      variables.emplace_back(*each);
  }
  if (options.python_path.empty()) return variables;
  std::string joined(name);
  for (const std::string& directory : options.python_path)
    joined += std::filesystem::absolute(directory).string() + ':';
  variables.push_back(path.empty() ? joined.substr(0, joined.size() - 1) : joined + path);
  return variables;
}

std::pair<descriptor, descriptor> stream_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    fail(errno, "cannot start a process");
  return {descriptor(ends[0]), descriptor(ends[1])};
}

// Everything that the child needs between fork and exec, where nothing may be allocated.
struct program {
  const char* path;
  char* const* argv;
  char* const* envp;
  const char* directory;       // or nullptr
  std::span<const int> files;  // to stay open, in order
  bool dies_with_thread;
  pid_t parent;
  int errors;  // where errno is written if it fails; closed by exec
};

void close_range_on_exec(unsigned first, unsigned last) {
  constexpr unsigned on_exec = 1U << 2;  // CLOSE_RANGE_CLOEXEC
  if (first > last || ::syscall(SYS_close_range, first, last, on_exec) == 0) return;
  // Before Linux 5.11. What this library opens is closed by exec anyway.
  for (unsigned each = first; each <= std::min(last, 4096U); ++each)
    ::fcntl(static_cast<int>(each), F_SETFD, FD_CLOEXEC);
}

[[noreturn]] void become(const program& p) {
  const auto give_up = [&] {
    const int error = errno;
    [[maybe_unused]] const auto told = ::write(p.errors, &error, sizeof error);
    ::_exit(127);
  };
  if (p.dies_with_thread) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != p.parent) ::_exit(127);  // it died before that
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  if (p.directory != nullptr && ::chdir(p.directory) != 0) give_up();
  unsigned next = 3;
  for (const int file : p.files) {
    close_range_on_exec(next, static_cast<unsigned>(file) - 1);
    ::fcntl(file, F_SETFD, 0);
    next = std::max(next, static_cast<unsigned>(file) + 1);
  }
  close_range_on_exec(next, ~0U);
  ::execve(p.path, p.argv, p.envp);
  give_up();
  __builtin_unreachable();
}

pid_t fork_exec(program p, const std::string& described) {
  std::array<int, 2> errors{};
  if (::pipe2(errors.data(), O_CLOEXEC) != 0) fail(errno, "cannot start a process");
  const descriptor reading(errors[0]);
  descriptor writing(errors[1]);
  p.errors = writing.get();
  p.parent = ::getpid();
  // No handler of this program may run in the child.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = ::vfork();
  if (child == 0) become(p);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (child < 0) fail(error, "cannot start a process");
  writing = descriptor();
  int told = 0;
  ssize_t count;
  while ((count = ::read(reading.get(), &told, sizeof told)) < 0 && errno == EINTR) {
  }
  if (count == sizeof told) {
    ::waitpid(child, nullptr, 0);
    fail(told, "cannot run " + described);
  }
  return child;
}

// False where the child has ended before it read everything.
bool send_all(int socket, bytes_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

value_view write_preparation(const process_object& process, const spawn_options& options,
                             value_builder& b) {
  std::vector<dict_entry> entries{{b.str("log_to_stderr"), value_view::boolean(false)},
                                  {b.str("name"), b.str(process.name)},
                                  {b.str("start_method"), b.str("spawn")}};
  if (!options.authkey.empty())
    entries.push_back({b.str("authkey"), b.bytes(as_bytes(options.authkey))});
  return b.dict(entries);
}

}  // namespace

process_pickles write_process(const process_object& process, const spawn_options& options,
                              const spawning& scope, value_builder& b) {
  std::vector<dict_entry> config{{b.str("semprefix"), b.str("/mp")}};
  if (!options.authkey.empty())
    config.push_back({b.str("authkey"), b.bytes(as_bytes(options.authkey))});
  if (process.daemon) config.push_back({b.str("daemon"), value_view::boolean(true)});
  const value_view identity = value_view::integer(1);
  const dict_entry state[] = {{b.str("_identity"), b.tuple({&identity, 1})},
                              {b.str("_config"), b.dict(config)},
                              {b.str("_parent_pid"), value_view::integer(::getpid())},
                              {b.str("_parent_name"), b.str("MainProcess")},
                              {b.str("_popen"), value_view::none()},
                              {b.str("_closed"), value_view::boolean(false)},
                              {b.str("_target"), process.target},
                              {b.str("_args"), process.args},
                              {b.str("_kwargs"), process.kwds},
                              {b.str("_name"), b.str(process.name)}};
  const value_view object =
      write_instance({"multiprocessing.context", "SpawnProcess"}, b.dict(state), b);
  process_pickles written;
  written.bytes.append(dumps(write_preparation(process, options, b)).view());
  written.bytes.append(dumps(object).view());
  written.inherited.assign(scope.inherited().begin(), scope.inherited().end());
  return written;
}

popen_spawn::popen_spawn(const process_pickles& pickles, const spawn_options& options,
                         bool dies_with_thread) {
  auto [ours, theirs] = stream_pair();
  std::string path = path_of(options.executable);
  // With one of its own, a child would remove at its end what others still share.
  const int tracker = detail::resource_tracker::of_process().fd();
  std::vector<std::string> arguments{path};
  arguments.insert(arguments.end(), options.flags.begin(), options.flags.end());
  arguments.insert(arguments.end(), {"-c",
                                     fmt::format("from multiprocessing.spawn import spawn_main; "
                                                 "spawn_main(tracker_fd={}, pipe_handle={})",
                                                 tracker, theirs.get()),
                                     "--multiprocessing-fork"});
  std::vector<std::string> variables = environment(options);
  std::vector<int> files{theirs.get(), tracker};
  for (const shared_descriptor& file : pickles.inherited)
    files.push_back(file->get());
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  const std::vector<char*> argv = detail::exec_strings(arguments);
  const std::vector<char*> envp = detail::exec_strings(variables);
  pid_ = fork_exec({path.c_str(), argv.data(), envp.data(),
                    options.directory.empty() ? nullptr : options.directory.c_str(), files,
                    dies_with_thread, 0, -1},
                   path);
  pidfd_ = descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!pidfd_) {
    const int error = errno;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    fail(error, "cannot watch a process");
  }
  theirs = descriptor();
  // A child that ends without reading says why by its exit code.
  send_all(ours.get(), pickles.bytes);
  alive_ = std::move(ours);
}

std::optional<int> popen_spawn::wait(const deadline& until) {
  if (returncode_) return returncode_;
  const int sentinel = pidfd_.get();
  if (multiprocessing::wait(std::span(&sentinel, 1), until).empty()) return std::nullopt;
  int status = 0;
  pid_t waited;
  while ((waited = ::waitpid(pid_, &status, 0)) < 0 && errno == EINTR) {
  }
  constexpr int unknown = 255;
  if (waited < 0)
    returncode_ = unknown;
  else
    returncode_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  return returncode_;
}

void popen_spawn::send_signal(int signal) noexcept {
  // Until it is waited for, its number is nobody else's.
  if (!returncode_) ::kill(pid_, signal);
}

std::string describe_exit(int exit_code) {
  if (exit_code >= 0) return fmt::format("ended with exit code {}", exit_code);
  const char* name = ::sigabbrev_np(-exit_code);
  if (name == nullptr) return fmt::format("was killed by signal {}", -exit_code);
  return fmt::format("was killed by SIG{}", name);
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
