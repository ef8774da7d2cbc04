// SPDX-License-Identifier: BSL-1.0

// at_path and patch: the steps of a path, as conversion_error writes them, followed into a value.

#include "pickle/value/node.hpp"
#include "pickled/convert/conversion_error.hpp"
#include "pickled/convert/native.hpp"
#include "pickled/convert/text.hpp"
#include "pickled/value/attribute.hpp"
#include "pickled/value/value.hpp"
#include "python/behaviour.hpp"

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

using action = enum instance_node::change::action;

// Where one step leads.
struct step {
  std::optional<value_view> item = {};
  const value_view* place = nullptr;          // where the item stands, if it can be replaced there
  std::string_view text = {};                 // of the step, for errors
  std::optional<std::string_view> name = {};  // of an attribute or a str key
  bool of_attribute = false;
};

struct keyed_place {
  value_view key;
  const value_view* item;
};

// The entries of what behaves as a dict.
std::vector<keyed_place> places_of(const face& f) {
  std::vector<keyed_place> places;
  const auto add_entries = [&](value_view dict) {
    for (const dict_entry& entry : dict.as_entries())
      places.push_back({entry.key, &entry.value});
  };
  const instance_node* const object = f.value.if_instance();
  if (object == nullptr) {
    add_entries(f.value);
    return places;
  }
  if (f.behaves == behaviour::counter && object->args.size() == 1)
    add_entries(object->args.as_items()[0]);
  for (const instance_node::change& change : object->changes.view()) {
    if (change.action == action::setitem) places.push_back({change.first, &change.second});
  }
  return places;
}

// The place of a list's item, also of a list's subclass; nullptr in what cannot be assigned to.
const value_view* place_in_list(const face& f, std::size_t index) {
  if (f.behaves != behaviour::list) return nullptr;
  const instance_node* const object = f.value.if_instance();
  if (object == nullptr) return f.value.find(index);
  for (const instance_node::change& change : object->changes.view()) {
    if (change.action == action::append && index-- == 0) return &change.first;
  }
  return nullptr;
}

// What stands in an array is made when it is asked for, and has to be a view that points nowhere.
std::optional<value_view> item_of_sequence(value_view in, std::size_t index) try {
  const item_list<value_view> items = native_items(in, "list");
  if (index >= items.size()) return std::nullopt;
  if (items.made() && items[index].identity() != nullptr) return std::nullopt;
  return items[index];
} catch (const conversion_error&) {
  return std::nullopt;
}

// The length of the "[…]" that a text begins with, of which brackets and quotes inside are a part;
// 0 where it has no end.
std::size_t bracket_size(std::string_view text) {
  std::size_t open = 0;
  char quote = '\0';
  for (std::size_t i = 0; i != text.size(); ++i) {
    const char c = text[i];
    if (quote != '\0') {
      if (c == '\\')
        ++i;
      else if (c == quote)
        quote = '\0';
      if (i >= text.size()) break;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '[' || c == '(' || c == '{') {
      ++open;
    } else if ((c == ']' || c == ')' || c == '}') && --open == 0) {
      return i + 1;
    }
  }
  return 0;
}

// The str that "['x']" has, if it is one without escapes.
std::optional<std::string_view> plain_str(std::string_view step) {
  if (step.size() < 4 || (step[1] != '\'' && step[1] != '"')) return std::nullopt;
  const std::string_view text = step.substr(2, step.size() - 4);
  const bool plain = step[step.size() - 2] == step[1] &&
                     text.find('\\') == std::string_view::npos &&
                     text.find(step[1]) == std::string_view::npos;
  return plain ? std::optional(text) : std::nullopt;
}

class path_walk {
 public:
  explicit path_walk(std::string_view path) : path_(path), rest_(path) {
    if (!rest_.starts_with('$')) refuse();
    rest_.remove_prefix(1);
  }

  bool at_end() const noexcept { return rest_.empty(); }

  // Precondition: it is not at the end.
  step take(value_view in) {
    if (rest_.starts_with('.')) return take_attribute(in);
    if (!rest_.starts_with('[')) refuse();
    const face f = face_of(in);
    if (is_dict_like(f.behaves)) return take_key(in, f);
    return f.behaves == behaviour::set ? take_set_item(in) : take_index(in, f);
  }

 private:
  [[noreturn]] void refuse() const { throw access_error(path_); }

  std::string_view take_text(std::size_t size) {
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }

  // The whole "[…]".
  std::string_view take_bracket() {
    const std::size_t size = bracket_size(rest_);
    if (size <= 2) refuse();
    return take_text(size);
  }

  // A step that leads nowhere.
  step missing() {
    const std::string_view bracket = take_bracket();
    step result{.text = bracket.substr(1, bracket.size() - 2)};
    result.name = plain_str(bracket);
    return result;
  }

  step take_attribute(value_view in) {
    const std::string_view name = rest_.substr(1, rest_.find_first_of(".[", 1) - 1);
    if (name.empty()) refuse();
    take_text(1 + name.size());
    step result{.text = name, .name = name, .of_attribute = true};
    if (in.is(kind::instance)) result.place = find_attribute(in.as_instance(), name);
    if (result.place == nullptr) result.place = find_str(in, face_of(in), name);
    if (result.place != nullptr) result.item = *result.place;
    return result;
  }

  static const value_view* find_str(value_view in, const face& f, std::string_view key) {
    if (in.is(kind::dict)) return in.find(key);
    const value_view* found = nullptr;
    if (!is_dict_like(f.behaves)) return found;
    for (const keyed_place& at : places_of(f)) {
      if (at.key.if_str() == key) found = at.item;
    }
    return found;
  }

  // Most keys are a str; others are known by their text, which may be cut off.
  step take_key(value_view in, const face& f) {
    if (const std::size_t size = bracket_size(rest_); size != 0) {
      const std::optional<std::string_view> key = plain_str(rest_.substr(0, size));
      if (const value_view* const found = key ? find_str(in, f, *key) : nullptr)
        return {*found, found, take_text(size), key};
    }
    step result;
    std::size_t longest = 0;
    const auto match = [&](const std::string& text, value_view item, const value_view* place) {
      if (text.size() < longest || !rest_.starts_with(text)) return;
      longest = text.size();
      result.item = item;
      result.place = place;
    };
    for (const keyed_place& at : places_of(f)) {
      match(key_step(at.key), *at.item, at.item);
      match(step_to_key(at.key), at.key, nullptr);
    }
    if (!result.item) return missing();
    result.text = take_text(longest);
    return result;
  }

  step take_set_item(value_view in) {
    step result;
    std::size_t longest = 0;
    for (const value_view item : native_items(in, "set")) {
      const std::string text = key_step(item);
      if (text.size() < longest || !rest_.starts_with(text)) continue;
      longest = text.size();
      result.item = item;
    }
    if (!result.item) return missing();
    result.text = take_text(longest);
    return result;
  }

  step take_index(value_view in, const face& f) {
    const std::size_t end = rest_.find(']');
    if (end == std::string_view::npos) refuse();
    std::size_t index = 0;
    const char* const last = rest_.data() + end;
    const auto [stop, error] = std::from_chars(rest_.data() + 1, last, index);
    if (error != std::errc() || stop != last) {
      step result = missing();
      if (!result.name) refuse();
      return result;
    }
    step result{.text = take_text(end + 1).substr(1, end - 1)};
    result.place = place_in_list(f, index);
    result.item = result.place != nullptr ? *result.place : item_of_sequence(in, index);
    return result;
  }

  std::string_view path_;
  std::string_view rest_;
};

[[noreturn]] void refuse_step(const step& at, value_view in) {
  const bool quoted = at.of_attribute;
  throw access_error(quoted ? "'" + std::string(at.text) + "'" : std::string(at.text), in);
}

// The dict that a new attribute of an instance goes to; None where its state is none that has
// names.
value_view dict_for_attributes(const instance_node& object) {
  const value_view state = state_of(object);
  if (state.is(kind::dict)) return state;
  const bool with_slots = state.is(kind::tuple) && state.size() == 2;
  if (!with_slots) return {};
  for (const value_view part : state.as_items()) {
    if (part.is(kind::dict)) return part;
  }
  return {};
}

bool has_state(const instance_node& object) {
  for (const instance_node::change& change : object.changes.view()) {
    if (change.action == action::build) return true;
  }
  return false;
}

void store(value_view in, const step& at, const value::item& made, value_builder& b) {
  if (at.place != nullptr) {
    const value_view item = to_value(made, b);
    const_cast<value_view&>(*at.place) = item;
    count_use(item);
    return;
  }
  if (at.item) {
    throw access_error(pickle_errc::other_kind,
                       "cannot assign to item " + std::string(at.text) + " of", in);
  }
  const instance_node* const object = at.of_attribute ? in.if_instance() : nullptr;
  const bool bare =
      object != nullptr && !has_state(*object) && face_of(in).behaves == behaviour::other;
  value_view dict = in;
  if (object != nullptr) dict = bare ? b.dict() : dict_for_attributes(*object);
  if (!at.name || !dict.is(kind::dict)) refuse_step(at, in);
  const value_view key = to_value(*at.name, b);
  b.insert(dict, key, to_value(made, b));
  if (bare) b.change(in, {action::build, dict, {}});
}

}  // namespace
}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

value_view value_view::at_path(std::string_view path) const {
  value_view at = *this;
  for (detail::path_walk walk(path); !walk.at_end();) {
    const detail::step step = walk.take(at);
    if (!step.item) detail::refuse_step(step, at);
    at = *step.item;
  }
  return at;
}

bool value::put(std::string_view path, const item& made) const {
  detail::path_walk walk(path);
  if (walk.at_end()) return false;
  for (value_view at = view_;;) {
    const detail::step step = walk.take(at);
    if (walk.at_end()) {
      value_builder builder(*owner_);
      detail::store(at, step, made, builder);
      return true;
    }
    if (!step.item) detail::refuse_step(step, at);
    at = *step.item;
  }
}

PICKLED_END_NAMESPACE
