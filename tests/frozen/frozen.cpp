// SPDX-License-Identifier: BSL-1.0

#include "pickled/frozen/frozen.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>
#include <utility>

using pickled::as_bytes;
using pickled::as_text;
using pickled::buffer;
using pickled::frozen;
using pickled::kind;
using namespace std::string_literals;

namespace {
frozen list_block() {
  frozen::traits about;
  about.kind = kind::list;
  return frozen::block(as_bytes("]"), about);
}
}  // namespace

TEST_CASE("frozen scalars are CPython's shortest opcodes", "[pickle]") {
  // Written by pickle.dumps(v, 4), less PROTO, FRAME, MEMOIZE and STOP.
  const std::pair<frozen, std::string> table[] = {
      {frozen(), "N"s},
      {frozen::none(), "N"s},
      {frozen::boolean(true), "\x88"s},
      {frozen::boolean(false), "\x89"s},
      {frozen::integer(0), "K\0"s},
      {frozen::integer(255), "K\xff"s},
      {frozen::integer(256), "M\0\x01"s},
      {frozen::integer(65535), "M\xff\xff"s},
      {frozen::integer(65536), "J\0\0\x01\0"s},
      {frozen::integer(-1), "J\xff\xff\xff\xff"s},
      {frozen::integer(2147483647), "J\xff\xff\xff\x7f"s},
      {frozen::integer(-2147483648), "J\0\0\0\x80"s},
      {frozen::integer(2147483648), "\x8a\x05\0\0\0\x80\0"s},
      {frozen::integer(-2147483649), "\x8a\x05\xff\xff\xff\x7f\xff"s},
      {frozen::integer(std::numeric_limits<std::int64_t>::max()),
       "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"s},
      {frozen::integer(std::numeric_limits<std::int64_t>::min()), "\x8a\x08\0\0\0\0\0\0\0\x80"s},
      {frozen::real(1.5), "G\x3f\xf8\0\0\0\0\0\0"s},
      {frozen::str("abc"), "\x8c\x03"s + "abc"},
      {frozen::str(""), "\x8c\0"s},
      {frozen::bytes(as_bytes("ab")), "C\x02"s + "ab"},
      {frozen::str(std::string(256, 'x')), "X\0\x01\0\0"s + std::string(256, 'x')},
      {frozen::bytes(as_bytes(std::string(256, 'x'))), "B\0\x01\0\0"s + std::string(256, 'x')},
  };
  for (const auto& [value, run] : table) {
    CHECK(as_text(value.run()) == run);
    CHECK(as_text(value.run_and_stop()) == run + ".");
  }
}

TEST_CASE("frozen leaves are read without thawing", "[pickle]") {
  CHECK(frozen().is_none());
  CHECK_FALSE(frozen::integer(0).is_none());
  CHECK(frozen::boolean(true).as_bool() == true);
  CHECK(frozen::boolean(true).as_integer() == 1);
  CHECK_FALSE(frozen::integer(1).as_bool());
  for (const std::int64_t i :
       {std::int64_t{0}, std::int64_t{255}, std::int64_t{-1}, std::int64_t{65535},
        std::int64_t{1} << 31, -(std::int64_t{1} << 31) - 1, std::int64_t{1} << 40,
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    CHECK(frozen::integer(i).kind() == kind::integer);
    CHECK(frozen::integer(i).as_integer() == i);
  }
  CHECK(frozen::real(-0.5).as_real() == -0.5);
  CHECK_FALSE(frozen::integer(1).as_real());
  CHECK_FALSE(frozen::real(1).as_integer());
  for (const std::size_t length : {0u, 1u, 28u, 29u, 255u, 256u, 70000u}) {
    const std::string text(length, 'a');
    CHECK(frozen::str(text).kind() == kind::str);
    CHECK(frozen::str(text).as_str() == text);
    CHECK_FALSE(frozen::str(text).as_bytes());
    CHECK(as_text(*frozen::bytes(as_bytes(text)).as_bytes()) == text);
    CHECK_FALSE(frozen::bytes(as_bytes(text)).as_str());
  }
}

TEST_CASE("short leaves are inline, all else is one shared block", "[pickle]") {
  CHECK(frozen::str(std::string(frozen::inline_capacity - 2, 'a')).identity() == nullptr);
  CHECK(frozen::str(std::string(frozen::inline_capacity - 2, 'a')).memory() == 0);
  CHECK(frozen::str(std::string(frozen::inline_capacity - 1, 'a')).identity() != nullptr);

  const frozen list = list_block();
  CHECK(list.identity() != nullptr);
  CHECK(list.unique());
  CHECK(list.memory() > 1);
  frozen copy = list;
  CHECK(copy.identity() == list.identity());
  CHECK_FALSE(list.unique());
  CHECK(list_block().identity() != list.identity());

  const frozen moved = std::move(copy);
  CHECK(moved.identity() == list.identity());
  copy = moved;
  copy = frozen::integer(1);
  CHECK(copy.as_integer() == 1);
  copy = std::as_const(copy);
  CHECK(copy.as_integer() == 1);
}

TEST_CASE("only the empty tuple among tuples is a leaf", "[pickle]") {
  frozen::traits about;
  about.kind = kind::tuple;
  CHECK(frozen::block(as_bytes(")"), about).identity() == nullptr);
  CHECK(frozen::block(as_bytes("N\x85"), about).identity() != nullptr);
  CHECK(frozen::block(as_bytes(")"), about).kind() == kind::tuple);
}

TEST_CASE("a large run is taken over, not copied", "[pickle]") {
  buffer run;
  run.append("B");
  run.append(std::string("\0\0\x10\0", 4));
  run.append(std::string(1 << 20, 'x'));
  run.prepare(1);
  const std::byte* where = run.data();
  frozen::traits about;
  about.kind = kind::bytes;
  const frozen f = frozen::block(std::move(run), about);
  CHECK(f.run().data() == where);
  CHECK(f.as_bytes()->size() == 1 << 20);
  CHECK(f.run_and_stop().back() == std::byte{'.'});
  CHECK(f.memory() >= 1 << 20);
}

TEST_CASE("NaN is the only leaf whose bytes prove no equality", "[pickle]") {
  CHECK(frozen::real(std::numeric_limits<double>::quiet_NaN()).about().opaque_equality);
  CHECK_FALSE(frozen::real(0).about().opaque_equality);
  CHECK_FALSE(frozen::real(std::numeric_limits<double>::infinity()).about().opaque_equality);
  CHECK_FALSE(frozen::str("G").about().opaque_equality);
}

TEST_CASE("a block keeps the proxies in it alive", "[pickle]") {
  auto proxy = std::make_shared<pickled::proxy_reference>();
  const std::weak_ptr<pickled::proxy_reference> watch = proxy;
  {
    frozen::traits about;
    const frozen f = frozen::block(as_bytes("]a"), about, {{1, std::move(proxy)}});
    CHECK(f.holes().size() == 1);
    CHECK(f.holes()[0].offset == 1);
    CHECK_FALSE(watch.expired());
  }
  CHECK(watch.expired());
}
