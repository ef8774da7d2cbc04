// SPDX-License-Identifier: BSL-1.0

#include "server/wire/allowed_globals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fnmatch.h>
#include <optional>
#include <string_view>

namespace pickled {

namespace {

// All of them make values and run nothing of their arguments' choice.
constexpr std::array<std::string_view, 43> of_proxies{
    "builtins.Ellipsis",
    "builtins.NotImplemented",
    "builtins.abs",
    "builtins.bool",
    "builtins.bytearray",
    "builtins.bytes",
    "builtins.complex",
    "builtins.dict",
    "builtins.enumerate",
    "builtins.float",
    "builtins.frozenset",
    "builtins.int",
    "builtins.iter",
    "builtins.len",
    "builtins.list",
    "builtins.object",
    "builtins.range",
    "builtins.reversed",
    "builtins.set",
    "builtins.slice",
    "builtins.str",
    "builtins.tuple",
    "builtins.zip",
    "multiprocessing.managers.AcquirerProxy",
    "multiprocessing.managers.ArrayProxy",
    "multiprocessing.managers.AutoProxy",
    "multiprocessing.managers.BarrierProxy",
    "multiprocessing.managers.BaseListProxy",
    "multiprocessing.managers.BasePoolProxy",
    "multiprocessing.managers.ConditionProxy",
    "multiprocessing.managers.DictProxy",
    "multiprocessing.managers.EventProxy",
    "multiprocessing.managers.IteratorProxy",
    "multiprocessing.managers.ListProxy",
    "multiprocessing.managers.Namespace",
    "multiprocessing.managers.NamespaceProxy",
    "multiprocessing.managers.PoolProxy",
    "multiprocessing.managers.RebuildProxy",
    "multiprocessing.managers.SetProxy",
    "multiprocessing.managers.Token",
    "multiprocessing.managers.Value",
    "multiprocessing.managers.ValueProxy",
    "multiprocessing.process.AuthenticationString",
};

bool begins_with_capital(std::string_view name) noexcept {
  return !name.empty() && name.front() >= 'A' && name.front() <= 'Z';
}

bool matches(const std::string& pattern, const global_name& name, const std::string& full) {
  if (pattern == full) return true;
  if (name.name.find('.') != std::string_view::npos) return false;
  if (name.module == "builtins" && !begins_with_capital(name.name)) return false;
  return ::fnmatch(pattern.c_str(), full.c_str(), FNM_NOESCAPE) == 0;
}

}  // namespace

bool allowed_globals::allows(const global_name& name) const {
  const std::string full = fmt::format("{}.{}", name.module, name.name);
  // A name with a NUL byte would end early for fnmatch.
  if (full.find('\0') != std::string::npos) return false;
  const bool plain = name.name.find('.') == std::string_view::npos;
  if (plain && std::ranges::binary_search(of_proxies, std::string_view(full))) return true;
  return std::ranges::any_of(
      patterns_, [&](const std::string& pattern) { return matches(pattern, name, full); });
}

load_error allowed_globals::check(bytes_view pickle, load_options limits,
                                  std::string& refused) const {
  limits.on_global = [&](const global_name& name) {
    if (refused.empty() && !allows(name))
      refused = fmt::format("global {}.{}", name.module, name.name);
  };
  limits.extension = [&](std::int32_t code) -> std::optional<global_name> {
    if (refused.empty()) refused = fmt::format("extension code {}", code);
    return std::nullopt;
  };
  load_error error;
  loads(pickle, error, limits);
  return error;
}

}  // namespace pickled
