// SPDX-License-Identifier: BSL-1.0

// Writing to a pipe that nobody reads kills a process, unless it ignores SIGPIPE as CPython does. A
// library cannot decide that for its program; so while one of these lives, the thread that made it
// gets EPIPE and nothing else.

#ifndef PICKLED_PROCESS_WITHOUT_SIGPIPE_HPP
#define PICKLED_PROCESS_WITHOUT_SIGPIPE_HPP

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>

namespace pickled::inline v0::detail {

class without_sigpipe {
 public:
  // Of a program that ignores the signal nothing need be kept.
  static inline std::atomic<bool> is_ignored = false;

  without_sigpipe() noexcept {
    if (!blocks_) return;
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  without_sigpipe(const without_sigpipe&) = delete;
  without_sigpipe& operator=(const without_sigpipe&) = delete;
  ~without_sigpipe() {
    if (!blocks_ || ::sigismember(&before_, SIGPIPE) == 1) return;
    const timespec at_once{};
    while (raised_ && ::sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  // A write gave EPIPE, hence the signal is pending.
  void raised() noexcept { raised_ = true; }

 private:
  const bool blocks_ = !is_ignored;
  sigset_t pipe_;
  sigset_t before_;
  bool raised_ = false;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROCESS_WITHOUT_SIGPIPE_HPP
