// SPDX-License-Identifier: BSL-1.0

#include "server/wire/allowed_globals.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace pickled;
using namespace pickled::detail;
using namespace std::string_view_literals;

TEST_CASE("patterns allow the globals that they match", "[server]") {
  const allowed_globals allowed({"collections.OrderedDict", "mypackage.*", "builtins.*",
                                 "models.Outer.Inner", "numpy.*.dtype"});
  const struct {
    std::string_view module;
    std::string_view name;
    bool allowed;
  } cases[] = {
      {"collections", "OrderedDict", true},
      {"collections", "Counter", false},
      {"collections.OrderedDict", "fromkeys", false},
      {"mypackage", "Class", true},
      {"mypackage.part", "Class", true},
      {"mypackage", "os.system", false},
      {"mypackage2", "Class", false},
      {"models", "Outer.Inner", true},
      {"models", "Outer", false},
      {"numpy.core", "dtype", true},
      {"builtins", "ValueError", true},
      {"builtins", "getattr", false},
      {"builtins", "eval", false},
      {"builtins", "slice", true},
      {"builtins", "str.lower", false},
      {"multiprocessing.managers", "RebuildProxy", true},
      {"multiprocessing.managers", "Server", false},
      {"multiprocessing.managers", "Token.os", false},
      {"mypackage", "a\0b"sv, false},
  };
  for (const auto& [module, name, expected] : cases) {
    INFO(module << " " << name);
    CHECK(allowed.allows({module, name}) == expected);
  }
}

TEST_CASE("only the very name allows a function of builtins", "[server]") {
  CHECK(allowed_globals({"builtins.getattr"}).allows({"builtins", "getattr"}));
  CHECK_FALSE(allowed_globals({"*"}).allows({"builtins", "getattr"}));
  CHECK(allowed_globals({"*"}).allows({"os", "system"}));
}

TEST_CASE("a pickle is refused for its first global that is not allowed", "[server]") {
  const allowed_globals allowed({"decimal.Decimal"});
  std::string refused;
  CHECK_FALSE(allowed.check(as_bytes("cdecimal\nDecimal\n."), {}, refused));
  CHECK(refused.empty());
  // Also where the value has it no more.
  CHECK_FALSE(allowed.check(as_bytes("cos\nsystem\n0ceval\neval\n0N."), {}, refused));
  CHECK(refused == "global os.system");
  refused.clear();
  // Nothing tells what a code means: what comes after it is not looked at.
  CHECK(allowed.check(as_bytes("\x80\x02\x82\x05."), {}, refused));
  CHECK(refused == "extension code 5");
  refused.clear();
  CHECK(allowed.check(as_bytes("cdecimal\nDecimal\n"), {}, refused));
}
