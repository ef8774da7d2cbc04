// SPDX-License-Identifier: BSL-1.0

// A lock that went with the connection of the thread that held it.

#ifndef PICKLED_PROXY_LOCK_LOST_HPP
#define PICKLED_PROXY_LOCK_LOST_HPP

#include "pickled/proxy/remote_error.hpp"

#include <stdexcept>
#include <string>
#include <system_error>

PICKLED_BEGIN_NAMESPACE

// An RLock or a Condition belongs to the connection of the thread that acquired it, and its server
// frees it when that connection ends. Thrown once, by the first call of that thread after its
// connection was lost, before anything is asked of the server: what the lock guarded may have
// changed. The calls after it go on with a new connection, on which no lock is held. Where that
// first call is the unlock() of a guard, which throws nothing, it is thrown by the next one.
//
// Also thrown by the release of any lock that has a name, manager::get, where its server was
// restarted meanwhile and so knows of nobody who holds it.
class lock_lost : public std::runtime_error, public error {
 public:
  explicit lock_lost(const std::string& text, int locks = 1)
      : std::runtime_error(text), locks_(locks) {}

  int locks() const noexcept { return locks_; }
  const std::error_code& code() const noexcept override { return code_; }
  const char* what() const noexcept override { return std::runtime_error::what(); }

 private:
  std::error_code code_ = proxy_errc::lock_lost;
  int locks_;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_LOCK_LOST_HPP
