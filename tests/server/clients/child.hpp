// SPDX-License-Identifier: BSL-1.0

// A child process that lives until it is told to end, for tests of what becomes of the dead.

#ifndef PICKLED_TESTS_SERVER_CLIENTS_CHILD_HPP
#define PICKLED_TESTS_SERVER_CLIENTS_CHILD_HPP

#include <cerrno>
#include <csignal>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace pickled::inline v0::detail {

class child {
 public:
  child() {
    if (::pipe(order_) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    pid_ = ::fork();
    // As a pid, -1 stands for every process there is.
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ != 0) return;
    char code = 0;
    ::close(order_[1]);
    while (::read(order_[0], &code, 1) < 0) {
    }
    ::_exit(code);
  }
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child() {
    ::kill(pid_, SIGKILL);
    if (!reaped_) reap();
    ::close(order_[0]);
    ::close(order_[1]);
  }

  int pid() const noexcept { return pid_; }
  // Both return when it is dead; nobody has waited for it then.
  void kill() {
    ::kill(pid_, SIGKILL);
    await_death();
  }
  void exit(char code) {
    (void)!::write(order_[1], &code, 1);
    await_death();
  }
  void reap() {
    ::waitpid(pid_, nullptr, 0);
    reaped_ = true;
  }

 private:
  void await_death() {
    siginfo_t ignored;
    ::waitid(P_PID, static_cast<id_t>(pid_), &ignored, WEXITED | WNOWAIT);
  }

  int order_[2] = {-1, -1};
  int pid_ = 0;
  bool reaped_ = false;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_TESTS_SERVER_CLIENTS_CHILD_HPP
