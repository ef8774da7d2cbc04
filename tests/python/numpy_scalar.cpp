// SPDX-License-Identifier: BSL-1.0

#include "python/numpy_scalar.hpp"

#include "pickled/python/compare.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/python/type_name.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <string_view>

using namespace pickled;
using namespace pickled::detail;
using namespace std::string_literals;

namespace {

// scalar(dtype(letters), content) as numpy 1 or 2 pickles it.
value_view scalar(std::string_view module, std::string_view letters, const std::string& content,
                  value_builder& build) {
  using construction = instance_node::construction;
  const value_view dtype =
      build.instance(construction::reduce, build.global("numpy", "dtype"),
                     build.tuple(std::array{build.str(letters), value_view::boolean(false),
                                            value_view::boolean(true)}));
  return build.instance(construction::reduce, build.global(module, "scalar"),
                        build.tuple(std::array{dtype, build.bytes(as_bytes(content))}));
}

}  // namespace

TEST_CASE("a scalar prints as the numpy that sent it prints it", "[pickle]") {
  struct {
    std::string_view letters;
    std::string content;
    std::string_view by_numpy_1;
    std::string_view by_numpy_2;
  } const scalars[] = {
      {"i8", "\1\0\0\0\0\0\0\0"s, "1", "np.int64(1)"},
      {"u8", std::string(8, '\xff'), "18446744073709551615", "np.uint64(18446744073709551615)"},
      {"b1", "\1", "True", "np.True_"},
      {"f4", "\xcd\xcc\xcc\x3d", "0.1", "np.float32(0.1)"},
      {"f2", "\x66\x2e", "0.1", "np.float16(0.1)"},
      {"c16", "\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\x40"s, "(1+2j)", "np.complex128(1+2j)"},
      {"U1", "a\0\0\0"s, "'a'", "np.str_('a')"},
      {"S1", "a", "b'a'", "np.bytes_(b'a')"},
  };
  arena where;
  value_builder build(where);
  for (const auto& s : scalars) {
    CHECK(repr(scalar("numpy.core.multiarray", s.letters, s.content, build)) == s.by_numpy_1);
    CHECK(repr(scalar("numpy._core.multiarray", s.letters, s.content, build)) == s.by_numpy_2);
  }
}

TEST_CASE("a scalar is what it is to Python, by both names of its module", "[pickle]") {
  arena where;
  value_builder build(where);
  for (const auto* module : {"numpy.core.multiarray", "numpy._core.multiarray"}) {
    const value_view one = scalar(module, "i8", "\1\0\0\0\0\0\0\0"s, build);
    CHECK(equal(one, value_view::integer(1)));
    CHECK(hash(one) == hash(value_view::integer(1)));
    CHECK(less(value_view::real(0.5), one));
    const value_view text = scalar(module, "U1", "a\0\0\0"s, build);
    CHECK(equal(build.str("a"), text));
    CHECK(hash(text) == hash(build.str("a")));
    CHECK(type_name(text) == "numpy.str_");
  }
}

TEST_CASE("what is no scalar of numpy's stays an instance", "[pickle]") {
  arena where;
  value_builder build(where);
  // A longdouble, too few bytes, no code point, a unit that is unknown.
  for (const auto& [letters, content] :
       {std::pair<const char*, std::string>{"f16", std::string(16, '\0')},
        {"i8", "\1"},
        {"U1", "\xff\xff\xff\xff"},
        {"U1", "a"},
        {"x1", "a"},
        {"M8", "a"}}) {
    const value_view v = scalar("numpy.core.multiarray", letters, content, build);
    CAPTURE(letters);
    CHECK_FALSE(read_numpy_scalar(v.as_instance()));
    CHECK(repr(v).starts_with("<numpy.core.multiarray.scalar object at"));
  }
}

TEST_CASE("times of any size have a text", "[pickle]") {
  for (const std::string& count : {"\0\0\0\0\0\0\0\x80"s, "\1\0\0\0\0\0\0\x80"s,
                                   std::string("\xff\xff\xff\xff\xff\xff\xff\x7f")}) {
    for (const std::string_view unit : {"", "Y", "M", "W", "D", "h", "m", "s", "ms", "ns", "as"}) {
      for (const char letter : {'M', 'm'}) {
        for (const std::int64_t multiple : {1, 7}) {
          const numpy_scalar s{letter, as_bytes(count), false, true, unit, multiple};
          CAPTURE(unit, letter, multiple);
          CHECK(repr(s, 100).starts_with(letter == 'M' ? "np.datetime64(" : "np.timedelta64("));
          time_of(s);
        }
      }
    }
  }
}
