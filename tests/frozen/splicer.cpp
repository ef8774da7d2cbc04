// SPDX-License-Identifier: BSL-1.0

#include "pickled/frozen/splicer.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <memory>
#include <string>
#include <utility>

using pickled::as_bytes;
using pickled::as_text;
using pickled::buffer;
using pickled::bytes_view;
using pickled::frozen;
using pickled::kind;
using pickled::spliced;
using pickled::splicer;
using namespace std::string_literals;

namespace {

frozen block(kind what, const std::string& run, std::uint32_t memo_count = 0) {
  frozen::traits about;
  about.kind = what;
  about.memo_count = memo_count;
  return frozen::block(as_bytes(run), about);
}

std::string finished(splicer& s) {
  const spliced message = std::move(s).finish();
  const buffer all = message.joined();
  CHECK(all.size() == message.size());
  return std::string(as_text(all));
}

}  // namespace

TEST_CASE("a message is PROTO, one value and STOP", "[pickle]") {
  splicer s;
  s.begin_tuple().str("#RETURN").none().end_tuple();
  CHECK(finished(s) == "\x80\x04(\x8c\x07#RETURNNt."s);
}

TEST_CASE("scalars and empty containers are written in their shortest form", "[pickle]") {
  splicer s;
  s.begin_tuple().boolean(true).boolean(false).integer(7).integer(-1).real(1.5);
  s.bytes(as_bytes("b")).begin_tuple().end_tuple().begin_list().end_list();
  s.begin_dict().end_dict().begin_set().end_set().begin_frozenset().end_frozenset().end_tuple();
  CHECK(finished(s) ==
        "\x80\x04(\x88\x89K\x07J\xff\xff\xff\xffG\x3f\xf8\0\0\0\0\0\0"
        "C\x01"s +
            "b)]}\x8f(\x91t."s);
}

TEST_CASE("globals and calls nest", "[pickle]") {
  splicer s;
  s.begin_list().global("m", "C").begin_tuple().integer(1).end_tuple().newobj().none().build();
  s.global("m", "f").begin_tuple().end_tuple().reduce().end_list();
  CHECK(finished(s) ==
        "\x80\x04](\x8c\x01m\x8c\x01"s + "C\x93(K\x01t\x81Nb\x8c\x01m\x8c\x01"s + "f\x93)Re."s);
}

TEST_CASE("lists, dicts and sets are written in batches of 1000", "[pickle]") {
  splicer s;
  s.begin_list();
  for (int i = 0; i != 2001; ++i)
    s.none();
  s.end_list();
  const std::string batch = "(" + std::string(1000, 'N') + "e";
  CHECK(finished(s) == "\x80\x04]"s + batch + batch + "(Ne.");

  splicer d;
  d.begin_dict();
  for (int i = 0; i != 1001; ++i)
    d.integer(i & 1).none();
  d.end_dict();
  CHECK(finished(d).substr(3 + 1 + 3000 - 1) == "Nu(K\0Nu."s);

  splicer set;
  set.begin_set();
  for (int i = 0; i != 1001; ++i)
    set.none();
  set.end_set();
  CHECK(finished(set).substr(2 + 1 + 1001) == "\x90(N\x90."s);
}

TEST_CASE("a batch does not end between a callable and its arguments", "[pickle]") {
  splicer s;
  s.begin_list();
  for (int i = 0; i != 999; ++i)
    s.none();
  s.global("m", "f").begin_tuple().end_tuple().reduce().none().none().end_list();
  CHECK(finished(s) ==
        "\x80\x04]("s + std::string(999, 'N') + "\x8c\x01m\x8c\x01"s + "f\x93)RN"s + "e(Ne.");

  splicer d;  // nor between a key and its value
  d.begin_dict();
  for (int i = 0; i != 999; ++i)
    d.none().none();
  d.integer(1).global("m", "f").none().none().none().none().end_dict();
  CHECK(finished(d) ==
        "\x80\x04}("s + std::string(1998, 'N') + "K\x01\x8c\x01m\x8c\x01"s + "f\x93NN"s + "u(NNu.");
}

TEST_CASE("a block met twice is one object for the reader", "[pickle]") {
  const frozen empty = block(kind::list, "]");
  const frozen copy = empty;
  splicer s;
  s.begin_list().frozen(empty).frozen(copy).frozen(empty).end_list();
  CHECK(finished(s) == "\x80\x04](]q\0h\0h\0e."s);
}

TEST_CASE("message memos are numbered above those of every run", "[pickle]") {
  const frozen shared = block(kind::list, "]");
  const frozen copy = shared;
  const frozen cyclic = block(kind::list, "]q\0h\0a"s, 1);
  splicer s;
  s.begin_list().frozen(shared).frozen(cyclic).frozen(copy).end_list();
  CHECK(finished(s) == "\x80\x04](]q\x01]q\0h\0ah\x01"s + "e.");

  const frozen many = block(kind::list, "]", 300);
  splicer t;
  t.begin_tuple().frozen(shared).frozen(many).frozen(copy).end_tuple();
  CHECK(finished(t) == "\x80\x04(]r\x2c\x01\0\0]j\x2c\x01\0\0t."s);
}

TEST_CASE("two runs with the same memo numbers follow one another unchanged", "[pickle]") {
  const frozen a = block(kind::list, "]q\0h\0a"s, 1);
  const frozen b = block(kind::list, "]q\0h\0a"s, 1);
  splicer s;
  s.begin_tuple().frozen(a).frozen(b).end_tuple();
  CHECK(finished(s) == "\x80\x04(]q\0h\0a]q\0h\0at."s);
}

TEST_CASE("many shared blocks keep their identities apart", "[pickle]") {
  std::vector<frozen> blocks;
  for (int i = 0; i != 300; ++i)
    blocks.push_back(block(kind::list, "]"));
  const std::vector<frozen> copies = blocks;
  splicer s;
  s.begin_tuple();
  for (const frozen& f : blocks)
    s.frozen(f);
  for (const frozen& f : copies)
    s.frozen(f);
  s.end_tuple();
  std::string expected = "\x80\x04("s;
  for (int i = 0; i != 256; ++i)
    expected += "]q"s + static_cast<char>(i);
  for (int i = 256; i != 300; ++i)
    expected += "]r"s + static_cast<char>(i - 256) + "\x01\0\0"s;
  for (int i = 0; i != 256; ++i)
    expected += "h"s + static_cast<char>(i);
  for (int i = 256; i != 300; ++i)
    expected += "j"s + static_cast<char>(i - 256) + "\x01\0\0"s;
  CHECK(finished(s) == expected + "t.");
}

TEST_CASE("a large block is referred to, not copied", "[pickle]") {
  const frozen large = frozen::bytes(as_bytes(std::string(10000, 'x')));
  const frozen copy = large;
  splicer s;
  s.begin_tuple().str("a").frozen(large).str("b").frozen(copy).end_tuple();
  CHECK(s.size() < 10100);
  const spliced message = std::move(s).finish();
  std::vector<bytes_view> pieces;
  message.for_each_piece([&](bytes_view piece) { pieces.push_back(piece); });
  REQUIRE(pieces.size() == 3);
  CHECK(as_text(pieces[0]) == "\x80\x04(\x8c\x01"s + "a");
  CHECK(pieces[1].data() == large.run().data());
  CHECK(pieces[1].size() == large.run().size());
  CHECK(as_text(pieces[2]) == "q\0\x8c\x01"s + "bh\0t."s);
  CHECK(message.size() == pieces[0].size() + pieces[1].size() + pieces[2].size());
}

TEST_CASE("a spliced message owns what it refers to", "[pickle]") {
  spliced message = [] {
    splicer s;
    s.frozen(frozen::bytes(as_bytes(std::string(10000, 'x'))));
    return std::move(s).finish();
  }();
  const spliced moved = std::move(message);
  CHECK(as_text(moved.joined()).substr(7) == std::string(10000, 'x') + ".");
}

TEST_CASE("holes are written for the receiver", "[pickle]") {
  auto proxy = std::make_shared<pickled::proxy_reference>();
  proxy->ident = "7f";
  frozen::traits about;
  about.kind = kind::list;
  const frozen f = frozen::block(as_bytes("](Ne"), about, {{2, proxy}, {3, proxy}});
  const splicer::write_proxy proxies = [](const pickled::proxy_reference& p, splicer& s) {
    s.global("m", "f").begin_tuple().str(p.ident).end_tuple().reduce();
  };
  splicer s(&proxies);
  s.begin_list().frozen(f).none().end_list();
  const std::string written = "\x8c\x01m\x8c\x01"s + "f\x93(\x8c\x02" + "7ftR";
  CHECK(finished(s) == "\x80\x04](]("s + written + "N" + written + "eNe.");
}

TEST_CASE("protocol 5 is announced only where a run needs it", "[pickle]") {
  frozen::traits about;
  about.kind = kind::bytearray;
  about.uses_protocol_5 = true;
  splicer s;
  s.frozen(frozen::block(as_bytes("\x96\0\0\0\0\0\0\0\0"s), about));
  CHECK(finished(s) == "\x80\x05\x96\0\0\0\0\0\0\0\0."s);
}

TEST_CASE("what was spliced can be put to rest", "[pickle]") {
  splicer leaf;
  leaf.integer(3);
  CHECK(std::move(leaf).freeze().as_integer() == 3);

  const frozen shared = block(kind::list, "]");
  const frozen copy = shared;
  splicer s;
  s.begin_dict().str("k").frozen(shared).str("l").frozen(copy).end_dict();
  const frozen dict = std::move(s).freeze();
  CHECK(dict.kind() == kind::dict);
  CHECK(dict.about().memo_count == 1);
  CHECK_FALSE(dict.about().opaque_equality);
  CHECK(as_text(dict.run()) == "}(\x8c\x01k]q\0\x8c\x01lh\0u"s);

  splicer nan;
  nan.begin_tuple().real(std::numeric_limits<double>::quiet_NaN()).end_tuple();
  CHECK(std::move(nan).freeze().about().opaque_equality);
}

TEST_CASE("holes stay holes in what is put to rest", "[pickle]") {
  auto proxy = std::make_shared<pickled::proxy_reference>();
  frozen::traits about;
  about.kind = kind::list;
  const frozen f = frozen::block(as_bytes("](Ne"), about, {{3, proxy}});
  const frozen large = frozen::bytes(as_bytes(std::string(5000, 'x')));
  splicer s;
  s.begin_tuple().frozen(large).frozen(f).end_tuple();
  const frozen tuple = std::move(s).freeze();
  CHECK(tuple.kind() == kind::tuple);
  REQUIRE(tuple.holes().size() == 1);
  CHECK(tuple.holes()[0].proxy == proxy);
  CHECK(as_text(tuple.run().first(tuple.holes()[0].offset)).ends_with("](N"));
  CHECK(as_text(tuple.run().subspan(tuple.holes()[0].offset)) == "et");
}
