#include "proxy/answer.hpp"

#include "connection/exception.hpp"
#include "connection/message.hpp"
#include "pickle/freezer.hpp"
#include "pickle/python_error.hpp"
#include "pickle/repr.hpp"
#include "proxy/remote_error.hpp"

#include <fmt/format.h>

#include <string>
#include <system_error>
#include <vector>

namespace pickled {
namespace {

constexpr std::size_t longest_text = 1000;

// str() of an exception: of one argument str(), but repr() for a KeyError; of several the repr() of
// all (OSError's own text aside).
std::string text_of(const exception_view& exception) {
  const auto args = exception.args.as_items();
  if (args.empty()) return {};
  if (args.size() == 1) {
    const bool plain = args[0].is(kind::str) && exception.type.name != "KeyError";
    return plain ? std::string(args[0].as_str()) : repr(args[0], longest_text);
  }
  return repr(exception.args, longest_text);
}

[[noreturn]] void raise(value_view exception) {
  const auto known = read_exception(exception);
  if (!known) throw remote_error("the server sent no exception: " + repr(exception, longest_text));
  std::vector<frozen> args;
  for (const value_view arg : known->args.as_items())
    args.push_back(freeze(arg));
  throw python_error(known->type.module, known->type.name, std::move(args), text_of(*known));
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
