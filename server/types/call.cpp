// SPDX-License-Identifier: BSL-1.0

#include "server/types/call.hpp"

#include "frozen/iterate.hpp"
#include "frozen/thaw.hpp"
#include "pickled/python/python_error.hpp"
#include "python/iteration.hpp"
#include "server/objects/referent.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string_view>

namespace pickled::inline v0::detail {
namespace {

// Longer than any server runs, and small enough to be added to any time.
constexpr double longest_timeout = 1e9;

// The keys of keys and values in turn.
std::vector<frozen> every_second(std::vector<frozen> slots) {
  std::vector<frozen> result;
  result.reserve((slots.size() + 1) / 2);
  for (std::size_t i = 0; i < slots.size(); i += 2)
    result.push_back(std::move(slots[i]));
  return result;
}

}  // namespace

void call::check_memory(std::size_t count, std::size_t size) const {
  if (size != 0 && count > args.room() / size) throw python_error("MemoryError");
}

std::optional<steady_time> call::deadline_after(std::optional<double> timeout) {
  if (!timeout || *timeout > longest_timeout) return std::nullopt;
  const std::chrono::duration<double> seconds(*timeout > 0 ? *timeout : 0);
  return std::chrono::steady_clock::now() +
         std::chrono::ceil<std::chrono::steady_clock::duration>(seconds);
}

std::shared_ptr<hosted> hosted_argument(const frozen& argument) {
  if (argument.kind() != kind::proxy) return nullptr;
  const auto& proxy = argument.holes().front().proxy;
  return std::static_pointer_cast<referent>(proxy->referent)->object;
}

std::optional<std::vector<frozen>> iterable_items(const frozen& argument) {
  if (const auto proxied = hosted_argument(argument)) {
    auto items = proxied->items();
    return items && proxied->is_mapping() ? every_second(*std::move(items)) : std::move(items);
  }
  return iterate(argument);
}

std::vector<frozen> items_of(const frozen& argument) {
  if (auto items = iterable_items(argument)) return *std::move(items);
  throw not_iterable(value_argument(thaw(argument)));
}

}  // namespace pickled::inline v0::detail
