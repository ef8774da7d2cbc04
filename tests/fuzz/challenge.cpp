// SPDX-License-Identifier: BSL-1.0

// Whatever a peer without the key says, neither end of a handshake lets it in.

#include "pickled/connection/challenge.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace {

using pickled::detail::handshake;

// Feeds messages of `stream`, each behind a byte that tells its length.
void run(handshake exchange, pickled::bytes_view stream) {
  handshake::action next = exchange.begin();
  while (next == handshake::action::receive && !stream.empty()) {
    const auto announced = std::to_integer<std::size_t>(stream[0]);
    stream = stream.subspan(1);
    const std::size_t length = std::min(announced, stream.size());
    next = exchange.feed(stream.first(length));
    stream = stream.subspan(length);
    if (exchange.output().size() > 256) std::abort();
  }
  if (next == handshake::action::done) std::abort();
  if (next == handshake::action::failed && exchange.failure().empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const pickled::bytes_view stream = std::as_bytes(std::span(data, size));
  const handshake::nonce nonce = handshake::random_nonce();
  run(handshake::accepting({"one key", "another"}, nonce), stream);
  run(handshake::connecting("one key", nonce), stream);
  return 0;
}
