// SPDX-License-Identifier: BSL-1.0

#include "server/types/pairs.hpp"

#include "frozen/freezer.hpp"
#include "frozen/key.hpp"
#include "frozen/thaw.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/type_name.hpp"
#include "python/behaviour.hpp"
#include "python/comparison.hpp"
#include "python/pandas.hpp"
#include "server/types/call.hpp"

#include <fmt/format.h>

#include <string>
#include <unordered_set>

namespace pickled::inline v0::detail {
namespace {

// `slots` are keys and values in turn.
pairs pairs_in_turn(std::vector<frozen> slots) {
  pairs result;
  result.items.reserve(slots.size() / 2);
  for (std::size_t i = 0; i + 1 < slots.size(); i += 2) {
    result.add(std::move(slots[i]), std::move(slots[i + 1]));
  }
  return result;
}

// What a Series holds for each key of its index; DataFrames, and Series of what is not known, are
// mappings as well for dict() and update(), but none that can be read here.
pairs pairs_of_pandas(value_view v) {
  arena made;
  const auto read = read_series_pairs(v, made);
  if (!read)
    throw python_error(
        "TypeError",
        fmt::format("this server cannot read such a '{}' object as a mapping", type_name(v)));
  pairs result;
  std::unordered_set<key> seen;
  for (std::size_t i = 0; i != read->keys.size(); ++i) {
    frozen k = freeze(read->keys[i]);
    if (!seen.emplace(k).second)
      throw python_error("TypeError", "this server takes no Series whose index has a key twice");
    result.add(std::move(k), freeze(read->values[i]));
  }
  return result;
}

// The entries of an OrderedDict, Counter or the like, or of a dict that came in another form.
std::optional<pairs> entries_of(const frozen& argument) {
  const value v = thaw(argument);
  const face f = face_of(v);
  if (!is_dict_like(f.behaves)) return std::nullopt;
  comparison run;
  pairs result;
  for (const dict_entry& entry : run.entries(f))
    result.add(freeze(entry.key), freeze(entry.value));
  return result;
}

python_error conversion_error(std::size_t element) {
  return {"TypeError",
          std::string_view(fmt::format(
              "cannot convert dictionary update sequence element #{} to a sequence", element))};
}

python_error length_error(std::size_t element, std::size_t length) {
  return {"ValueError", std::string_view(fmt::format(
                            "dictionary update sequence element #{} has length {}; 2 is required",
                            element, length))};
}

pairs pairs_of_sequence(const std::vector<frozen>& elements) {
  pairs result;
  result.items.reserve(elements.size());
  for (std::size_t i = 0; i < elements.size() && !result.error; ++i) {
    auto pair = iterable_items(elements[i]);
    if (!pair) {
      result.error = conversion_error(i);
    } else if (pair->size() != 2) {
      result.error = length_error(i, pair->size());
    } else {
      result.add(std::move((*pair)[0]), std::move((*pair)[1]));
    }
  }
  return result;
}

}  // namespace

void pairs::add(frozen k, frozen value) {
  if (error) return;
  try {
    items.emplace_back(key(std::move(k)), std::move(value));
  } catch (const python_error& unhashable) {
    error = unhashable;
  }
}

void pairs::throw_error() const {
  if (error) throw *error;
}

std::optional<pairs> dict_argument(const frozen& argument) {
  if (const auto proxied = hosted_argument(argument)) {
    if (!proxied->is_mapping()) return std::nullopt;
    return pairs_in_turn(*proxied->items());
  }
  if (argument.kind() == kind::dict) {
    std::vector<frozen> slots;
    if (!split(argument, {}, slots)) return pairs_in_turn(std::move(slots));
  }
  const bool may_be = argument.kind() == kind::dict || argument.kind() == kind::instance;
  return may_be ? entries_of(argument) : std::nullopt;
}

pairs pairs_of(const frozen& argument) {
  if (auto mapping = dict_argument(argument)) return *std::move(mapping);
  if (argument.kind() == kind::instance) {
    const value v = thaw(argument);
    const pandas_class pandas = pandas_class_of(v);
    if (pandas == pandas_class::series || pandas == pandas_class::data_frame)
      return pairs_of_pandas(v);
  }
  return pairs_of_sequence(items_of(argument));
}

pairs update_arguments(arguments& args, std::string_view name) {
  const auto positional = args.positional();
  if (positional.size() > 1) {
    throw python_error("TypeError",
                       std::string_view(fmt::format("{} expected at most 1 argument, got {}", name,
                                                    positional.size())));
  }
  pairs result = positional.empty() ? pairs() : pairs_of(positional.front());
  for (auto& [keyword, value] : args.keywords())
    result.add(frozen::str(keyword), std::move(value));
  return result;
}

}  // namespace pickled::inline v0::detail
