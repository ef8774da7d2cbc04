// SPDX-License-Identifier: BSL-1.0

#include "connection/reply.hpp"

#include "connection/message.hpp"
#include "pickled/connection/connection_errc.hpp"

#include <fmt/format.h>

#include <utility>

namespace pickled::inline v0::detail {

std::string traceback_text(std::string_view where, std::string_view last_line) {
  return fmt::format("Traceback (most recent call last):\n  File \"<pickled>\", in {}\n{}\n", where,
                     last_line);
}

std::string error_line(const python_error& error) {
  return error.what();
}

std::string error_line(const load_error& error) {
  if (error.code == pickle_errc::ran_out_of_input) return "EOFError: Ran out of input";
  return fmt::format("{}: {}", error.python_exception(), error.message());
}

std::string error_line(std::error_code error) {
  if (error == connection_errc::end_of_file) return "EOFError";
  if (error.category() != connection_category() || error == connection_errc::message_too_long ||
      error == connection_errc::truncated)
    return "OSError: " + error.message();
  return "multiprocessing.context.AuthenticationError: " + error.message();
}

spliced traceback_reply(std::string_view where, std::string_view last_line) {
  return make_text_reply(reply_kind::traceback, traceback_text(where, last_line));
}

spliced return_none() {
  splicer out;
  begin_reply(reply_kind::returned, out).none().end_tuple();
  return std::move(out).finish();
}

spliced return_str(std::string_view text) {
  return make_text_reply(reply_kind::returned, text);
}

spliced return_integer(std::int64_t number) {
  splicer out;
  begin_reply(reply_kind::returned, out).integer(number).end_tuple();
  return std::move(out).finish();
}

}  // namespace pickled::inline v0::detail
