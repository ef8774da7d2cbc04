// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/compare.hpp"

#include "pickled/codec/unpickler.hpp"
#include "pickled/convert/convert.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/python/type_name.hpp"
#include "tests/recorded.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <system_error>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

std::vector<std::string> split_line(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == '\t') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

// What CPython says of every pair of the sample values: see tests/data/pickle/compare.py.
struct answers {
  std::vector<value> values;
  std::vector<std::string> types;
  std::vector<std::string> hashed;
  std::vector<std::string> equal;
  std::vector<std::string> less;
  std::map<std::pair<std::size_t, std::size_t>, std::string> errors;

  answers() {
    std::ifstream in(test_data("pickle/compare.txt"));
    for (std::string line; std::getline(in, line);) {
      const auto fields = split_line(line);
      if (fields[0] == "value") {
        values.push_back(loads(as_bytes(unhex(fields[1]))));
        types.push_back(fields[2]);
        hashed.push_back(fields[3]);
      } else if (fields[0] == "equal") {
        equal.push_back(fields[2]);
      } else if (fields[0] == "less") {
        less.push_back(fields[2]);
      } else {
        errors[{std::stoul(fields[1]), std::stoul(fields[2])}] = fields[3];
      }
    }
  }
};

const answers& python() {
  static const answers a;
  return a;
}

std::string less_or_error(value_argument a, value_argument b) {
  try {
    return less(a, b) ? "1" : "0";
  } catch (const python_error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("values are keys of C++ containers", "[pickle]") {
  const value one = loads("\x80\4K\1\x85.");
  const value same = loads("\x80\4\x88\x85.");
  CHECK(one == same);
  CHECK(one != loads("\x80\4K\2\x85."));
  CHECK(std::hash<value>()(one) == std::hash<value_view>()(same));
}

// Recorded with 3.15, which the other samples are not.
TEST_CASE("a frozendict is a dict that can be a key", "[pickle]") {
  const auto frozendict = [](const std::string& entries) {
    return loads(
        as_bytes("\x80\4\x8c\x08"
                 "builtins\x8c\nfrozendict\x93}" +
                 entries + "\x85\x81."));
  };
  const value one = frozendict("(\x8c\1aK\1\x8c\1bK\2u");
  const value same = frozendict("(\x8c\1bK\2\x8c\1aK\1u");
  const value dict = loads(as_bytes("\x80\4}(\x8c\1aK\1\x8c\1bK\2u."s));
  CHECK(one == same);
  CHECK(one == dict);
  CHECK(hash(one) == hash(same));
  CHECK(one != frozendict(""));
  CHECK(less_or_error(one, same) ==
        "TypeError: '<' not supported between instances of 'frozendict' and 'frozendict'");
  CHECK(repr(one) == "frozendict({'a': 1, 'b': 2})");
  CHECK(repr(frozendict("")) == "frozendict()");
  const value holds_list = frozendict("\x8c\1a]s");
  CHECK_THROWS_WITH(hash(holds_list), "TypeError: unhashable type: 'list'");
  CHECK_THROWS_WITH(hash(dict), "TypeError: unhashable type: 'dict'");
}

TEST_CASE("IP addresses are ordered by their numbers, and networks by what only they know",
          "[pickle]") {
  const std::string module = "\x80\4cipaddress\nIPv";
  const value one = loads(as_bytes(module + "4Address\nJ\1\0\0\x0a\x85R."s));
  const value two = loads(as_bytes(module + "4Address\nJ\2\0\0\x0a\x85R."s));
  CHECK(less_or_error(one, two) == "1");
  CHECK(less_or_error(two, one) == "0");
  CHECK(less_or_error(one, loads(as_bytes(module + "6Address\nK\1\x85R."s))) ==
        "TypeError: 10.0.0.1 and ::1 are not of the same version");
  // Up to 3.8 the pickle of an IPv6Address has its number, from 3.9 on its text.
  const value number = loads(as_bytes(module + "6Address\n\x8a\x11\1\0\0\0\0\0\0\0"
                                               "\0\0\0\0\0\0\x80\xfe\0\x85R."s));
  const value text = loads(as_bytes(module + "6Address\n\x8c\7fe80::1\x85R."s));
  CHECK(equal(number, text));
  CHECK(hash(number) == hash(text));
  const value network = loads(as_bytes(module + "4Network\n\x8c\x0a"
                                                "10.0.0.0/8\x85R."s));
  CHECK_THAT(less_or_error(network, network), Catch::StartsWith("TypeError"));
}

TEST_CASE("values compare equal where CPython's do", "[pickle]") {
  const answers& a = python();
  REQUIRE(a.values.size() > 200);
  // Each value is loaded twice, so that none is found equal for being the same object.
  const answers again;
  for (std::size_t i = 0; i != a.values.size(); ++i) {
    for (std::size_t j = 0; j != a.values.size(); ++j) {
      if (a.equal[i][j] == '?') continue;
      CAPTURE(i, j, a.types[i], a.types[j]);
      if (a.equal[i][j] == 'X')
        CHECK_THROWS_AS(equal(a.values[i], again.values[j]), python_error);
      else
        CHECK(equal(a.values[i], again.values[j]) == (a.equal[i][j] == '1'));
    }
  }
}

TEST_CASE("values are ordered, or refused, as CPython does it", "[pickle]") {
  const answers& a = python();
  for (std::size_t i = 0; i != a.values.size(); ++i) {
    for (std::size_t j = 0; j != a.values.size(); ++j) {
      CAPTURE(i, j, a.types[i], a.types[j]);
      const char letter = a.less[i][j];
      if (letter == '?') continue;
      const std::string expected =
          letter == 'X' ? a.errors.at({i, j})
          : letter == 'T'
              ? fmt::format("TypeError: '<' not supported between instances of '{}' and '{}'",
                            a.types[i], a.types[j])
              : std::string(1, letter);
      CHECK(less_or_error(a.values[i], a.values[j]) == expected);
    }
  }
}

TEST_CASE("an instance is equal to itself however it was pickled", "[pickle]") {
  const auto all_equal = [](std::initializer_list<std::string_view> pickles) {
    std::vector<value> values;
    for (const std::string_view pickle : pickles)
      values.push_back(loads(pickle));
    for (const value& v : values) {
      CAPTURE(repr(v));
      CHECK(equal(v, values[0]));
      CHECK(hash(v) == hash(values[0]));
    }
  };
  // m.C(), as CPython sends it at protocols 0 and 2, and dumps at 1.
  all_equal({"ccopy_reg\n_reconstructor\n(cm\nC\nc__builtin__\nobject\nNtR(dVa\nI1\nsb.",
             "\x80\2cm\nC\n)\x81}X\1\0\0\0aK\1sb."sv,
             "ccopy_reg\n__newobj__\n(cm\nC\ntR}X\1\0\0\0aK\1sb."sv});
  // m.C.__new__(m.C, 1, k=2) at protocol 4, of CPython at 2, of dumps at 2.
  all_equal({"\x80\4\x8c\1m\x8c\1C\x93K\1\x85}\x8c\1kK\2s\x92."sv,
             "\x80\2"
             "cfunctools\npartial\nc__builtin__\ngetattr\ncm\nC\nX\7\0\0\0__new__\x86Rq\0\x85R("
             "h\0cm\nC\nK\1\x86}X\1\0\0\0kK\2sNtb)R."sv,
             "\x80\2"
             "ccopy_reg\n__newobj_ex__\ncm\nC\nK\1\x85}X\1\0\0\0kK\2s\x87R."sv});
  // The class m.A.B at protocols 4 and 2, and an instance of it.
  all_equal({"\x80\4\x8c\1m\x8c\3A.B\x93.",
             "\x80\2"
             "c__builtin__\ngetattr\ncm\nA\nX\1\0\0\0B\x86R."sv});
  all_equal({"\x80\4\x8c\1m\x8c\3A.B\x93)\x81.",
             "\x80\2"
             "c__builtin__\ngetattr\ncm\nA\nX\1\0\0\0B\x86R)\x81."sv});
}

TEST_CASE("what is dumped at any protocol is equal when it is loaded", "[pickle]") {
  for (const std::string_view pickle : {"\x80\4\x8c\1m\x8c\1C\x93K\1\x85}\x8c\1kK\2s\x92."sv,
                                        "\x80\4\x8c\1m\x8c\1C\x93K\1\x85\x81}\x8c\1kK\2sb."sv,
                                        "\x80\4\x8c\1m\x8c\5A.B.C\x93)\x81."sv}) {
    const value v = loads(pickle);
    for (int protocol = 0; protocol <= 5; ++protocol) {
      for (const bool like_cpython : {false, true}) {
        CAPTURE(repr(v), protocol, like_cpython);
        dump_options options;
        options.protocol = protocol;
        options.like_cpython = like_cpython;
        CHECK(loads(dumps(v, options)) == v);
      }
    }
  }
}

TEST_CASE("a Decimal's NaN is a key for itself", "[pickle]") {
  // n = Decimal('NaN'); [n, {n: 1}, {n: 1}, {Decimal('NaN'): 1}]
  const value v =
      loads("(cdecimal\nDecimal\nq\1(VNaN\ntRq\0(h\0I1\nd(h\0I1\nd(h\1(VNaN\ntRI1\ndl."sv);
  CHECK(equal(v[1], v[2]));
  CHECK_FALSE(equal(v[1], v[3]));
}

TEST_CASE("of two states of a namespace the later one counts", "[pickle]") {
  // BUILD with {'a': 1}, then with {'a': 2}: CPython has namespace(a=2).
  const value twice =
      loads(as_bytes("\x80\2ctypes\nSimpleNamespace\n)R}X\1\0\0\0aK\1sb}X\1\0\0\0aK\2sb."sv));
  const value once = loads(as_bytes("\x80\2ctypes\nSimpleNamespace\n)R}X\1\0\0\0aK\2sb."sv));
  CHECK(repr(twice) == "namespace(a=2)");
  CHECK(equal(twice, once));
}

TEST_CASE("equal values have equal hashes and CPython's unhashable ones none", "[pickle]") {
  const answers& a = python();
  std::vector<std::uint64_t> hashes(a.values.size());
  for (std::size_t i = 0; i != a.values.size(); ++i) {
    CAPTURE(i, a.types[i]);
    std::string refused = "-";
    try {
      hashes[i] = hash(a.values[i]);
    } catch (const python_error& error) {
      CHECK(error.type() == "TypeError");
      refused = error.args()[0]->as_str();
    }
    CHECK(refused == a.hashed[i]);
  }
  for (std::size_t i = 0; i != a.values.size(); ++i) {
    for (std::size_t j = 0; j != i; ++j) {
      if (a.equal[i][j] != '1' || a.hashed[i] != "-" || a.hashed[j] != "-") continue;
      CAPTURE(i, j, a.types[i], a.types[j]);
      CHECK(hashes[i] == hashes[j]);
    }
  }
}

TEST_CASE("equal values have equal hashes as parts of an instance, too", "[pickle]") {
  // There also what Python cannot hash is hashed.
  const answers& a = python();
  arena where;
  value_builder build(where);
  const auto part_of = [&build](value_view v) {
    return build.instance(instance_node::construction::reduce, build.global("mymod", "Holder"),
                          build.tuple(std::array{v}));
  };
  for (std::size_t i = 0; i != a.values.size(); ++i) {
    for (std::size_t j = 0; j != i; ++j) {
      if (a.equal[i][j] != '1') continue;
      CAPTURE(i, j, a.types[i], a.types[j]);
      CHECK(hash(part_of(a.values[i])) == hash(part_of(a.values[j])));
    }
  }
}

namespace {

value_view call(std::string_view module, std::string_view name, std::span<const value_view> args,
                value_builder& build) {
  return build.instance(instance_node::construction::reduce, build.global(module, name),
                        build.tuple(args));
}

}  // namespace

TEST_CASE("what cannot be compared is an error where one is asked for", "[pickle]") {
  std::error_code error;
  CHECK(equal(value_view::integer(1), value_view::real(1.0), error));
  CHECK_FALSE(error);
  CHECK(less(value_view::integer(1), value_view::integer(2), error));
  CHECK_FALSE(error);
  CHECK(hash(value_view::integer(1), error) == hash(value_view::real(1.0)));
  CHECK_FALSE(error);
  CHECK_FALSE(less(value_view::integer(1), value::list(), error));
  CHECK(error == pickle_errc::python_exception);
  CHECK(hash(value::list(), error) == 0);
  CHECK(error == pickle_errc::python_exception);
  std::vector<value> numbers{to_value(2), to_value(1)};
  std::sort(numbers.begin(), numbers.end(), less);
  CHECK(numbers[0].get<int>() == 1);
}

TEST_CASE("what differs has different hashes", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view one = value_view::integer(1);
  using construction = instance_node::construction;
  using change = enum instance_node::change::action;
  const auto made = [&](construction how) {
    return build.instance(how, build.global("mymod", "C"), build.tuple(std::array{one}));
  };
  CHECK(hash(made(construction::reduce)) != hash(made(construction::newobj)));
  const auto changed = [&](change what) {
    const value_view v = made(construction::reduce);
    build.change(v, {what, one, {}});
    return v;
  };
  CHECK(hash(changed(change::append)) != hash(changed(change::additem)));
  CHECK(hash(changed(change::build)) != hash(changed(change::additem)));
  // One instant in zones that only Python knows.
  const auto at = [&](std::int64_t number) {
    const value_view zone = call("mymod", "Zone", std::array{value_view::integer(number)}, build);
    const std::string day = "\x07\xea\x01\x01\x00\x00\x00\x00\x00\x00"s;
    return call("datetime", "datetime", std::array{build.bytes(as_bytes(day)), zone}, build);
  };
  CHECK_FALSE(equal(at(1), at(2)));
  CHECK(hash(at(1)) != hash(at(2)));
  CHECK(hash(at(1)) == hash(at(1)));
}

namespace {

// x = [x, x], `levels` times: 2 ** levels leaves.
value_view doubled(value_view leaf, int levels, value_builder& build) {
  for (int i = 0; i != levels; ++i)
    leaf = build.list(std::array{leaf, leaf});
  return leaf;
}

std::string error_of(const std::function<void()>& compare) {
  try {
    compare();
  } catch (const python_error& error) {
    return error.what();
  }
  return "none";
}

constexpr const char* recursion = "RecursionError: maximum recursion depth exceeded in comparison";

}  // namespace

TEST_CASE("shared parts are compared once", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view a = doubled(value_view::integer(1), 40, build);
  const value_view b = doubled(value_view::integer(1), 40, build);
  const value_view c = doubled(value_view::integer(2), 40, build);
  CHECK(equal(a, b));
  CHECK_FALSE(equal(a, c));
  CHECK(less(a, c));
  CHECK_FALSE(less(a, b));
  value_view tuple = value_view::integer(1);
  for (int i = 0; i != 40; ++i)
    tuple = build.tuple(std::array{tuple, tuple});
  CHECK(hash(tuple) == hash(tuple));
}

TEST_CASE("nesting needs no stack", "[pickle]") {
  arena where;
  value_builder build(where);
  value_view a = build.tuple(std::array{value_view::integer(1)});
  value_view b = build.tuple(std::array{value_view::integer(2)});
  for (int i = 0; i != 200'000; ++i) {
    a = build.tuple(std::array{a});
    b = build.tuple(std::array{b});
  }
  CHECK_FALSE(equal(a, b));
  CHECK(less(a, b));
  CHECK(hash(a) != hash(b));
}

TEST_CASE("comparing cyclic values is an error, as in CPython", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view a = build.list();
  build.append(a, a);
  const value_view b = build.list();
  build.append(b, b);
  CHECK(equal(a, a));
  CHECK_FALSE(less(a, a));
  CHECK(error_of([&] { equal(a, b); }) == recursion);
  CHECK(error_of([&] { less(a, b); }) == recursion);
  const value_view d = build.dict();
  build.insert(d, build.str("me"), d);
  const value_view e = build.dict();
  build.insert(e, build.str("me"), e);
  CHECK(error_of([&] { equal(d, e); }) == recursion);
  // A difference that comes first is found first.
  const value_view f = build.list(std::array{value_view::integer(1)});
  build.append(f, f);
  const value_view g = build.list(std::array{value_view::integer(2)});
  build.append(g, g);
  CHECK_FALSE(equal(f, g));
}

TEST_CASE("a NaN equals nothing but itself inside one container", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view nan = value_view::real(std::numeric_limits<double>::quiet_NaN());
  const value_view one = build.tuple(std::array{nan});
  const value_view other = build.tuple(std::array{nan});
  CHECK_FALSE(equal(nan, nan));
  CHECK_FALSE(equal(one, other));
  CHECK(equal(one, one));
  CHECK(equal(build.list(std::array{one}), build.list(std::array{one})));
  CHECK(hash(nan) != hash(nan));
  CHECK(hash(one, 1) == hash(one, 1));
  CHECK(hash(one, 1) != hash(other, 2));
  const value_view set = build.frozenset(std::array{nan});
  CHECK(equal(set, set));
  CHECK(hash(set) == hash(set));
}

TEST_CASE("a complex with a NaN is like one", "[pickle]") {
  arena where;
  value_builder build(where);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const value_view number : {build.complex(nan, 1), build.complex(1, nan)}) {
    CHECK_FALSE(equal(number, number));
    const value_view one = build.tuple(std::array{number});
    CHECK(equal(one, one));
    CHECK(hash(one) == hash(one));
  }
}

TEST_CASE("a key that was sent twice counts once", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view one = value_view::integer(1);
  const value_view real_one = value_view::real(1);
  const value_view two = value_view::integer(2);
  const value_view pair = build.tuple(std::array{one, two});
  const value_view same_pair = build.tuple(std::array{real_one, two});
  CHECK(equal(build.set(std::array{one, real_one, pair, same_pair}),
              build.set(std::array{pair, one})));
  CHECK(equal(build.dict(std::array{dict_entry{one, one}, dict_entry{real_one, two}}),
              build.dict(std::array{dict_entry{one, two}})));
  CHECK(hash(build.frozenset(std::array{one, real_one})) == hash(build.frozenset(std::array{one})));
}

TEST_CASE("empty containers of different kinds stay different", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view empty =
      build.instance(instance_node::construction::reduce,
                     build.global("collections", "defaultdict"), build.tuple({}));
  CHECK(equal(build.list(std::array{build.dict(), empty}),
              build.list(std::array{empty, build.dict()})));
  CHECK_FALSE(equal(build.list(std::array{build.dict(), empty}),
                    build.list(std::array{empty, build.tuple({})})));
  CHECK_FALSE(equal(build.list(std::array{build.dict(), build.set()}),
                    build.list(std::array{build.dict(), build.dict()})));
}

TEST_CASE("instances of unknown classes are equal by class and state", "[pickle]") {
  // Point(1) twice, Point(2), and a Point with a list inside, as pickled by CPython.
  const auto point = [](std::string_view state) {
    return loads(as_bytes(std::string("\x80\x04\x8c\x05mymod\x8c\x05Point\x93)\x81}\x8c\x01x") +
                          std::string(state) + "sb."));
  };
  const value one = point("K\x01");
  CHECK(equal(one, point("K\x01")));
  CHECK(equal(one, point("G\x3f\xf0\0\0\0\0\0\0"s)));
  CHECK_FALSE(equal(one, point("K\x02")));
  CHECK(hash(one) == hash(point("K\x01")));
  CHECK(hash(one) != hash(point("K\x02")));
  CHECK(hash(point("](K\x01K\x02"
                   "e")) == hash(point("](K\x01K\x02"
                                       "e")));
  CHECK(type_name(one) == "Point");
  CHECK(error_of([&] { less(one, one); }) ==
        "TypeError: '<' not supported between instances of 'Point' and 'Point'");
}

TEST_CASE("a union of types is one however it was sent", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view types[] = {build.global("builtins", "int"), build.global("builtins", "str")};
  const value_view others[] = {types[1], types[0]};
  // functools.reduce(operator.or_, (int, str)) up to 3.13, operator.getitem(typing.Union, …) after.
  const auto older = call("_functools", "reduce",
                          std::array{build.global("_operator", "or_"), build.tuple(types)}, build);
  const auto newer = call("_operator", "getitem",
                          std::array{build.global("typing", "Union"), build.tuple(others)}, build);
  CHECK(equal(older, newer));
  CHECK(hash(older) == hash(newer));
  CHECK(repr(older) == "int | str");
  CHECK(repr(newer) == "str | int");
  CHECK_FALSE(equal(older, build.tuple(types)));
}

TEST_CASE("numbers of any size are compared in time", "[pickle]") {
  // A Decimal of a billion digits, and a million of them written out.
  const std::string digits = "1" + std::string(1'000'000, '0');
  const auto decimal_of = [](const std::string& text) {
    std::string pickle =
        "\x80\x04\x8c\x07"
        "decimal\x8c\x07"
        "Decimal\x93X";
    for (int shift = 0; shift != 32; shift += 8) {
      pickle += static_cast<char>(text.size() >> shift);
    }
    return loads(as_bytes(pickle + text + "\x85R."));
  };
  const value written = decimal_of(digits);
  const value short_form = decimal_of("1E+1000000");
  const value huge = decimal_of("1E+999999999");
  CHECK(equal(written, short_form));
  CHECK(hash(written) == hash(short_form));
  CHECK(less(written, huge));
  CHECK_FALSE(equal(written, value_view::integer(1)));
  CHECK(less(value_view::real(std::numeric_limits<double>::max()), huge));
  CHECK(less(decimal_of("1E-999999999"), value_view::real(5e-324)));
}

TEST_CASE("numbers are ordered in time that is linear in their size", "[pickle]") {
  arena where;
  value_builder build(where);
  // Digits by chance: no two share the first fifty.
  std::uint64_t state = 1;
  const auto digits = [&state](std::size_t size) {
    std::string text(1, '1');
    while (text.size() != size) {
      state = state * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
      text += static_cast<char>('0' + (state >> 60) % 10);
    }
    return text;
  };
  const auto number = [&build](std::string_view module, std::string_view name,
                               const std::string& text) {
    return call(module, name, std::array{build.str(text)}, build);
  };
  std::vector<value_view> fractions;
  for (int i = 0; i != 20; ++i) {
    fractions.push_back(
        number("fractions", "Fraction", digits(1'000'000) + "/" + digits(1'000'000)));
  }
  std::ranges::sort(fractions, less);
  CHECK(std::ranges::is_sorted(fractions, less));
  // Equal, and nearly so.
  const std::string million = "1" + std::string(1'000'000, '0');
  const value_view fraction = number("fractions", "Fraction", million + "0/10");
  const value_view decimal = number("decimal", "Decimal", "1E+1000000");
  CHECK(equal(fraction, decimal));
  CHECK(hash(fraction) == hash(decimal));
  CHECK_FALSE(less(fraction, decimal));
  const value_view next = number("fractions", "Fraction", million.substr(1) + "1");
  CHECK(less(next, decimal));
  const value_view nearly = number("fractions", "Fraction", "1" + million.substr(2) + "1/1");
  CHECK(error_of([&] { less(decimal, nearly); }) ==
        "OverflowError: numbers too large to compare, and too near to each other");
}
