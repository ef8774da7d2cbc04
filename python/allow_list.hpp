// SPDX-License-Identifier: BSL-1.0

// Which classes and functions may be named: a list of names, patterns and groups of names.

#ifndef PICKLED_PYTHON_ALLOW_LIST_HPP
#define PICKLED_PYTHON_ALLOW_LIST_HPP

#include "pickled/value/value.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

// Immutable, so it may be used by many threads.
class allow_list {
 public:
  // "collections.OrderedDict"; or with wildcards as fnmatch(3) has them: "mypackage.*"; or a group:
  // "@joblib", "@numpy", "@pandas", "@stdlib", "@torch". A wildcard matches no name with a dot in
  // it
  // (`sys.modules`, of a module that imports sys), and of builtins nothing but exceptions. Throws
  // std::invalid_argument for a group that is not known.
  explicit allow_list(std::vector<std::string> patterns);

  bool empty() const noexcept { return patterns_.empty(); }
  bool allows(const global_name& name) const;

 private:
  std::vector<std::string> patterns_;
};

// What an allow_list of such patterns says.
bool allows_global(std::span<const std::string> patterns, const global_name& name);

// Whether "@numpy" and such is known.
bool is_group_of_globals(std::string_view group) noexcept;

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_ALLOW_LIST_HPP
