// SPDX-License-Identifier: BSL-1.0

#include "python/allow_list.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string_view>

using namespace pickled;
using detail::allow_list;

TEST_CASE("groups of globals allow what makes values", "[pickle]") {
  const struct {
    const char* group;
    std::string_view module;
    std::string_view name;
    bool allowed;
  } cases[] = {
      {"@numpy", "numpy.core.multiarray", "_reconstruct", true},
      {"@numpy", "numpy._core.multiarray", "_reconstruct", true},
      {"@numpy", "numpy._core.numeric", "_frombuffer", true},
      {"@numpy", "numpy", "load", false},
      {"@numpy", "numpy", "memmap", false},
      {"@numpy", "numpy", "dtype.__class__", false},
      {"@numpy", "numpy.dtype", "", false},
      {"@numpy", "builtins", "set", false},
      {"@stdlib", "builtins", "set", true},
      {"@stdlib", "builtins", "ZeroDivisionError", true},
      {"@stdlib", "builtins", "eval", false},
      {"@stdlib", "builtins", "getattr", false},
      {"@stdlib", "collections", "OrderedDict", true},
      {"@stdlib", "os", "system", false},
      {"@pandas", "pandas.core.frame", "DataFrame", true},
      {"@pandas", "pandas.core.frame", "DataFrame.query", false},
      {"@torch", "torch._utils", "_rebuild_tensor_v2", true},
      {"@torch", "torch.storage", "_load_from_bytes", false},
      {"@joblib", "joblib.numpy_pickle", "NumpyArrayWrapper", true},
      {"@joblib", "joblib.numpy_pickle", "load", false},
  };
  for (const auto& [group, module, name, expected] : cases) {
    INFO(group << " " << module << " " << name);
    CHECK(allow_list({group}).allows({module, name}) == expected);
  }
}

TEST_CASE("a group that nobody knows is told", "[pickle]") {
  CHECK_THROWS_AS(allow_list({"@nothing"}), std::invalid_argument);
  CHECK_FALSE(detail::is_group_of_globals("@nothing"));
  CHECK(detail::is_group_of_globals("@numpy"));
}
