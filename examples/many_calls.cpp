// SPDX-License-Identifier: BSL-1.0

// Writes and reads a thousand items of a dict with Asio, on one thread, all of them at once.
// Usage: many_calls SERVER AUTHKEY, with SERVER as HOST:PORT or unix:PATH

#include <pickled/proxy/async.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>

#include <iostream>

using squares_proxy = pickled::dict_proxy<int, int>;

asio::awaitable<void> add(pickled::async_connection& calls, const squares_proxy& squares, int n,
                          long& sum) {
  co_await calls.async_call<void>(squares, "__setitem__", n, n * n, asio::use_awaitable);
  sum += co_await calls.async_call<int>(squares, "get", n, asio::use_awaitable);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto manager = pickled::manager::connect(argv[1], argv[2]);
  const squares_proxy squares = manager.dict<int, int>();
  asio::io_context io;
  pickled::async_connection calls(io.get_executor(), manager);
  long sum = 0;
  for (int n = 0; n != 1000; ++n)
    asio::co_spawn(io, add(calls, squares, n, sum), asio::detached);
  io.run();
  std::cout << sum << '\n';
}
