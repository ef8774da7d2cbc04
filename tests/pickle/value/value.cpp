// SPDX-License-Identifier: BSL-1.0

#include "pickled/value/value.hpp"

#include "pickled/value/proxy_reference.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <new>
#include <string>
#include <vector>

using namespace pickled;

namespace {

bytes_view bytes_of(const std::vector<std::uint8_t>& numbers) {
  return std::as_bytes(std::span(numbers));
}

}  // namespace

TEST_CASE("a view of a leaf holds the leaf", "[pickle]") {
  CHECK(value_view().is_none());
  CHECK(value_view::boolean(true).as_bool());
  CHECK(value_view::integer(-5).as_integer() == -5);
  CHECK(value_view::real(0.5).as_real() == 0.5);
  CHECK(value_view::extension(240).as_extension() == 240);
  CHECK(value_view::integer(1).identity() == nullptr);
  CHECK(value_view::integer(1).depth() == 0);
}

TEST_CASE("items are found by key and number", "[pickle]") {
  arena a;
  value_builder build(a);
  const value_view numbers[] = {value_view::integer(1), value_view::integer(2)};
  const dict_entry entries[] = {{build.str("k"), value_view::integer(1)},
                                {value_view::integer(0), value_view::none()},
                                {build.str("k"), build.list(numbers)}};
  const value_view dict = build.dict(entries);
  CHECK(dict.contains("k"));
  CHECK_FALSE(dict.contains("x"));
  CHECK_FALSE(value_view().contains("k"));
  CHECK(dict["k"][1].as_integer() == 2);
  CHECK(dict["k"].if_items()->size() == 2);
  CHECK_THROWS_WITH(dict["x"], "no item 'x' in a value of type dict");
  CHECK_THROWS_WITH(dict["k"]["x"], "no item 'x' in a value of type list");
  CHECK_THROWS_WITH(dict["k"][2], "no item 2 in a value of type list");
  CHECK_THROWS_WITH(dict[0], "no item 0 in a value of type dict");
  try {
    static_cast<void>(dict[0]);
  } catch (const error& e) {
    CHECK(e.code() == pickle_errc::not_found);
  }
}

TEST_CASE("a value is had as what it is, or not at all", "[pickle]") {
  arena a;
  value_builder build(a);
  CHECK(value_view::boolean(true).if_bool() == true);
  CHECK(value_view::integer(7).if_integer() == 7);
  CHECK_FALSE(value_view::boolean(true).if_integer());
  CHECK(value_view::real(1.5).if_real() == 1.5);
  CHECK(build.str("x").if_str() == "x");
  CHECK_FALSE(build.str("x").if_bytes());
  CHECK(build.bytearray(as_bytes("xy")).if_bytes()->size() == 2);
  CHECK(build.dict().if_entries()->empty());
  CHECK_FALSE(build.dict().if_items());
}

TEST_CASE("a builder copies what it is given", "[pickle]") {
  arena a;
  value_builder build(a);
  std::string text = "caf\xc3\xa9";
  const value_view str = build.str(text);
  text[0] = 'x';
  CHECK(str.as_str() == "caf\xc3\xa9");
  CHECK(str.size() == 4);
  CHECK(build.complex(1, -2).as_complex().imag == -2);
  const global_name name = build.global("mymod", "Outer.Inner").as_global();
  CHECK(name == global_name{"mymod", "Outer.Inner"});
}

TEST_CASE("an empty bytearray has an identity and an empty str has none", "[pickle]") {
  arena a;
  value_builder build(a);
  CHECK(build.str("").identity() == nullptr);
  CHECK(build.bytearray({}).identity() != build.bytearray({}).identity());
}

TEST_CASE("integers become big ones only where 64 bits do not do", "[pickle]") {
  struct {
    std::vector<std::uint8_t> bytes;
    std::int64_t expected;
  } const small[] = {
      {{}, 0},
      {{0xff}, -1},
      {{0x80}, -128},
      {{0x80, 0x00}, 128},
      {{0xff, 0xff, 0xff}, -1},
      {{0, 0, 0, 0, 0, 0, 0, 0x80}, INT64_MIN},
      {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0}, INT64_MAX},
  };
  arena a;
  value_builder build(a);
  for (const auto& entry : small) {
    const value_view v = build.integer(bytes_of(entry.bytes));
    REQUIRE(v.is(kind::integer));
    CHECK(v.as_integer() == entry.expected);
  }
  const value_view big = build.integer(bytes_of({0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0}));
  REQUIRE(big.is(kind::big_integer));
  CHECK(big.as_bytes().size() == 9);
}

TEST_CASE("containers grow, know their depth and may contain themselves", "[pickle]") {
  arena a;
  value_builder build(a);
  const value_view list = build.list();
  CHECK(list.depth() == 1);
  for (int i = 0; i < 100; ++i)
    build.append(list, value_view::integer(i));
  build.append(list, list);
  REQUIRE(list.size() == 101);
  CHECK(list.as_items()[99].as_integer() == 99);
  CHECK(list.as_items()[100].identity() == list.identity());

  const value_view dict = build.dict();
  const std::array pair{value_view::integer(1), build.str("x")};
  build.insert(dict, build.tuple(pair), build.set(pair));
  CHECK(dict.depth() == 2);
  CHECK(dict.as_entries()[0].key.as_items()[1].as_str() == "x");
  CHECK(dict.as_entries()[0].value.is(kind::set));
  CHECK(build.frozenset(std::array{dict}).depth() == 3);
}

TEST_CASE("an instance keeps its call and its changes in order", "[pickle]") {
  arena a;
  value_builder build(a);
  const value_view object =
      build.instance(instance_node::construction::newobj, build.global("m", "C"), build.tuple({}));
  using change = instance_node::change;
  build.change(object, {change::action::append, value_view::integer(1), {}});
  build.change(object, {change::action::build, build.dict(), {}});
  const instance_node& node = object.as_instance();
  CHECK(node.callable.as_global().name == "C");
  REQUIRE(node.changes.size == 2);
  CHECK(node.changes.view()[0].action == change::action::append);
  CHECK(node.changes.view()[1].first.is(kind::dict));
  CHECK(object.depth() == 2);
}

TEST_CASE("only what Python could hash is hashable", "[pickle]") {
  arena a;
  value_builder build(a);
  CHECK(build.str("x").hashable());
  CHECK(build.frozenset({}).hashable());
  CHECK(build.tuple(std::array{build.str("x")}).hashable());
  CHECK_FALSE(build.list().hashable());
  CHECK_FALSE(build.bytearray({}).hashable());
  const value_view inner = build.tuple(std::array{build.dict()});
  CHECK_FALSE(build.tuple(std::array{value_view::integer(1), inner}).hashable());
}

TEST_CASE("a builder throws at the limit of its arena", "[pickle]") {
  arena a(4096);
  value_builder build(a);
  CHECK_THROWS_AS(build.str(std::string(5000, 'x')), std::bad_alloc);
  CHECK(build.str("small").as_str() == "small");
}

TEST_CASE("a value of another kind is told", "[pickle]") {
  const auto refusal = [](const auto& access) -> std::string {
    try {
      access();
    } catch (const pickled::access_error& error) {
      CHECK(error.code() == pickled::pickle_errc::other_kind);
      return error.what();
    }
    return "none";
  };
  const value_view number = value_view::integer(1);
  CHECK(refusal([&] { static_cast<void>(number.as_real()); }) == "expected float, got int");
  CHECK(refusal([&] { static_cast<void>(number.as_str()); }) == "expected str, got int");
  CHECK(refusal([&] { static_cast<void>(number.as_bytes()); }) == "expected bytes, got int");
  CHECK(refusal([&] { static_cast<void>(number.as_items()); }) == "expected tuple, got int");
  CHECK(refusal([&] { static_cast<void>(number.as_entries()); }) == "expected dict, got int");
  CHECK(refusal([&] { static_cast<void>(number.as_instance()); }) == "expected instance, got int");
  CHECK(refusal([] { static_cast<void>(value_view().as_integer()); }) == "expected int, got None");
  CHECK(refusal([&] { static_cast<void>(number.as_integer()); }) == "none");
}

TEST_CASE("what a value is not is nothing", "[pickle]") {
  arena a;
  value_builder build(a);
  const value_view items = build.list(std::array{value_view::integer(7), build.complex(1, 2)});
  CHECK(items.find(0)->if_integer() == 7);
  CHECK(items.find(2) == nullptr);
  CHECK(build.tuple(std::array{value_view::integer(7)}).find(0)->as_integer() == 7);
  CHECK(build.dict().find(0) == nullptr);
  CHECK(items[1].if_complex()->imag == 2);
  CHECK_FALSE(items.if_complex());

  const value_view global = build.global("m", "C");
  CHECK(global.if_global()->name == "C");
  CHECK_FALSE(items.if_global());
  CHECK(value_view::extension(3).if_extension() == 3);
  CHECK_FALSE(items.if_extension());
  CHECK(build.persistent(value_view::integer(4)).if_persistent_id()->as_integer() == 4);
  CHECK_FALSE(items.if_persistent_id());
  const value_view object =
      build.instance(instance_node::construction::reduce, global, build.tuple({}));
  CHECK(object.if_instance() == &object.as_instance());
  CHECK(items.if_instance() == nullptr);
  CHECK(build.buffer({{}, 5, true}).if_buffer()->index == 5);
  CHECK(items.if_buffer() == nullptr);
  const proxy_reference reference{nullptr, "list", "x", "ListProxy", {}};
  CHECK(build.proxy(reference).if_proxy() == &reference);
  CHECK(items.if_proxy() == nullptr);
}
