// SPDX-License-Identifier: BSL-1.0

// Coroutines of one connection, for tests that read as a conversation.

#ifndef PICKLED_TESTS_SUPPORT_AWAITED_CONNECTION_HPP
#define PICKLED_TESTS_SUPPORT_AWAITED_CONNECTION_HPP

#include "connection/connection.hpp"
#include "pickled/connection/challenge.hpp"

#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/use_awaitable.hpp>

#include <system_error>
#include <utility>

namespace pickled::inline v0::detail {

// Not an error to Asio, which would throw it.
struct outcome {
  std::error_code error;
};

inline asio::awaitable<std::error_code> read_some(connection& c) {
  const auto begin = [&c](auto handler) {
    c.async_read_some([handler = std::move(handler)](std::error_code error) mutable {
      std::move(handler)(outcome{error});
    });
  };
  const outcome result =
      co_await asio::async_initiate<const asio::use_awaitable_t<>, void(outcome)>(
          begin, asio::use_awaitable);
  co_return result.error;
}

inline asio::awaitable<std::error_code> write(connection& c, bytes_view message) {
  const auto begin = [&c](auto handler) {
    c.async_wait_writable([handler = std::move(handler)](std::error_code error) mutable {
      std::move(handler)(outcome{error});
    });
  };
  c.add(message);
  for (;;) {
    const std::error_code error = c.send();
    if (error != std::errc::operation_would_block) co_return error;
    const outcome waited =
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void(outcome)>(
            begin, asio::use_awaitable);
    if (waited.error) co_return waited.error;
  }
}

// The whole handshake of either end.
inline asio::awaitable<std::error_code> authenticate(connection& c, handshake& exchange) {
  handshake::action next = exchange.begin();
  for (;;) {
    if (!exchange.output().empty())
      if (const auto error = co_await write(c, exchange.output())) co_return error;
    if (next != handshake::action::receive) co_return exchange.error();
    bytes_view message;
    while (c.next(message) == frame_reader::status::need_more)
      if (const auto error = co_await read_some(c)) co_return error;
    next = exchange.feed(message);
  }
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_TESTS_SUPPORT_AWAITED_CONNECTION_HPP
