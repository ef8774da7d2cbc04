// SPDX-License-Identifier: BSL-1.0

#include "server/python/str_case.hpp"

#include "pickle/value/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

namespace pickled::inline v0::detail {
namespace {

// Every `step`-th character from `first` to `last` moves by `distance`.
struct case_range {
  char32_t first;
  char32_t last;
  char32_t step;
  std::int32_t distance;
};

// One character that becomes several; unused places are 0.
struct case_expansion {
  char32_t from;
  char32_t to[3];
};

#include "server/python/str_case_table.inc"

struct case_map {
  std::span<const case_range> ranges;
  std::span<const case_expansion> expansions;
};
constexpr case_map lower_map{lower_ranges, lower_expansions};
constexpr case_map upper_map{upper_ranges, upper_expansions};
constexpr case_map casefold_map{casefold_ranges, casefold_expansions};

constexpr char32_t capital_sigma = 0x3a3;
constexpr char32_t small_sigma = 0x3c3;
constexpr char32_t final_sigma = 0x3c2;

char32_t mapped(char32_t c, const case_map& map) {
  const auto range = std::ranges::lower_bound(map.ranges, c, {}, &case_range::last);
  const bool hit =
      range != map.ranges.end() && c >= range->first && (c - range->first) % range->step == 0;
  return hit ? c + static_cast<char32_t>(range->distance) : c;
}

void append_mapped(std::string& text, char32_t c, const case_map& map) {
  const auto found = std::ranges::lower_bound(map.expansions, c, {}, &case_expansion::from);
  if (found == map.expansions.end() || found->from != c) {
    return append_utf8(text, mapped(c, map));
  }
  for (const char32_t part : found->to) {
    if (part != 0) append_utf8(text, part);
  }
}

std::string convert(std::string_view text, const case_map& map) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty())
    append_mapped(result, take_code_point(text), map);
  return result;
}

bool is_cased(char32_t c) {
  return mapped(c, lower_map) != c || mapped(c, upper_map) != c;
}

// Of Unicode's Case_Ignorable what occurs within words: apostrophes, points and combining marks.
bool is_case_ignorable(char32_t c) {
  constexpr char32_t within_words[] = {'\'', '.', ':', 0xad, 0xb7, 0x2019};
  return (c >= 0x300 && c <= 0x36f) || std::ranges::find(within_words, c) != std::end(within_words);
}

bool begins_cased(std::string_view text) {
  while (!text.empty()) {
    const char32_t c = take_code_point(text);
    if (!is_case_ignorable(c)) return is_cased(c);
  }
  return false;
}

}  // namespace

// A capital sigma at the end of a word becomes the final one.
std::string lower(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  bool after_cased = false;
  while (!text.empty()) {
    const char32_t c = take_code_point(text);
    if (c == capital_sigma) {
      append_utf8(result, after_cased && !begins_cased(text) ? final_sigma : small_sigma);
    } else {
      append_mapped(result, c, lower_map);
    }
    if (!is_case_ignorable(c)) after_cased = is_cased(c);
  }
  return result;
}

std::string upper(std::string_view text) {
  return convert(text, upper_map);
}

std::string casefold(std::string_view text) {
  return convert(text, casefold_map);
}

}  // namespace pickled::inline v0::detail
