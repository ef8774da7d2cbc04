// SPDX-License-Identifier: BSL-1.0

// The program that interop/connection/ runs against stock CPythons. An ADDRESS is as in
// address::parse, a KEY in hexadecimal.
//
//   connection_driver listen ADDRESS KEY    prints where it listens, then echoes every message of
//                                           one connection after the other; an empty one ends it
//   connection_driver connect ADDRESS KEY   sends messages of many sizes to a peer that echoes
//   connection_driver messages              prints what it pickles, one "name hex" a line

#include "connection/connection.hpp"
#include "connection/exception.hpp"
#include "connection/listener.hpp"
#include "connection/message.hpp"
#include "pickled/connection/client.hpp"
#include "pickled/connection/connection_errc.hpp"
#include "pickled/convert/convert.hpp"
#include "tests/support/accept.hpp"
#include "tests/support/awaited_connection.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

constexpr std::chrono::seconds handshake_limit{10};

std::string unhex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return bytes;
}

address parse(std::string_view text) {
  address result;
  if (const auto error = address::parse(text, result)) throw std::system_error(error);
  return result;
}

// True where the peer asked for the end.
asio::awaitable<bool> echo(asio::io_context& context, descriptor socket, std::string key) {
  connection c(context, std::move(socket));
  auto exchange = handshake::accepting({"some other key", key}, handshake::random_nonce());
  if (const auto error = co_await authenticate(c, exchange)) {
    fmt::print(stderr, "{}: {}\n", c.peer(),
               exchange.error() ? exchange.failure() : error.message());
    co_return false;
  }
  c.set_limit(std::uint64_t{1} << 30);
  for (;;) {
    bytes_view message;
    while (c.next(message) == frame_reader::status::message) {
      if (message.empty()) co_return true;
      if (co_await write(c, message)) co_return false;
    }
    if (const auto error = co_await read_some(c)) {
      if (error != connection_errc::end_of_file)
        fmt::print(stderr, "{}: {}\n", c.peer(), error.message());
      co_return false;
    }
  }
}

asio::awaitable<void> serve(asio::io_context& context, listener& from, std::string key) {
  bool ended = false;
  while (!ended) {
    descriptor socket;
    if (const auto error = co_await accept(from, socket)) throw std::system_error(error);
    ended = co_await echo(context, std::move(socket), key);
  }
}

int listen(const address& where, const std::string& key) {
  asio::io_context context;
  listener l(context, where);
  fmt::print("{}\n", l.local().text());
  std::fflush(stdout);
  asio::co_spawn(context, serve(context, l, key), [](std::exception_ptr e) {
    if (e) std::rethrow_exception(e);
  });
  context.run();
  return 0;
}

int connect(const address& where, const std::string& key) {
  client c(where, key, {.connect_timeout = handshake_limit});
  for (const std::size_t size : {1UL, 100UL, 16'384UL, 16'385UL, 70'000UL, 3'000'000UL}) {
    const std::string message(size, 'm');
    c.send(as_bytes(message));
    if (as_text(c.recv()) != message) return 2;
  }
  c.send(bytes_view());
  return 0;
}

void print(std::string_view name, const spliced& message) {
  const buffer joined = message.joined();
  fmt::print("{} ", name);
  for (const std::byte b : joined.view())
    fmt::print("{:02x}", std::to_integer<unsigned>(b));
  fmt::print("\n");
}

template <class Write>
void print_value(std::string_view name, Write write) {
  splicer out;
  write(out);
  print(name, std::move(out).finish());
}

int messages() {
  const token tcp{"dict", address::inet("127.0.0.1", 5000), "17"};
  const token abstract{"Queue", address::unix_abstract("n"), "18"};
  const pickled_proxy plain{
      .proxytype = "DictProxy", .referent = tcp, .authkey = {}, .exposed = {}};
  const pickled_proxy full{.proxytype = "AutoProxy",
                           .referent = abstract,
                           .authkey = "key",
                           .exposed = std::vector<std::string>{"get", "put"}};
  const python_error error("queue.Full", value::tuple({7, "é"}));
  const std::vector<std::string> exposed{"__next__", "close"};

  print_value("token_tcp", [&](splicer& out) { write_token(tcp, out); });
  print_value("token_abstract", [&](splicer& out) { write_token(abstract, out); });
  print_value("proxy_plain", [&](splicer& out) { write_proxy(plain, out); });
  print_value("proxy_full", [&](splicer& out) { write_proxy(full, out); });
  print("error", make_error_reply(error));
  print("error_with_traceback", make_error_reply(error, nullptr, "where it was"));
  print("traceback", make_text_reply(reply_kind::traceback, "text"));
  print("proxy_reply", make_proxy_reply(exposed, tcp));
  return 0;
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 3 && words[0] == "listen") return listen(parse(words[1]), unhex(words[2]));
  if (words.size() == 3 && words[0] == "connect") return connect(parse(words[1]), unhex(words[2]));
  if (words.size() == 1 && words[0] == "messages") return messages();
  fmt::print(stderr, "usage: connection_driver listen|connect ADDRESS KEY | messages\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
