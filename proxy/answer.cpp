// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/answer.hpp"

#include "connection/exception.hpp"
#include "connection/message.hpp"
#include "pickled/proxy/remote_error.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"

#include <fmt/format.h>

#include <string>
#include <system_error>

namespace pickled {
namespace {

constexpr std::size_t longest_text = 1000;

[[noreturn]] void raise(value_view exception) {
  const auto known = read_exception(exception);
  if (!known) throw remote_error("the server sent no exception: " + repr(exception, longest_text));
  throw to_python_error(*known);
}

}  // namespace

answer read_answer(bytes_view message) {
  reply received;
  if (const load_error error = read_reply(message, received)) {
    throw std::system_error(error.code, "reply of the server: " + error.message());
  }
  switch (received.kind) {
    case reply_kind::returned: return {received.payload};
    case reply_kind::proxy: return {received.payload, true};
    case reply_kind::error: raise(received.payload);
    case reply_kind::traceback: throw remote_error(std::string(received.payload->as_str()));
    default:
      throw remote_error(fmt::format("Unserializable message: {}", received.payload->as_str()));
  }
}

}  // namespace pickled
