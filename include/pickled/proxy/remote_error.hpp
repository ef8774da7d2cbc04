// SPDX-License-Identifier: BSL-1.0

// What a server answers that could not make the call (`#TRACEBACK`: no such object, method or
// typeid) or could not send what the method returned (`#UNSERIALIZABLE`). Mirrors
// multiprocessing.managers.RemoteError.

#ifndef PICKLED_PROXY_REMOTE_ERROR_HPP
#define PICKLED_PROXY_REMOTE_ERROR_HPP

#include "pickled/value/error.hpp"

#include <stdexcept>
#include <string>
#include <system_error>

PICKLED_BEGIN_NAMESPACE

// Why a call came to nothing, as code() of the exceptions of proxies says it.
enum class proxy_errc {
  no_such_object = 1,  // it was disposed of, or the server is another one than it was
  no_such_method,      // or one that the server does not expose
  no_such_type,        // a typeid that is not registered
  unserializable,      // the method was called, but what it returned has no pickle
  refused,             // anything else that the server says in a traceback
  empty_proxy,         // a proxy that refers to nothing was used
  lock_lost,
};

const std::error_category& proxy_category() noexcept;
inline std::error_code make_error_code(proxy_errc e) noexcept {
  return {static_cast<int>(e), proxy_category()};
}

PICKLED_END_NAMESPACE

template <>
struct std::is_error_code_enum<pickled::proxy_errc> : std::true_type {};

PICKLED_BEGIN_NAMESPACE

// what() is the server's text: with CPython's server the traceback.
class remote_error : public std::runtime_error, public error {
 public:
  explicit remote_error(const std::string& text, proxy_errc code = proxy_errc::refused)
      : std::runtime_error(text), code_(code) {}

  const std::error_code& code() const noexcept override { return code_; }
  const char* what() const noexcept override { return std::runtime_error::what(); }

 private:
  std::error_code code_;
};

// A proxy that refers to nothing was used.
class empty_proxy : public std::logic_error, public error {
 public:
  empty_proxy() : std::logic_error("a proxy that refers to nothing was used") {}

  const std::error_code& code() const noexcept override { return code_; }
  const char* what() const noexcept override { return std::logic_error::what(); }

 private:
  std::error_code code_ = proxy_errc::empty_proxy;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_REMOTE_ERROR_HPP
