// SPDX-License-Identifier: BSL-1.0

#include "files/literal.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

constexpr int deepest_literal = 64;

class literal_parser {
 public:
  literal_parser(std::string_view text, value_builder& build) : left_(text), build_(build) {}

  std::optional<value_view> parse_all() {
    auto result = parse(0);
    skip_blanks();
    return left_.empty() ? result : std::nullopt;
  }

 private:
  void skip_blanks() {
    while (!left_.empty() && (left_[0] == ' ' || left_[0] == '\n' || left_[0] == '\t'))
      left_.remove_prefix(1);
  }
  bool take(char c) {
    skip_blanks();
    if (left_.empty() || left_[0] != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    if (!left_.starts_with(word)) return false;
    left_.remove_prefix(word.size());
    return true;
  }

  std::optional<value_view> parse(int depth);
  std::optional<value_view> parse_str(char quote);
  std::optional<value_view> parse_int();
  std::optional<value_view> parse_dict(int depth);
  // The items up to `close`; whether a comma came, which tells (1,) from (1).
  bool parse_items(char close, int depth, std::vector<value_view>& items, bool& comma);

  std::string_view left_;
  value_builder& build_;
};

std::optional<value_view> literal_parser::parse_str(char quote) {
  std::string text;
  while (!left_.empty() && left_[0] != quote) {
    char c = left_[0];
    left_.remove_prefix(1);
    if (c == '\n') return std::nullopt;
    if (c == '\\') {
      // Of names with other escapes numpy writes none.
      if (left_.empty() || (left_[0] != '\\' && left_[0] != '\'' && left_[0] != '"'))
        return std::nullopt;
      c = left_[0];
      left_.remove_prefix(1);
    }
    text += c;
  }
  if (!take(quote)) return std::nullopt;
  return build_.str(text);
}

std::optional<value_view> literal_parser::parse_int() {
  std::int64_t number = 0;
  const char* const end = left_.data() + left_.size();
  const auto parsed = std::from_chars(left_.data(), end, number);
  if (parsed.ec != std::errc()) return std::nullopt;
  left_.remove_prefix(static_cast<std::size_t>(parsed.ptr - left_.data()));
  take_word("L");  // Python 2's
  return value_view::integer(number);
}

bool literal_parser::parse_items(char close, int depth, std::vector<value_view>& items,
                                 bool& comma) {
  comma = false;
  while (!take(close)) {
    if (!items.empty() && !comma) return false;
    const auto item = parse(depth + 1);
    if (!item) return false;
    items.push_back(*item);
    comma = take(',');
  }
  return true;
}

std::optional<value_view> literal_parser::parse_dict(int depth) {
  std::vector<dict_entry> entries;
  for (bool comma = true; !take('}');) {
    if (!comma) return std::nullopt;
    const auto key = parse(depth + 1);
    if (!key || !key->is(kind::str) || !take(':')) return std::nullopt;
    const auto item = parse(depth + 1);
    if (!item) return std::nullopt;
    for (const dict_entry& other : entries)
      if (other.key.as_str() == key->as_str()) return std::nullopt;
    entries.push_back({*key, *item});
    comma = take(',');
  }
  return build_.dict(entries);
}

std::optional<value_view> literal_parser::parse(int depth) {
  if (depth > deepest_literal) return std::nullopt;
  std::vector<value_view> items;
  bool comma = false;
  for (const char quote : {'\'', '"'})
    if (take(quote)) return parse_str(quote);
  if (take('(')) {
    if (!parse_items(')', depth, items, comma)) return std::nullopt;
    return items.size() == 1 && !comma ? items[0] : build_.tuple(items);
  }
  if (take('[')) {
    if (!parse_items(']', depth, items, comma)) return std::nullopt;
    return build_.list(items);
  }
  if (take('{')) return parse_dict(depth);
  if (take_word("True")) return value_view::boolean(true);
  if (take_word("False")) return value_view::boolean(false);
  if (take_word("None")) return value_view::none();
  return parse_int();
}

}  // namespace

std::optional<value_view> parse_literal(std::string_view text, value_builder& build) {
  return literal_parser(text, build).parse_all();
}

}  // namespace pickled::inline v0::detail
