// SPDX-License-Identifier: BSL-1.0

// The messages between a manager and its clients, each one pickle in one frame.
//
//   request := (ident, methodname, args, kwds)      on a proxy connection
//            | (None, funcname, args, kwds)         on a command connection
//   reply   := ('#RETURN', value)
//            | ('#ERROR', exception)                the method raised it
//            | ('#TRACEBACK', str)                  the request was not one that can be served
//            | ('#UNSERIALIZABLE', str)             the result has no pickle
//            | ('#PROXY', ((str, ...), token))      the result is a new object: exposed, Token
//
// Mirrors managers.Server.serve_client, managers.dispatch and BaseProxy._callmethod.

#ifndef PICKLED_CONNECTION_MESSAGE_HPP
#define PICKLED_CONNECTION_MESSAGE_HPP

#include "pickled/codec/unpickler.hpp"
#include "pickled/connection/token.hpp"
#include "pickled/frozen/splicer.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/value/value.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

enum class reply_kind { returned, error, traceback, unserializable, proxy };

// Opens a reply: its payload is to be written next, and then end_tuple().
splicer& begin_reply(reply_kind kind, splicer& out);

spliced make_error_reply(const python_error& error, const splicer::write_proxy* proxies = nullptr,
                         std::optional<std::string_view> traceback = std::nullopt);
// '#TRACEBACK' or '#UNSERIALIZABLE'.
spliced make_text_reply(reply_kind kind, std::string_view text);
spliced make_proxy_reply(std::span<const std::string> exposed, const token& created);

struct reply {
  reply_kind kind = reply_kind::returned;
  value payload;
};
// A whole message. Besides the errors of loads: `connection_errc::not_a_reply` for what is no pair
// of a str and a payload of the kind's type, `connection_errc::unrecognized_reply` for a kind that
// CPython does not know either.
load_error read_reply(bytes_view message, reply& result, const load_options& options = {});

// The payload of '#PROXY'; nullopt where it is none.
struct created_proxy {
  std::vector<std::string> exposed;
  token referent;
};
std::optional<created_proxy> read_created_proxy(value_view payload);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_CONNECTION_MESSAGE_HPP
