// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/repr.hpp"

#include "pickled/codec/unpickler.hpp"
#include "pickled/frozen/frozen.hpp"
#include "pickled/python/format.hpp"
#include "pickled/python/python_error.hpp"
#include "tests/recorded.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <array>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace std::string_literals;

namespace {

std::string unescape(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i != text.size(); ++i) {
    plain += text[i] != '\\' ? text[i] : text[++i] == 'n' ? '\n' : text[i];
  }
  return plain;
}

}  // namespace

TEST_CASE("a value is written to a stream and by fmt as its repr", "[pickle]") {
  const value v = loads("\x80\4]\x8c\1a\x61.");
  std::ostringstream out;
  out << v;
  CHECK(out.str() == "['a']");
  CHECK(fmt::format("{:>7}", v) == "  ['a']");
  CHECK(fmt::format("{}", v[0]) == "'a'");
}

TEST_CASE("values print as in CPython", "[pickle]") {
  std::ifstream in(test_data("pickle/repr.txt"));
  std::size_t lines = 0;
  for (std::string line; std::getline(in, line); ++lines) {
    const std::size_t tab = line.find('\t');
    CAPTURE(lines + 1, line.substr(0, tab));
    CHECK(repr(loads(as_bytes(unhex(line.substr(0, tab))))) == unescape(line.substr(tab + 1)));
  }
  CHECK(lines > 500);
}

TEST_CASE("only classes of pathlib print as paths", "[pickle]") {
  CHECK(repr(loads(as_bytes("cmymod\nWindowsPath\n(Va\ntR."))) ==
        "<mymod.WindowsPath object at 0x7f0000000010>");
  CHECK(repr(loads(as_bytes("cpathlib\nWindowsPath\n(Va\ntR."))) == "WindowsPath('a')");
}

TEST_CASE("a path of many parts stops at the limit", "[pickle]") {
  arena where;
  value_builder build(where);
  const std::vector<value_view> parts(100'000, build.str(std::string(100'000, 'x')));
  const auto path = [&](std::string_view type) {
    return build.instance(instance_node::construction::reduce, build.global("pathlib", type),
                          build.tuple(parts));
  };
  CHECK(repr(path("PureWindowsPath"), 1000).size() == 1000);
  CHECK(repr(path("PosixPath")) == "<pathlib.PosixPath object at 0x7f0000000010>");
}

TEST_CASE("an annotation that is too long prints as any instance", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view type = build.global("m", std::string(1000, 'C'));
  const std::vector<value_view> types(100'000, type);
  const value_view list = build.global("builtins", "list");
  const value_view args = build.tuple(std::array{list, build.tuple(types)});
  const value_view alias = build.instance(instance_node::construction::reduce,
                                          build.global("types", "GenericAlias"), args);
  CHECK(repr(alias) == "<types.GenericAlias object at 0x7f0000000010>");
}

TEST_CASE("repr stops at its limit, whatever is shared or nested", "[pickle]") {
  arena where;
  value_builder build(where);
  value_view doubled = value_view::integer(1);
  value_view nested = build.list();
  for (int i = 0; i != 40; ++i)
    doubled = build.list(std::array{doubled, doubled});
  for (int i = 0; i != 200'000; ++i)
    nested = build.tuple(std::array{nested});
  CHECK(repr(doubled, 75) == std::string(40, '[') + "1, 1], [1, 1]], [[1, 1], [1, 1]]], ");
  CHECK(repr(doubled, 1000).size() == 1000);
  CHECK(repr(nested).size() == 200'000 + 2 + 2 * 200'000);
  CHECK(repr(build.str(std::string(1'000'000, 'x')), 10) == "'xxxxxxxxx");
  CHECK(repr(build.bytes(as_bytes(std::string(1'000'000, '\xff'))), 10) == "b'\\xff\\xff");
  CHECK(repr(build.str("\xc3\xa9\xc3\xa9"), 4) == "'\xc3\xa9");
}

TEST_CASE("a key that was sent twice prints once", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view one = value_view::integer(1);
  const value_view real_one = value_view::real(1);
  CHECK(repr(build.set(std::array{real_one, one})) == "{1.0}");
  CHECK(repr(build.dict(std::array{dict_entry{one, one}, dict_entry{value_view::none(), one},
                                   dict_entry{real_one, real_one}})) == "{1: 1.0, None: 1}");
}

TEST_CASE("an int of more digits than CPython prints is refused", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view huge = build.integer(as_bytes(std::string(50'000, '\x01')));
  try {
    repr(build.list(std::array{huge}));
    FAIL("no error");
  } catch (const python_error& error) {
    CHECK(std::string(error.what()) ==
          "ValueError: Exceeds the limit (4300 digits) for integer string conversion; use "
          "sys.set_int_max_str_digits() to increase the limit");
  }
  std::error_code error;
  CHECK(repr(huge, error).empty());
  CHECK(error == pickle_errc::python_exception);
  CHECK(repr(value_view::integer(7), error) == "7");
  CHECK_FALSE(error);
}

TEST_CASE("values that only a stream can hold print something", "[pickle]") {
  arena where;
  value_builder build(where);
  const proxy_reference proxy{nullptr, "dict", "1f", "DictProxy", std::nullopt};
  CHECK(repr(build.proxy(proxy)) == "<DictProxy object, typeid 'dict' at 0x7f0000000010>");
  CHECK(repr(build.persistent(build.str("id"))) == "<persistent 'id'>");
  CHECK(repr(value_view::extension(240)) == "<extension 240>");
  // An instance whose arguments lead back to itself.
  const value_view args = build.list();
  const value_view error =
      build.instance(instance_node::construction::reduce, build.global("builtins", "ValueError"),
                     build.tuple(std::array{args}));
  build.append(args, error);
  CHECK(repr(error) == "ValueError([ValueError([...])])");
}

// Recorded with 3.15, which the other samples are not.
TEST_CASE("arrays of the newest typecodes", "[pickle]") {
  const std::string reconstruct =
      "\x80\4\x8c\5array\x8c\x14_array_reconstructor\x93(\x8c\5array\x8c\5array\x93\x8c"s;
  CHECK(repr(loads(as_bytes(reconstruct + "\1eK\x1a"
                                          "C\2\0>tR."s))) == "array('e', [1.5])");
  CHECK(repr(loads(as_bytes(reconstruct + "\1eK\x1b"
                                          "C\2>\0tR."s))) == "array('e', [1.5])");
  CHECK(repr(loads(as_bytes(reconstruct + "\2ZfK\x16"
                                          "C\x08\0\0\0\0\0\0\x80?tR."s))) == "array('Zf', [1j])");
  CHECK(repr(loads(as_bytes(reconstruct + "\2ZdK\x18"
                                          "C\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xf0?tR."s))) ==
        "array('Zd', [1j])");
  CHECK(repr(loads(as_bytes(reconstruct + "\1fK\x0e"
                                          "C\4\0\0\xc0?tR."s))) == "array('f', [1.5])");
  CHECK(repr(loads(as_bytes(reconstruct + "\1dK\x11"
                                          "C\x08?\xf8\0\0\0\0\0\0tR."s))) == "array('d', [1.5])");
}

TEST_CASE("times of pandas print as instances", "[pickle]") {
  const value delta =
      loads(as_bytes("cpandas._libs.tslibs.timedeltas\n_timedelta_unpickle\n"
                     "(I1000000000\nI10\ntR."s));
  CHECK(repr(delta).starts_with("<pandas.Timedelta object at 0x"));
}
