// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/functions.hpp"

#include "frozen/freezer.hpp"
#include "pickled/proxy/dict_proxy.hpp"
#include "pickled/python/python_error.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

using namespace pickled;

namespace {

struct point {
  int x = 0;
  int y = 0;
};
PICKLED_DESCRIBE(point, "geometry", "Point", x, y)

// Calls by positional values, then by named ones.
struct call_of {
  std::vector<value> args;
  std::vector<std::pair<std::string, value>> kwds;
};

value call(const function& f, const call_of& c) {
  arena room;
  value_builder b(room);
  std::vector<value_view> args(c.args.begin(), c.args.end());
  std::vector<dict_entry> kwds;
  for (const auto& [name, argument] : c.kwds)
    kwds.push_back({b.str(name), argument});
  auto owner = std::make_shared<arena>();
  value_builder result(*owner);
  const value_view made = f(args, kwds, result);
  return value(made, std::move(owner));
}

std::string error_of(const function& f, const call_of& c) {
  try {
    call(f, c);
  } catch (const python_error& error) {
    return error.what();
  }
  return "no error";
}

const function& only(const functions& all) {
  return all.all().begin()->second;
}

}  // namespace

TEST_CASE("a call is bound by position, by name and by default", "[process]") {
  functions all;
  all.add("shapes.area", [](double w, double h) { return 10 * w + h; }, {"w", {"h", 1.5}});
  const function& area = only(all);
  CHECK(call(area, {{to_value(2), to_value(3)}, {}}).get<double>() == 23);
  CHECK(call(area, {{to_value(2)}, {}}).get<double>() == 21.5);
  CHECK(call(area, {{to_value(2)}, {{"h", to_value(4)}}}).get<double>() == 24);
  CHECK(call(area, {{}, {{"h", to_value(4)}, {"w", to_value(1)}}}).get<double>() == 14);
}

TEST_CASE("a call that does not fit fails as Python's do", "[process]") {
  functions all;
  all.add("m.area", [](double, double) { return 0; }, {"w", "h"})
      .add("m.scaled", [](double, double, double) { return 0; }, {"w", "h", {"by", 2}})
      .add("m.one", [](int) {}, {"n"})
      .add("m.nothing", [] {})
      .add("m.unnamed", [](int) {});
  const auto f = [&](std::string_view name) -> const function& {
    return *all.find("m." + std::string(name));
  };
  const value n = to_value(1);
  CHECK(error_of(f("area"), {{n, n, n}, {}}) ==
        "TypeError: area() takes 2 positional arguments but 3 were given");
  CHECK(error_of(f("scaled"), {{n, n, n, n}, {}}) ==
        "TypeError: scaled() takes from 2 to 3 positional arguments but 4 were given");
  CHECK(error_of(f("one"), {{n, n}, {}}) ==
        "TypeError: one() takes 1 positional argument but 2 were given");
  CHECK(error_of(f("nothing"), {{n}, {}}) ==
        "TypeError: nothing() takes 0 positional arguments but 1 was given");
  CHECK(error_of(f("area"), {{n}, {}}) ==
        "TypeError: area() missing 1 required positional argument: 'h'");
  CHECK(error_of(f("area"), {{}, {}}) ==
        "TypeError: area() missing 2 required positional arguments: 'w' and 'h'");
  CHECK(error_of(f("area"), {{n, n}, {{"z", n}}}) ==
        "TypeError: area() got an unexpected keyword argument 'z'");
  CHECK(error_of(f("area"), {{n, n}, {{"w", n}}}) ==
        "TypeError: area() got multiple values for argument 'w'");
  CHECK(error_of(f("unnamed"), {{}, {{"arg0", n}}}) ==
        "TypeError: unnamed() got an unexpected keyword argument 'arg0'");
}

TEST_CASE("an argument of another type names itself", "[process]") {
  functions all;
  all.add("m.sum", [](const std::vector<double>&) { return 0; }, {"items"})
      .add("m.move", [](point) {}, {"to"});
  CHECK(error_of(*all.find("m.sum"), {{to_value(std::vector<std::string>{"a"})}, {}}) ==
        "TypeError: sum() argument 'items'[0]: expected float, got str");
  CHECK(error_of(*all.find("m.move"), {{to_value(1)}, {}}).find("argument 'to'") !=
        std::string::npos);
}

TEST_CASE("arguments and results are of many types", "[process]") {
  functions all;
  all.add("m.move",
          [](point p) {
            return point{p.x + 1, p.y};
          })
      .add("m.size", [](std::string_view text) { return text.size(); })
      .add("m.count",
           [](const std::vector<std::string>& words) {
             std::map<std::string, int> counts;
             for (const std::string& word : words)
               ++counts[word];
             return counts;
           })
      .add("m.same", [](const value& v) { return v; })
      .add("m.seen", [](value_view v) { return v; })
      .add("m.take", [](std::string&& text) { return std::move(text); });
  const auto run = [&](std::string_view name, const value& argument) {
    return call(*all.find("m." + std::string(name)), {{argument}, {}});
  };
  CHECK(run("move", to_value(point{1, 2})).get<point>().x == 2);
  CHECK(run("size", to_value("four")).get<int>() == 4);
  CHECK(run("count", to_value(std::vector<std::string>{"a", "b", "a"}))
            .get<std::map<std::string, int>>() == std::map<std::string, int>{{"a", 2}, {"b", 1}});
  CHECK(run("same", to_value("x")).get<std::string>() == "x");
  CHECK(run("seen", to_value("x")).get<std::string>() == "x");
  CHECK(run("take", to_value("x")).get<std::string>() == "x");
}

TEST_CASE("what a function throws is an exception of Python's", "[process]") {
  functions all;
  all.add("m.fail", [](int how) {
    switch (how) {
      case 0: throw std::out_of_range("no such item");
      case 1: throw std::invalid_argument("not so");
      case 2: throw std::overflow_error("too much");
      case 3: throw std::runtime_error("ill");
      case 4: throw python_error("KeyError", value::tuple({3}));
      case 5: throw std::bad_alloc();
      case 6: throw 5;
      case 7: throw std::logic_error("wrong");
      default: throw std::runtime_error("caf\xe9");
    }
  });
  const auto text = [&](int how) { return error_of(only(all), {{to_value(how)}, {}}); };
  CHECK(text(0) == "IndexError: no such item");
  CHECK(text(1) == "ValueError: not so");
  CHECK(text(2) == "OverflowError: too much");
  CHECK(text(3) == "RuntimeError: ill");
  CHECK(text(4) == "KeyError: 3");
  CHECK(text(5) == "MemoryError");
  CHECK(text(6) == "RuntimeError: a C++ exception that is no std::exception");
  CHECK(text(7) == "RuntimeError: wrong");
  CHECK(text(8) == "RuntimeError: caf\xc3\xa9");
}

TEST_CASE("an error of the system has its errno", "[process]") {
  functions all;
  all.add("m.fail", [] { std::filesystem::rename("/nowhere/a", "/nowhere/b"); });
  try {
    call(only(all), {});
    FAIL();
  } catch (const python_error& error) {
    CHECK(error.type() == "OSError");
    REQUIRE(error.args()->size() == 2);
    CHECK(error.args()[0]->as_integer() == ENOENT);
  }
}

TEST_CASE("a function that cannot be called is refused", "[process]") {
  const auto f = [](int, int) {};
  const auto add = [&](const char* name, std::initializer_list<parameter> parameters) {
    functions().add(name, f, parameters);
  };
  CHECK_THROWS_AS(add("area", {}), std::invalid_argument);
  CHECK_THROWS_AS(add("shapes.", {}), std::invalid_argument);
  CHECK_THROWS_AS(add("shapes.1st", {}), std::invalid_argument);
  CHECK_THROWS_AS(add("shapes.area", {"w"}), std::invalid_argument);
  CHECK_THROWS_AS(add("shapes.area", {"w", "not so"}), std::invalid_argument);
  CHECK_THROWS_AS(add("shapes.area", {{"w", 1}, "h"}), std::invalid_argument);
  CHECK_THROWS_AS(add("shapes.class", {}), std::invalid_argument);
  CHECK_THROWS_WITH(add("shapes.area", {"w", "w"}),
                    "function shapes.area: two parameters are named 'w'");
  CHECK_THROWS_WITH(add("shapes.area", {"w", "in"}),
                    "function shapes.area: 'in' is a keyword of Python's, and no name of a "
                    "parameter");
  functions twice;
  twice.add("shapes.area", f);
  CHECK_THROWS_AS(twice.add("shapes.area", f), std::invalid_argument);
}

TEST_CASE("a signature is spelled as Python spells it", "[process]") {
  functions all;
  const auto signature = [&](const char* name) {
    return all.find("m." + std::string(name))->signature();
  };
  all.add("m.a",
          [](double, bool, const std::string&, std::vector<std::optional<int>>) { return point(); },
          {"w", {"quick", true}, {"name", "it's"}, {"rest", std::vector<int>{1}}})
      .add("m.b", [](std::map<std::string, std::pair<int, std::vector<std::byte>>>,
                     std::variant<int, std::string>) {})
      .add("m.c",
           [](dict_proxy<>, ndarray_view<float>, std::filesystem::path, std::chrono::seconds) {
             return value();
           },
           {"d", "pixels", "path", "timeout"});
  CHECK(signature("a") ==
        "(w: float, quick: bool = True, name: str = \"it's\", rest: list[int | None] = [1]) -> "
        "geometry.Point");
  CHECK(signature("b") == "(arg0: dict[str, tuple[int, bytes]], arg1: int | str, /) -> None");
  CHECK(signature("c") ==
        "(d: multiprocessing.managers.DictProxy, pixels: numpy.ndarray, path: pathlib.Path, "
        "timeout: datetime.timedelta) -> object");
}
