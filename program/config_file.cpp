// SPDX-License-Identifier: BSL-1.0

#include "program/config_file.hpp"

#include "program/read_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

namespace pickled::inline v0::detail {

namespace {

using json = nlohmann::ordered_json;
using form = serve_option::value_form;

// Reads a text and counts the lines that were read: the parser itself tells no places.
class counting_iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  counting_iterator(const char* at, std::size_t& line) : at_(at), line_(&line) {}
  reference operator*() const noexcept { return *at_; }
  counting_iterator& operator++() noexcept {
    if (*at_++ == '\n') ++*line_;
    return *this;
  }
  counting_iterator operator++(int) noexcept {
    const counting_iterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const counting_iterator& a, const counting_iterator& b) noexcept {
    return a.at_ == b.at_;
  }

 private:
  const char* at_;
  std::size_t* line_;
};

std::string content_of(const std::string& name) try {
  return read_file(name);
} catch (const std::runtime_error& e) {
  throw usage_error(fmt::format("{}: {}", name, e.what()));
}

// "syntax error while parsing value - …", without what comes before it in the parser's text.
std::string reason_of(const json::parse_error& error) {
  const std::string text = error.what();
  const std::size_t column = text.find("column ");
  const std::size_t colon = column == std::string::npos ? column : text.find(": ", column);
  return colon == std::string::npos ? text : text.substr(colon + 2);
}

// The text of one value of an option; nothing where it has the wrong type.
std::optional<std::string> text_of(form wanted, const json& value) {
  const bool is_number = value.is_number() && wanted != form::flag;
  if (is_number && (wanted == form::number || wanted == form::size)) return value.dump();
  if (value.is_boolean() && wanted == form::flag) return value.dump();
  const bool may_be_text = wanted == form::size || wanted == form::text || wanted == form::texts;
  if (value.is_string() && may_be_text) return value.get<std::string>();
  return std::nullopt;
}

// As on the command line, or with _ instead of -, as other keys have it.
const serve_option* find_option(std::string key) {
  std::ranges::replace(key, '_', '-');
  const auto options = serve_options();
  const auto at = std::ranges::find(options, std::string_view(key), &serve_option::name);
  return at == options.end() ? nullptr : &*at;
}

}  // namespace

config_file::config_file(std::string name) : name_(std::move(name)) {
  parse(content_of(name_));
  if (!root_.is_object()) throw usage_error(fmt::format("{}:1: expected an object", name_));
}

void config_file::parse(std::string_view text) {
  std::size_t line = 1;
  path keys;
  const auto note_key = [&](int depth, json::parse_event_t event, json& parsed) {
    if (event != json::parse_event_t::key) return true;
    // An array has a place on the way, but no name.
    keys.resize(static_cast<std::size_t>(depth));
    keys.back() = parsed.get<std::string>();
    note(keys, line);
    return true;
  };
  try {
    root_ = json::parse(counting_iterator(text.data(), line),
                        counting_iterator(text.data() + text.size(), line), note_key);
  } catch (const json::parse_error& error) {
    const auto end = static_cast<std::ptrdiff_t>(std::min(error.byte, text.size()));
    const auto breaks = std::count(text.begin(), text.begin() + std::max(end - 1, end * 0), '\n');
    throw usage_error(fmt::format("{}:{}: {}", name_, breaks + 1, reason_of(error)));
  } catch (const json::out_of_range& error) {
    throw usage_error(fmt::format("{}: {}", name_, error.what()));
  }
}

void config_file::note(path keys, std::size_t line) {
  const bool in_array = std::ranges::count(keys, "") != 0;
  const auto [at, added] = lines_.try_emplace(std::move(keys), line);
  if (!added && !in_array)
    throw usage_error(fmt::format("{}:{}: {}: a second time, after line {}", name_, line,
                                  fmt::join(at->first, "."), at->second));
}

std::string config_file::where(const path& keys) const {
  const auto at = lines_.find(keys);
  return fmt::format("{}:{}: {}", name_, at == lines_.end() ? 1 : at->second, fmt::join(keys, "."));
}

void config_file::refuse(const path& keys, std::string_view mistake) const {
  throw usage_error(fmt::format("{}: {}", where(keys), mistake));
}

void config_file::refuse_option(const serve_option& option, const std::string& key,
                                const json& value) const {
  refuse({key}, fmt::format("expected {}, not {}", option.expected, value.dump()));
}

given_options config_file::options() const {
  given_options given;
  for (const auto& [key, value] : root_.items()) {
    if (std::ranges::find(object_sections, key) != object_sections.end()) continue;
    const serve_option* option = find_option(key);
    if (option == nullptr)
      refuse({key}, "expected the name of an option of `pickled serve`, objects or create");
    given_option& entry = given[option->name];
    if (!entry.where.empty()) refuse({key}, fmt::format("{} a second time", option->name));
    entry.where = where({key});
    const bool many = option->form == form::texts && value.is_array();
    for (const json& each : many ? value : json::array({value})) {
      const auto text = text_of(option->form, each);
      if (!text) refuse_option(*option, key, each);
      entry.values.push_back(*text);
    }
  }
  return given;
}

}  // namespace pickled::inline v0::detail
