// SPDX-License-Identifier: BSL-1.0

// Any reply, and any token, proxy or exception in it, is read or refused; what is read and written
// again reads the same.

#include "connection/message.hpp"

#include "connection/exception.hpp"
#include "pickled/connection/token.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

using namespace pickled;
using namespace pickled::detail;

void check(value_view v) {
  static_cast<void>(read_exception(v));
  static_cast<void>(read_proxy(v));
  static_cast<void>(read_created_proxy(v));
  const auto t = read_token(v);
  if (!t) return;
  splicer out;
  write_token(*t, out);
  const buffer written = std::move(out).finish().joined();
  if (read_token(value_argument(loads(written))) != t) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes_view input = std::as_bytes(std::span(data, size));
  load_options limits;
  limits.max_memory = std::size_t{1} << 26;
  reply result;
  if (!read_reply(input, result, limits)) check(result.payload);
  load_error error;
  const value whole = loads(input, error, limits);
  if (!error) check(whole);
  return 0;
}
