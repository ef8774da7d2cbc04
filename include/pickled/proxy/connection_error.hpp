// SPDX-License-Identifier: BSL-1.0

// The connection to a server could not be made, or failed.

#ifndef PICKLED_PROXY_CONNECTION_ERROR_HPP
#define PICKLED_PROXY_CONNECTION_ERROR_HPP

#include "pickled/value/error.hpp"

#include <string>
#include <system_error>
#include <utility>

PICKLED_BEGIN_NAMESPACE

// code() is std::errc::timed_out where the time for a call passed, else what the system or the
// connection says. what() names the server, and the method that was called.
class connection_error : public std::system_error, public error {
 public:
  using std::system_error::system_error;
  // `detail` is what is known of the reason besides its code.
  connection_error(std::error_code code, const std::string& what, std::string detail)
      : std::system_error(code, detail.empty() ? what : what + ": " + detail),
        detail_(std::move(detail)) {}

  const std::string& detail() const noexcept { return detail_; }
  const std::error_code& code() const noexcept override { return std::system_error::code(); }
  const char* what() const noexcept override { return std::system_error::what(); }

 private:
  std::string detail_;
};

// A call was sent, and the connection failed, or the time for it passed, before its answer was
// there: the server may have made the call, or not. It is for the caller to find out, or to make it
// again where that does no harm. Where the exception is a connection_error alone, it was not made.
class unanswered_call : public connection_error {
 public:
  using connection_error::connection_error;
};

// The server has another authkey. Mirrors multiprocessing.AuthenticationError.
class authentication_error : public connection_error {
 public:
  using connection_error::connection_error;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_CONNECTION_ERROR_HPP
