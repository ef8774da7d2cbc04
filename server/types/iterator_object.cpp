// SPDX-License-Identifier: BSL-1.0

#include "server/types/iterator_object.hpp"

#include "pickled/python/python_error.hpp"
#include "server/registry.hpp"
#include "server/types/dict_object.hpp"
#include "server/types/slots.hpp"

#include <fmt/format.h>

#include <utility>

namespace pickled::inline v0::detail {

iterator_object::iterator_object(std::shared_ptr<const dict_object> source,
                                 std::vector<frozen> keys)
    : source_(std::move(source)), keys_(std::move(keys)) {
  for (const frozen& key : keys_)
    held_.add(key);
}

// send(), throw() and close() of IteratorProxy are those of generators, which are never hosted.
std::span<const method_entry> iterator_object::table() noexcept {
  static constexpr method_entry methods[] = {
      {"__next__", method<&iterator_object::next>, needs::little}};
  return methods;
}

std::string iterator_object::repr(std::size_t) const {
  return fmt::format("<dict_keyiterator object at {}>", fmt::ptr(this));
}

void iterator_object::write_value(splicer& out) const {
  write_iterator(out, left());
}

std::size_t iterator_object::weight() const noexcept {
  return held_.bytes();
}

void iterator_object::for_each_proxy(
    const std::function<void(const proxy_reference&)>& visit) const {
  if (held_.have_proxies()) visit_proxies(keys_, visit);
}

std::optional<std::vector<frozen>> iterator_object::items() const {
  return left();
}

std::vector<frozen> iterator_object::left() const {
  const auto next = static_cast<std::ptrdiff_t>(step([this] { return next_; }));
  return {keys_.begin() + next, keys_.end()};
}

void iterator_object::next(call& c) {
  c.args.take_slot("__next__", 0);
  const std::size_t size = source_->size();
  if (state_ == state::exhausted) throw python_error("StopIteration");
  if (state_ == state::failed || size != keys_.size()) {
    state_ = state::failed;
    throw python_error("RuntimeError", "dictionary changed size during iteration");
  }
  if (next_ == keys_.size()) {
    state_ = state::exhausted;
    throw python_error("StopIteration");
  }
  c.reply.frozen(keys_[next_++]);
}

// Made by other types' methods alone.
void host_iterator(registry& types, iterators) {
  types.register_type(
      {"Iterator", {}, "IteratorProxy", {"__next__", "send", "throw", "close"}, {}});
}

}  // namespace pickled::inline v0::detail
