// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/core.hpp"

#include "pickle/codec/reload.hpp"
#include "pickled/codec/pickler.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/value/proxy_reference.hpp"

#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

void detail::throw_too_deep() {
  throw conversion_error("at most " + std::to_string(max_conversion_depth) + " levels of nesting",
                         "more");
}

value_view to_value(const value& v, value_builder& b) {
  return b.share(v);
}

// Copies by a pickle, in which each proxy is a persistent id: its number among the copies.
void from_value(value_view v, value& to) {
  using proxy_copies = std::vector<proxy_reference>;
  const auto copies = std::make_shared<proxy_copies>();
  std::unordered_map<const proxy_reference*, std::int64_t> numbers;
  dump_options dumping;
  dumping.protocol = 5;
  dumping.persistent_id = [&](value_view part) -> std::optional<value_view> {
    if (part.is(kind::persistent)) {
      throw pickling_error("a value with persistent ids cannot be copied");
    }
    if (!part.is(kind::proxy)) return std::nullopt;
    const proxy_reference* const proxy = &part.as_proxy();
    const auto [known, is_new] = numbers.try_emplace(proxy, std::ssize(numbers));
    if (is_new) copies->push_back(*proxy);
    return value_view::integer(known->second);
  };
  const buffer pickle = dumps(v, dumping);
  load_options loading;
  loading.persistent_load = [&](value_view number, value_builder& build) {
    return build.proxy((*copies)[static_cast<std::size_t>(number.as_integer())]);
  };
  value loaded = detail::reload(pickle, std::move(loading));
  if (!copies->empty()) loaded.owner()->keep(copies);
  to = std::move(loaded);
}

PICKLED_END_NAMESPACE
