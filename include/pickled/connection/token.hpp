// SPDX-License-Identifier: BSL-1.0

// What names a hosted object on the wire: its Token, and the pickled proxy around one. Mirrors
// managers.Token and managers.RebuildProxy.
//
//   address := (str host, int port) | str path | bytes "\0" name
//   token   := multiprocessing.managers.Token() with state (str typeid, address, str ident)
//   proxy   := multiprocessing.managers.RebuildProxy(proxytype, token, 'pickle', kwds)
//   kwds    := { 'authkey': bytes, 'exposed': (str, ...) }    either may be missing

#ifndef PICKLED_CONNECTION_TOKEN_HPP
#define PICKLED_CONNECTION_TOKEN_HPP

#include "pickled/connection/address.hpp"
#include "pickled/frozen/splicer.hpp"
#include "pickled/value/value.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

PICKLED_BEGIN_NAMESPACE

value_view to_value(const address& a, value_builder& b);

namespace detail {

// Each write_x writes one value; each read_x gives nullopt for a value that is no such thing.
// Reading allocates no more than the value itself takes.

void write_address(const address& a, splicer& out);
// Of lists and tuple subclasses, which CPython does not take for addresses either: nullopt.
std::optional<address> read_address(value_argument v);

// Of bytes, or of the AuthenticationString(bytes) that is pickled while a process is spawned.
std::optional<std::string> read_authkey(value_argument v);

struct token {
  std::string type_id;
  address server;
  std::string ident;

  friend bool operator==(const token&, const token&) = default;
};

void write_token(const token& t, splicer& out);
std::optional<token> read_token(value_argument v);

// The methods of an object, as create, '#PROXY' and AutoProxy tell them.
void write_exposed(std::span<const std::string> methods, splicer& out);
std::optional<std::vector<std::string>> read_exposed(value_argument v);

struct pickled_proxy {
  std::string module = "multiprocessing.managers";
  std::string proxytype;  // "DictProxy"; "AutoProxy" for types without a class of their own
  token referent;
  // Without it the receiver takes its process' own.
  std::optional<std::string> authkey;
  // The methods; an AutoProxy without it asks the server for them.
  std::optional<std::vector<std::string>> exposed;
};

void write_proxy(const pickled_proxy& p, splicer& out);
std::optional<pickled_proxy> read_proxy(value_argument v);

}  // namespace detail

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONNECTION_TOKEN_HPP
