// SPDX-License-Identifier: BSL-1.0

#include "pickled/connection/token.hpp"

#include "pickled/codec/unpickler.hpp"
#include "tests/recorded.hpp"

#include <catch2/catch.hpp>

using namespace pickled;
using namespace pickled::detail;
using namespace std::string_literals;

namespace {

const token tcp{"dict", address::inet("127.0.0.1", 5000), "7fa35711b640"};
const token unix{"Queue", address::unix_path("/run/p/mgr.sock"), "7fa357124640"};
const token abstract{"list", address::unix_abstract("name"), "1000"};

// What `write` writes, read back.
template <class Write>
value written(Write write) {
  splicer out;
  write(out);
  const buffer message = std::move(out).finish().joined();
  return loads(message);
}

// `text` is a pickle without PROTO and STOP.
value pickled_text(const std::string& text) {
  return loads(as_bytes("\x80\x04" + text + "."));
}

}  // namespace

TEST_CASE("tokens of CPython's are read", "[connection]") {
  for (const auto& message : recorded_messages("token tcp"))
    CHECK(read_token(loads(as_bytes(message))) == tcp);
  for (const auto& message : recorded_messages("token unix"))
    CHECK(read_token(loads(as_bytes(message))) == unix);
  for (const auto& message : recorded_messages("token abstract"))
    CHECK(read_token(loads(as_bytes(message))) == abstract);
}

TEST_CASE("a token that is written is read back", "[connection]") {
  for (const token& t : {tcp, unix, abstract})
    CHECK(read_token(written([&](splicer& out) { write_token(t, out); })) == t);
}

TEST_CASE("an address is converted both ways", "[connection]") {
  arena room;
  value_builder builder(room);
  for (const address& a : {tcp.server, unix.server, abstract.server, address::inet("", 0)}) {
    CHECK(read_address(written([&](splicer& out) { write_address(a, out); })) == a);
    CHECK(read_address(to_value(a, builder)) == a);
  }
}

TEST_CASE("what is no address of Python's is told so", "[connection]") {
  for (const std::string& text :
       {"N"s, "K\1"s, ")"s, "C\1a"s, "C\0"s, "\x8c\1hK\1\x85"s, "K\1K\1\x86"s,
        "\x8c\1h\x8c\1p\x86"s, "\x8c\1hJ\xff\xff\xff\xff\x86"s, "\x8c\1hJ\0\0\1\0\x86"s,
        "\x8c\1hK\1N\x87"s, "](\x8c\1hK\1e"s})
    CHECK_FALSE(read_address(pickled_text(text)));
  CHECK(read_address(pickled_text("\x8c\2\0n"s)) == address::unix_abstract("n"));
}

TEST_CASE("what is no token is told so", "[connection]") {
  const std::string token = "\x8c\x18multiprocessing.managers\x8c\5Token\x93"s;
  for (const std::string& text :
       {"N"s, token, token + ")\x81", token + ")\x81Nb", token + ")\x81(\x8c\1tNNtb",
        token + ")\x81(\x8c\1t\x8c\1aNtb", token + ")\x81(N\x8c\1a\x8c\1itb",
        token + ")\x81(\x8c\1t\x8c\1a\x8c\1itbNa",
        "\x8c\1m\x8c\5Token\x93(\x8c\1t\x8c\1a\x8c\1it\x81"s}) {
    load_error error;
    const value v = loads(as_bytes("\x80\x04" + text + "."), error);
    CHECK_FALSE(read_token(v));
  }
  CHECK(read_token(pickled_text(token + "(\x8c\1t\x8c\1a\x8c\1itR"s)) ==
        pickled::detail::token{"t", address::unix_path("a"), "i"});
}

TEST_CASE("proxies of CPython's are read", "[connection]") {
  for (const auto& message : recorded_messages("proxy")) {
    const auto p = read_proxy(loads(as_bytes(message)));
    REQUIRE(p);
    CHECK(p->module == "multiprocessing.managers");
    CHECK(p->proxytype == "DictProxy");
    CHECK(p->referent == tcp);
    CHECK_FALSE(p->authkey);
    CHECK_FALSE(p->exposed);
  }
  for (const auto& message : recorded_messages("auto proxy")) {
    const auto p = read_proxy(loads(as_bytes(message)));
    REQUIRE(p);
    CHECK(p->proxytype == "AutoProxy");
    CHECK(p->referent == unix);
    CHECK(p->exposed == std::vector{"get"s, "put"s});
  }
  for (const auto& message : recorded_messages("spawned proxy")) {
    const auto p = read_proxy(loads(as_bytes(message)));
    REQUIRE(p);
    CHECK(p->authkey == "key");
  }
}

TEST_CASE("a proxy that is written is read back", "[connection]") {
  const pickled_proxy p{"shop", "CartProxy", tcp, "secret", std::vector{"add"s, "total"s}};
  const auto back = read_proxy(written([&](splicer& out) { write_proxy(p, out); }));
  REQUIRE(back);
  CHECK(back->module == p.module);
  CHECK(back->proxytype == p.proxytype);
  CHECK(back->referent == p.referent);
  CHECK(back->authkey == p.authkey);
  CHECK(back->exposed == p.exposed);
}

TEST_CASE("what is no proxy is told so", "[connection]") {
  const std::string rebuild = "\x8c\x18multiprocessing.managers\x94\x8c\x0cRebuildProxy\x93"s;
  const std::string type =
      "h\0\x8c\x09"
      "DictProxy\x93"s;
  const std::string token =
      "h\0\x8c\5Token\x93)\x81\x8c\1t\x8c\1a\x8c\1i\x87"
      "b"s;
  CHECK(read_proxy(pickled_text(rebuild + "(" + type + token + "N}tR")));
  for (const std::string& rest :
       {"(" + type + token + "NtR", "(" + type + token + "NNtR", "(N" + token + "N}tR",
        "(" + type + "NN}tR", "(" + type + token + "N}tR}b",
        "(" + type + token +
            "N}\x8c\x07"
            "exposedNK\1stR",
        "(" + type + token + "N}\x8c\7exposedK\1stR", "(" + type + token + "N}\x8c\7authkeyK\1stR",
        "(" + type + token + "N}K\1K\1stR"}) {
    load_error error;
    const value v = loads(as_bytes("\x80\x04" + rebuild + rest + "."), error);
    CHECK_FALSE(read_proxy(v));
  }
}
