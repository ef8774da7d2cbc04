// SPDX-License-Identifier: BSL-1.0

// What the server says where no method does: its own short replies, and the tracebacks that
// CPython's server would send.

#ifndef PICKLED_CONNECTION_REPLY_HPP
#define PICKLED_CONNECTION_REPLY_HPP

#include "pickled/frozen/splicer.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/value/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace pickled::inline v0::detail {

// What Python's traceback.format_exc() would say, as far as there is something to say: `last_line`
// is "KeyError: 'name'", `where` the function of CPython's Server that fails so.
std::string traceback_text(std::string_view where, std::string_view last_line);

// The last line of what CPython's server would say of an exception, of a request that it cannot
// read, and of a connection that fails.
std::string error_line(const python_error& error);
std::string error_line(const load_error& error);
std::string error_line(std::error_code error);

// The client raises RemoteError of that traceback.
spliced traceback_reply(std::string_view where, std::string_view last_line);

// '#RETURN' of a leaf.
spliced return_none();
spliced return_str(std::string_view text);
spliced return_integer(std::int64_t number);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_CONNECTION_REPLY_HPP
