// SPDX-License-Identifier: BSL-1.0

#include "connection/message.hpp"

#include "connection/exception.hpp"
#include "pickled/connection/connection_errc.hpp"

#include <array>

namespace pickled::inline v0::detail {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 5> names{"#RETURN", "#ERROR", "#TRACEBACK",
                                                "#UNSERIALIZABLE", "#PROXY"};

std::optional<reply_kind> kind_by_name(std::string_view name) {
  for (std::size_t i = 0; i != names.size(); ++i)
    if (names[i] == name) return static_cast<reply_kind>(i);
  return std::nullopt;
}

std::error_code check_payload(reply_kind kind, value_view payload) {
  const bool is_text = kind == reply_kind::traceback || kind == reply_kind::unserializable;
  if (is_text && !payload.is(kind::str)) return connection_errc::not_a_reply;
  if (kind == reply_kind::error && !payload.is(kind::instance)) return connection_errc::not_a_reply;
  return {};
}

}  // namespace

splicer& begin_reply(reply_kind kind, splicer& out) {
  return out.begin_tuple().str(names[static_cast<std::size_t>(kind)]);
}

spliced make_error_reply(const python_error& error, const splicer::write_proxy* proxies,
                         std::optional<std::string_view> traceback) {
  splicer out(proxies);
  begin_reply(reply_kind::error, out);
  write_exception(error, out, traceback);
  out.end_tuple();
  return std::move(out).finish();
}

spliced make_text_reply(reply_kind kind, std::string_view text) {
  splicer out;
  begin_reply(kind, out).str(text).end_tuple();
  return std::move(out).finish();
}

spliced make_proxy_reply(std::span<const std::string> exposed, const token& created) {
  splicer out;
  begin_reply(reply_kind::proxy, out).begin_tuple();
  write_exposed(exposed, out);
  write_token(created, out);
  out.end_tuple().end_tuple();
  return std::move(out).finish();
}

load_error read_reply(bytes_view message, reply& result, const load_options& options) {
  load_error error;
  const value whole = loads(message, error, options);
  if (error) return error;
  if ((!whole->is(kind::tuple) && !whole->is(kind::list)) || whole->as_items().size() != 2 ||
      !whole->as_items()[0].is(kind::str))
    return {connection_errc::not_a_reply};
  const auto kind = kind_by_name(whole->as_items()[0].as_str());
  if (!kind) return {connection_errc::unrecognized_reply};
  const value_view payload = whole->as_items()[1];
  result = {*kind, whole.sharing(payload)};
  return {check_payload(*kind, payload)};
}

std::optional<created_proxy> read_created_proxy(value_view payload) {
  if (!payload.is(kind::tuple) || payload.as_items().size() != 2) return std::nullopt;
  auto exposed = read_exposed(payload.as_items()[0]);
  auto referent = read_token(payload.as_items()[1]);
  if (!exposed || !referent) return std::nullopt;
  return created_proxy{std::move(*exposed), std::move(*referent)};
}

}  // namespace pickled::inline v0::detail
