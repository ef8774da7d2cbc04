// SPDX-License-Identifier: BSL-1.0

// A connection from a listener, for tests that are coroutines.

#ifndef PICKLED_TESTS_SUPPORT_ACCEPT_HPP
#define PICKLED_TESTS_SUPPORT_ACCEPT_HPP

#include "connection/listener.hpp"

#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <system_error>
#include <utility>

namespace pickled::inline v0::detail {

inline asio::awaitable<std::error_code> accept(listener& from, descriptor& accepted) {
  for (;;) {
    std::error_code error = from.accept(accepted);
    if (error != std::errc::operation_would_block) co_return error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await asio::async_initiate<decltype(token), void(std::error_code)>(
        [&from](auto handler) { from.async_wait(std::move(handler)); }, token);
  }
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_TESTS_SUPPORT_ACCEPT_HPP
