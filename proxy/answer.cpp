// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/answer.hpp"

#include "connection/exception.hpp"
#include "connection/message.hpp"
#include "pickled/proxy/remote_error.hpp"
#include "pickled/python/repr.hpp"
#include "proxy/last_line.hpp"

#include <fmt/format.h>

#include <string>
#include <system_error>

PICKLED_BEGIN_NAMESPACE
namespace {

constexpr std::size_t longest_text = 1000;

answer raised(value_view exception) {
  const auto known = detail::read_exception(exception);
  if (!known) throw remote_error("the server sent no exception: " + repr(exception, longest_text));
  return {{}, false, detail::to_python_error(*known)};
}

// Servers tell apart only in their tracebacks what they could not do, CPython's and ours alike. A
// method that is not exposed is looked for elsewhere afterwards, which raises a KeyError, too.
proxy_errc reason(std::string_view traceback) {
  if (traceback.find("object is not in exposed=") != std::string_view::npos)
    return proxy_errc::no_such_method;
  const bool key_error = detail::last_line(traceback).starts_with("KeyError: ");
  return key_error ? proxy_errc::no_such_object : proxy_errc::refused;
}

}  // namespace

answer read_answer(bytes_view message) {
  detail::reply received;
  if (const load_error error = detail::read_reply(message, received)) {
    throw std::system_error(error.code, "reply of the server: " + error.message());
  }
  switch (received.kind) {
    case detail::reply_kind::returned: return {received.payload, false, {}};
    case detail::reply_kind::proxy: return {received.payload, true, {}};
    case detail::reply_kind::error: return raised(received.payload);
    case detail::reply_kind::traceback: {
      const std::string_view text = received.payload->as_str();
      throw remote_error(std::string(text), reason(text));
    }
    default:
      throw remote_error(fmt::format("Unserializable message: {}", received.payload->as_str()),
                         proxy_errc::unserializable);
  }
}

PICKLED_END_NAMESPACE
