// SPDX-License-Identifier: BSL-1.0

#include "process/stubs.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>

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

}  // namespace

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
