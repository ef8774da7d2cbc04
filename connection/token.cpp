// SPDX-License-Identifier: BSL-1.0

#include "pickled/connection/token.hpp"

#include "connection/local_servers.hpp"
#include "frozen/token_parts.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/value/as_call.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

constexpr std::string_view managers = "multiprocessing.managers";

bool read_keywords(value_view kwds, pickled_proxy& result) {
  if (!kwds.is(kind::dict)) return false;
  for (const auto& [key, item] : kwds.as_entries()) {
    if (!key.is(kind::str)) return false;
    if (key.as_str() == "exposed" && !item.is_none()) {
      result.exposed = read_exposed(item);
      if (!result.exposed) return false;
    } else if (key.as_str() == "authkey" && !item.is_none()) {
      result.authkey = read_authkey(item);
      if (!result.authkey) return false;
    }
  }
  return true;
}

}  // namespace

void write_address(const address& a, splicer& out) {
  switch (a.family()) {
    case address::family::inet:
      out.begin_tuple().str(a.name()).integer(a.port()).end_tuple();
      break;
    case address::family::unix_path: out.str(a.name()); break;
    case address::family::unix_abstract: out.bytes(as_bytes('\0' + a.name())); break;
  }
}

std::optional<address> read_address(value_argument v) {
  if (v.is(kind::str) && !v.as_str().starts_with('\0'))
    return address::unix_path(std::string(v.as_str()));
  if (v.is(kind::str) || v.is(kind::bytes)) {
    const std::string_view name = v.is(kind::str) ? v.as_str() : as_text(v.as_bytes());
    if (!name.starts_with('\0')) return std::nullopt;
    return address::unix_abstract(std::string(name.substr(1)));
  }
  if (!v.is(kind::tuple) || v.as_items().size() != 2) return std::nullopt;
  const value_view host = v.as_items()[0];
  const value_view port = v.as_items()[1];
  if (!host.is(kind::str) || !port.is(kind::integer)) return std::nullopt;
  if (!std::in_range<std::uint16_t>(port.as_integer())) return std::nullopt;
  return address::inet(std::string(host.as_str()), static_cast<std::uint16_t>(port.as_integer()));
}

std::optional<std::string> read_authkey(value_argument v) {
  if (v.is(kind::bytes)) return std::string(as_text(v.as_bytes()));
  const auto* call = as_call(v, {"multiprocessing.process", "AuthenticationString"});
  if (call == nullptr || call->args.as_items().size() != 1) return std::nullopt;
  const value_view key = call->args.as_items()[0];
  if (!key.is(kind::bytes)) return std::nullopt;
  return std::string(as_text(key.as_bytes()));
}

void write_token(const token& t, splicer& out) {
  out.global(managers, "Token").begin_tuple().end_tuple().newobj();
  out.begin_tuple().str(t.type_id);
  write_address(t.server, out);
  out.str(t.ident).end_tuple().build();
}

std::optional<token> read_token(value_argument v) {
  const auto parts = detail::token_parts(v);
  if (!parts) return std::nullopt;
  auto server = read_address(parts->address);
  if (!server) return std::nullopt;
  return token{std::string(parts->type_id), std::move(*server), std::string(parts->ident)};
}

void write_exposed(std::span<const std::string> methods, splicer& out) {
  out.begin_tuple();
  for (const std::string& method : methods)
    out.str(method);
  out.end_tuple();
}

std::optional<std::vector<std::string>> read_exposed(value_argument v) {
  return detail::exposed_names(v);
}

void write_proxy(const pickled_proxy& p, splicer& out) {
  out.global(managers, "RebuildProxy").begin_tuple().global(p.module, p.proxytype);
  write_token(p.referent, out);
  out.str("pickle").begin_dict();
  if (p.authkey) out.str("authkey").bytes(as_bytes(*p.authkey));
  if (p.exposed) write_exposed(*p.exposed, out.str("exposed"));
  out.end_dict().end_tuple().reduce();
}

std::optional<pickled_proxy> read_proxy(value_argument v) {
  // What stands for a proxy in values of a server that runs in this process.
  if (v.is(kind::proxy)) return detail::local_server::find(v.as_proxy());
  const auto* call = as_call(v, {managers, "RebuildProxy"});
  if (call == nullptr || call->changes.size != 0 || call->args.as_items().size() != 4)
    return std::nullopt;
  const auto args = call->args.as_items();
  auto referent = read_token(args[1]);
  pickled_proxy result;
  if (!args[0].is(kind::global) || !referent || !read_keywords(args[3], result))
    return std::nullopt;
  result.module = args[0].as_global().module;
  result.proxytype = args[0].as_global().name;
  result.referent = std::move(*referent);
  return result;
}

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

value_view to_value(const address& a, value_builder& b) {
  splicer written;
  detail::write_address(a, written);
  return b.share(loads(std::move(written).finish().joined()));
}

PICKLED_END_NAMESPACE
