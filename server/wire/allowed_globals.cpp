// SPDX-License-Identifier: BSL-1.0

#include "server/wire/allowed_globals.hpp"

#include "python/allow_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace pickled::inline v0::detail {

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

}  // namespace

bool allowed_globals::allows(const global_name& name) const {
  if (allows_global(patterns_, name)) return true;
  const std::string full = fmt::format("{}.{}", name.module, name.name);
  const bool plain = name.name.find('.') == std::string_view::npos;
  return plain && std::ranges::binary_search(of_proxies, std::string_view(full));
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

}  // namespace pickled::inline v0::detail
