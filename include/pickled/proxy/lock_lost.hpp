// SPDX-License-Identifier: BSL-1.0

// A lock that went with the connection of the thread that held it.

#ifndef PICKLED_PROXY_LOCK_LOST_HPP
#define PICKLED_PROXY_LOCK_LOST_HPP

#include "pickled/proxy/remote_error.hpp"

#include <stdexcept>
#include <system_error>

PICKLED_BEGIN_NAMESPACE

// An RLock or a Condition belongs to the connection of the thread that acquired it, and its server
// frees it when that connection ends. Thrown once, by the first call of that thread after its
// connection was lost, before anything is asked of the server: what the lock guarded may have
// changed. The calls after it go on with a new connection, on which no lock is held.
class lock_lost : public std::runtime_error, public error {
 public:
  using std::runtime_error::runtime_error;

  const std::error_code& code() const noexcept override { return code_; }
  const char* what() const noexcept override { return std::runtime_error::what(); }

 private:
  std::error_code code_ = proxy_errc::lock_lost;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_LOCK_LOST_HPP
