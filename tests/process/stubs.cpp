// SPDX-License-Identifier: BSL-1.0

#include "process/stubs.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

functions shapes() {
  functions all;
  all.add(
         "shapes.area", [](double w, double h) { return w * h; }, {"w", {"h", 1.0}},
         "The area of a rectangle.")
      .add(
          "shapes.name", [](std::filesystem::path p) { return p.string(); }, {"path"},
          "Two\nlines with \"quotes\".");
  return all;
}

struct place {
  double x = 0;
  double y = 0;
};
PICKLED_DESCRIBE(place, "plans", "Place", x, y)

enum class colour { red = 1, blue = 3 };
PICKLED_DESCRIBE_ENUM(colour, "plans", "Colour", red, blue)

struct plan {
  place origin;
  std::map<std::string, std::vector<plan>> parts;
  std::optional<std::chrono::seconds> made;
};
PICKLED_DESCRIBE_AS(slots, plan, "plans", "Plan", origin, parts, made)

struct owner {
  colour likes = colour::red;
};
PICKLED_DESCRIBE_AS(fields, owner, "people", "Owner", likes)

struct leg {
  int from = 0;
  int to = 0;
};
PICKLED_DESCRIBE_AS(fields, leg, "trips", "Leg", from, to)

}  // namespace

TEST_CASE("stubs define the classes of their module", "[process]") {
  functions all;
  all.add("plans.draw", [](const plan&, const std::tuple<owner, int>&) {}, {"p", "by"})
      .add("plans.Place.origin", [] { return place(); });
  const std::string text = python_stubs(all, "w");
  CHECK(text.find(R"py(
import dataclasses
import enum

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime
    import people
    import plans
)py") != std::string::npos);
  CHECK(text.find(R"py(
def draw(p: plans.Plan, by: tuple[people.Owner, int]) -> None:
    raise _in_worker('plans.draw')


class Colour(enum.Enum):
    red = 1
    blue = 3


@dataclasses.dataclass(unsafe_hash=True)
class Place:
    x: float
    y: float

    @staticmethod
    def origin() -> plans.Place:
        raise _in_worker('plans.Place.origin')


@dataclasses.dataclass(unsafe_hash=True)
class Plan:
    __slots__ = ('origin', 'parts', 'made',)
    origin: plans.Place
    parts: dict[str, list[plans.Plan]]
    made: datetime.timedelta | None
)py") != std::string::npos);
  CHECK(text.find("Owner:") == std::string::npos);
}

TEST_CASE("a class in stubs has attributes that Python cannot write", "[process]") {
  functions all;
  all.add("trips.length", [](const leg&) { return 1; });
  const std::string text = python_stubs(all, "w");
  CHECK(text.find("dataclass") == std::string::npos);
  CHECK(text.find(R"py(
class Leg:

    def __getstate__(self):
        return [getattr(self, name) for name in ('from', 'to',)]

    def __setstate__(self, state):
        for name, item in zip(('from', 'to',), state):
            setattr(self, name, item)
)py") != std::string::npos);
}

TEST_CASE("stubs are a module of Python", "[process]") {
  CHECK(python_stubs(shapes(), "./worker") ==
        R"py('Functions that run in the C++ worker ./worker, which wrote this file.'
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pathlib


def _in_worker(name):
    return RuntimeError(name + ' runs in the C++ worker ' + './worker' + ', not in Python: '
                        'call it through a Pool or Process of a spawn context with '
                        'set_executable(...)')


def area(w: float, h: float = 1.0) -> float:
    'The area of a rectangle.'
    raise _in_worker('shapes.area')


def name(path: pathlib.Path) -> str:
    """Two
    lines with \"quotes\"."""
    raise _in_worker('shapes.name')
)py");
}

TEST_CASE("stubs of methods are in their classes", "[process]") {
  functions all;
  all.add(
         "shapes.Square.area", [](double side) { return side * side; }, {"side"}, "Its area.")
      .add("shapes.Square.Side.count", [] { return 4; })
      .add("shapes.Square.sides", [] { return 4; })
      .add("shapes.name", [] {});
  const std::string text = python_stubs(all, "w");
  CHECK(text.substr(text.find("\n\ndef name")) == R"py(

def name() -> None:
    raise _in_worker('shapes.name')


class Square:

    @staticmethod
    def area(side: float) -> float:
        'Its area.'
        raise _in_worker('shapes.Square.area')

    @staticmethod
    def sides() -> int:
        raise _in_worker('shapes.Square.sides')

    class Side:

        @staticmethod
        def count() -> int:
            raise _in_worker('shapes.Square.Side.count')
)py");
}

TEST_CASE("stubs are of one module", "[process]") {
  functions all = shapes();
  all.add("colors.mix", [] {});
  CHECK_THROWS_WITH(python_stubs(all, "w"),
                    "the functions are of 2 modules: name one of colors, shapes");
  CHECK(python_stubs(all, "w", "colors").find("def mix() -> None:") != std::string::npos);
  CHECK_THROWS_AS(python_stubs(all, "w", "sounds"), std::invalid_argument);
}

TEST_CASE("functions are described for people", "[process]") {
  CHECK(describe_functions(shapes()) ==
        "  shapes.area(w: float, h: float = 1.0) -> float\n"
        "      The area of a rectangle.\n"
        "  shapes.name(path: pathlib.Path) -> str\n"
        "      Two\n"
        "      lines with \"quotes\".\n");
}
