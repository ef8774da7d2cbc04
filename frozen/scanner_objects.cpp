// The opcodes that take values off the stack: containers, calls, and what is dropped.

#include "frozen/scanner.hpp"

#include <algorithm>

namespace pickled {

namespace {
constexpr item_flags inherited = opaque_equality | uses_protocol_5;

bool may_be_called(kind what) noexcept {
  return what == kind::global || what == kind::instance || what == kind::extension;
}
}  // namespace

bool scanner::pop_mark(mark& popped) {
  if (marks_.empty()) return false;
  popped = marks_.back();
  marks_.truncate(marks_.size() - 1);
  fence_ = marks_.empty() ? 0 : marks_.back().items;
  return true;
}

// The items from `first` on end here, and their definitions with them.
[[gnu::always_inline]] inline scanner::summary scanner::consume(std::size_t first,
                                                                std::uint64_t here) {
  summary s{0, no_flags};
  const stack_item* const end = stack_.end();
  for (const stack_item* item = stack_.begin() + first; item != end;) {
    const stack_item& i = *item++;
    s.depth = std::max(s.depth, i.depth);
    s.flags |= i.flags;
    if (i.definition == no_definition || i.flags & fetched) continue;
    definition& d = map_->definitions[i.definition];
    d.end = item == end ? here : item->start;
    d.depth = i.depth;
    d.flags = i.flags;
  }
  return s;
}

// One value takes the place of the items from `first` on.
[[gnu::always_inline]] inline bool scanner::replace(std::size_t first, std::uint64_t start,
                                                    kind what, const summary& s) {
  if (s.depth >= max_depth_) return false;
  stack_.truncate(first);
  const auto depth = static_cast<std::uint16_t>(s.depth + 1);
  return push(start, what, depth, s.flags);
}

bool scanner::hashable(std::size_t first, std::size_t step) const noexcept {
  for (std::size_t i = first; i < stack_.size(); i += step) {
    if (stack_[i].flags & unhashable) return false;
  }
  return true;
}

// Notes the items from `first` on, where their container is one that will be cut. `fresh` where
// the container is made of them, and did not exist before.
bool scanner::watch(std::size_t container, std::size_t first, std::uint64_t start,
                    std::uint64_t here, bool fresh) {
  message_map::contents& contents = map_->watched[container - watched_];
  if (fresh || contents.container != start) contents.slots.truncate(0);
  contents.container = start;
  for (std::size_t i = first; i != stack_.size(); ++i) {
    const std::uint64_t end = i + 1 == stack_.size() ? here : stack_[i + 1].start;
    if (!contents.slots.push(slot(stack_[i], end))) return false;
  }
  return true;
}

bool scanner::make_tuple(std::uint64_t here, std::size_t count) {
  if (available() < count) return false;
  const std::size_t first = stack_.size() - count;
  return make_tuple_of(first, stack_[first].start, here);
}

bool scanner::make_marked_tuple(std::uint64_t here) {
  mark popped;
  if (!pop_mark(popped) || popped.items == stack_.size()) return false;
  return make_tuple_of(popped.items, popped.position, here);
}

bool scanner::make_tuple_of(std::size_t first, std::uint64_t start, std::uint64_t here) {
  if (first == 0 && options_->shape == shape::request) {
    map_->has_request = stack_.size() == map_->request.size();
    for (std::size_t i = 0; map_->has_request && i != stack_.size(); ++i) {
      map_->request[i] = slot(stack_[i], i + 1 == stack_.size() ? here : stack_[i + 1].start);
    }
  }
  if (is_watched(first) && !watch(first, first, start, here, true)) return false;
  summary s = consume(first, here);
  s.flags &= inherited | unhashable;
  return replace(first, start, kind::tuple, s);
}

bool scanner::make_frozenset(std::uint64_t here) {
  mark popped;
  if (!pop_mark(popped) || !hashable(popped.items, 1)) return false;
  const std::size_t first = popped.items;
  if (is_watched(first) && !watch(first, first, popped.position, here, true)) return false;
  summary s = consume(first, here);
  s.flags &= inherited;
  return replace(first, popped.position, kind::frozenset, s);
}

bool scanner::fill_single(std::uint64_t here, kind what, std::size_t parts) {
  return available() > parts && fill(stack_.size() - parts, here, what, parts);
}

bool scanner::fill_marked(std::uint64_t here, kind what, std::size_t parts) {
  mark popped;
  return pop_mark(popped) && popped.items > fence_ && fill(popped.items, here, what, parts);
}

// The items from `first` on go into the container below them, `parts` at a time.
bool scanner::fill(std::size_t first, std::uint64_t here, kind what, std::size_t parts) {
  stack_item& container = stack_[first - 1];
  if (container.kind != what && container.kind != kind::instance) return false;
  if ((stack_.size() - first) % parts != 0) return false;
  const bool hashes = container.kind == kind::dict || container.kind == kind::set;
  if (hashes && !hashable(first, parts)) return false;
  if (is_watched(first - 1) && !watch(first - 1, first, container.start, here, false)) return false;
  const summary s = consume(first, here);
  if (s.depth >= max_depth_) return false;
  container.depth =
      std::max<std::uint16_t>(container.depth, static_cast<std::uint16_t>(s.depth + 1));
  container.flags |= s.flags & inherited;
  if (container.flags & fetched) map_->uncuttable = true;
  stack_.truncate(first);
  return true;
}

bool scanner::stack_global(std::uint64_t here) {
  if (available() < 2) return false;
  const std::size_t first = stack_.size() - 2;
  if (stack_[first].kind != kind::str || stack_[first + 1].kind != kind::str) return false;
  item_flags flags = opaque_equality;
  if (options_->find_proxies && map_->text(stack_[first + 1]) == "RebuildProxy" &&
      map_->text(stack_[first]) == "multiprocessing.managers") {
    flags |= rebuilds_proxy;
  }
  const std::uint64_t start = stack_[first].start;
  consume(first, here);
  stack_.truncate(first);
  return push(start, kind::global, 0, flags);
}

bool scanner::reduce(std::uint64_t here) {
  if (available() < 2) return false;
  const std::size_t first = stack_.size() - 2;
  const stack_item callable = stack_[first];
  const stack_item arguments = stack_[first + 1];
  if (!may_be_called(callable.kind) || arguments.kind != kind::tuple) return false;
  if (callable.flags & rebuilds_proxy) {
    map_->proxy_calls.push_back({callable.start, arguments.start, here + 1});
  }
  summary s = consume(first, here);
  s.flags = (s.flags & inherited) | opaque_equality;
  return replace(first, callable.start, kind::instance, s);
}

bool scanner::newobj(std::uint64_t here, bool with_kwargs) {
  const std::size_t count = with_kwargs ? 3 : 2;
  if (available() < count) return false;
  const std::size_t first = stack_.size() - count;
  const stack_item type = stack_[first];
  if (!may_be_called(type.kind) || stack_[first + 1].kind != kind::tuple) return false;
  if (with_kwargs && stack_[first + 2].kind != kind::dict) return false;
  summary s = consume(first, here);
  s.flags = (s.flags & inherited) | opaque_equality;
  return replace(first, type.start, kind::instance, s);
}

bool scanner::obj(std::uint64_t here) {
  mark popped;
  if (!pop_mark(popped) || popped.items == stack_.size()) return false;
  const std::size_t first = popped.items;
  if (!may_be_called(stack_[first].kind)) return false;
  summary s = consume(first, here);
  s.flags = (s.flags & inherited) | opaque_equality;
  if (s.depth >= max_depth_) return false;
  ++s.depth;  // of the tuple that the arguments become
  return replace(first, popped.position, kind::instance, s);
}

bool scanner::build(std::uint64_t here) {
  if (available() < 2) return false;
  stack_item& object = stack_[stack_.size() - 2];
  if (object.kind != kind::instance) return false;
  const summary s = consume(stack_.size() - 1, here);
  if (s.depth >= max_depth_) return false;
  object.depth = std::max<std::uint16_t>(object.depth, static_cast<std::uint16_t>(s.depth + 1));
  object.flags |= s.flags & inherited;
  if (object.flags & fetched) map_->uncuttable = true;
  stack_.truncate(stack_.size() - 1);
  return true;
}

bool scanner::pop() {
  if (available() == 0) return false;
  lost_flags_ |= stack_.back().flags & inherited;
  stack_.truncate(stack_.size() - 1);
  map_->uncuttable = true;
  return true;
}

bool scanner::pop_to_mark() {
  mark popped;
  if (!pop_mark(popped)) return false;
  for (std::size_t i = popped.items; i != stack_.size(); ++i) {
    lost_flags_ |= stack_[i].flags & inherited;
  }
  stack_.truncate(popped.items);
  map_->uncuttable = true;
  return true;
}

}  // namespace pickled
