// SPDX-License-Identifier: BSL-1.0

#include "server/sync/queue_object.hpp"

#include "pickled/python/python_error.hpp"
#include "server/python/truth.hpp"
#include "server/registry.hpp"
#include "server/sync/wait_arguments.hpp"
#include "server/types/opaque.hpp"
#include "server/types/slots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <iterator>
#include <new>
#include <utility>
#include <variant>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

constexpr method_entry queue_methods[] = {
    {"empty", method<&queue_object::empty>, needs::little},
    {"full", method<&queue_object::full>, needs::little},
    {"get", method<&queue_object::get>, needs::waiting},
    {"get_nowait", method<&queue_object::get_nowait>, needs::waiting},
    {"join", method<&queue_object::join>, needs::waiting},
    {"put", method<&queue_object::put>, needs::memory | needs::waiting | needs::tickets},
    {"put_nowait", method<&queue_object::put_nowait>, needs::memory | needs::tickets},
    {"qsize", method<&queue_object::qsize>, needs::little},
    {"shutdown", method<&queue_object::shutdown>, needs::whole | needs::no_steps},
    {"task_done", method<&queue_object::task_done>, needs::little},
};

const raised queue_empty = std::make_shared<python_error>("queue.Empty");
const raised queue_full = std::make_shared<python_error>("queue.Full");
const raised queue_shut_down = std::make_shared<python_error>("queue.ShutDown");
const raised memory_error = std::make_shared<python_error>("MemoryError");

// The exception that is being handled, for somebody else.
raised current_error() noexcept {
  try {
    throw;
  } catch (const python_error& error) {
    try {
      return std::make_shared<python_error>(error);
    } catch (const std::bad_alloc&) {
    }
  } catch (const std::exception&) {
  }
  return memory_error;
}

// Queue(1.5) holds two items, and Queue(nan) any number.
std::size_t size_limit(const frozen& maxsize) {
  const std::optional<double> n = double_of(maxsize);
  if (!n) not_comparable(">", maxsize);
  if (!(*n > 0)) return 0;
  constexpr double most = 0x1p62;
  return *n >= most ? std::size_t{1} << 62 : static_cast<std::size_t>(std::ceil(*n));
}

bool no_time(bool block, std::optional<double> timeout) {
  return !block || (timeout && *timeout <= 0);
}

}  // namespace

std::size_t queue_object::maxsize_argument(arguments& args) {
  const auto [maxsize] = args.bind<1>("Queue.__init__", {"maxsize"}, 0);
  return maxsize == nullptr ? 0 : size_limit(*maxsize);
}

std::span<const method_entry> queue_object::table() noexcept {
  return queue_methods;
}

void queue_object::empty(call& c) {
  c.args.bind<0>("Queue.empty", {}, 0);
  c.reply.boolean(items_.empty());
}

void queue_object::full(call& c) {
  c.args.bind<0>("Queue.full", {}, 0);
  c.reply.boolean(is_full());
}

void queue_object::qsize(call& c) {
  c.args.bind<0>("Queue.qsize", {}, 0);
  c.reply.integer(static_cast<std::int64_t>(items_.size()));
}

void queue_object::get(call& c) {
  const auto [block, timeout] = c.args.bind<2>("Queue.get", {"block", "timeout"}, 0);
  get_item(c, block == nullptr || truth(*block), timeout);
}

void queue_object::get_nowait(call& c) {
  c.args.bind<0>("Queue.get_nowait", {}, 0);
  get_item(c, false, nullptr);
}

void queue_object::get_item(call& c, bool block, const frozen* timeout) {
  if (is_shut_down_ && items_.empty()) throw python_error(*queue_shut_down);
  const std::optional<double> seconds = block ? queue_timeout(timeout) : std::nullopt;
  if (items_.empty()) {
    if (no_time(block, seconds)) throw python_error(*queue_empty);
    check_timestamp(seconds);
    auto w = c.make_waiter<waiting_caller>(shared_from_this(), seconds);
    getters_.push_back(w);
    c.wait(std::move(w));
    return;
  }
  auto w = c.make_waiter<waiting_caller>(shared_from_this(), std::nullopt);
  w->place = take();
  w->grant(w->place.value().item);
  c.wait(std::move(w));
  admit(c.decided());
}

void queue_object::put(call& c) {
  const auto [item, block, timeout] = c.args.bind<3>("Queue.put", {"item", "block", "timeout"}, 1);
  put_item(c, *item, block == nullptr || truth(*block), timeout);
}

void queue_object::put_nowait(call& c) {
  const auto [item] = c.args.bind<1>("Queue.put_nowait", {"item"}, 1);
  put_item(c, *item, false, nullptr);
}

void queue_object::put_item(call& c, frozen& item, bool block, const frozen* timeout) {
  if (is_shut_down_) throw python_error(*queue_shut_down);
  const std::optional<double> seconds =
      block && maxsize_ != 0 ? queue_timeout(timeout) : std::nullopt;
  if (is_full()) {
    if (no_time(block, seconds)) throw python_error(*queue_full);
    check_timestamp(seconds);
    auto w = c.make_waiter<waiting_caller>(shared_from_this(), seconds);
    w->place = make_place(std::move(item));
    putters_.push_back(w);
    c.wait(std::move(w));
    return;
  }
  node place = make_place(std::move(item));
  place.value().number = last_number_ + 1;
  insert(place, c.decided());
  ++last_number_;
  ++unfinished_;
}

void queue_object::join(call& c) {
  c.args.bind<0>("Queue.join", {}, 0);
  if (unfinished_ == 0) return;
  auto w = c.make_waiter<waiting_caller>(shared_from_this(), std::nullopt);
  joiners_.push_back(w);
  c.wait(std::move(w));
}

void queue_object::task_done(call& c) {
  c.args.bind<0>("Queue.task_done", {}, 0);
  if (unfinished_ == 0) throw python_error("ValueError", "task_done() called too many times");
  finish_tasks(1, c.decided());
}

void queue_object::shutdown(call& c) {
  const auto [immediate] = c.args.bind<1>("Queue.shutdown", {"immediate"}, 0);
  const bool discard = immediate != nullptr && truth(*immediate);
  const auto discarded = discard ? std::make_shared<entries>(items_.key_comp()) : nullptr;
  is_shut_down_ = true;
  changed();
  if (discard) {
    is_discarded_ = true;
    finish_tasks(items_.size(), c.decided());
    items_.swap(*discarded);
    c.drop(discarded);
    held_.clear();
  }
  while (!getters_.empty())
    c.decided().grant(getters_.pop_front(), queue_shut_down);
  while (!putters_.empty())
    c.decided().grant(putters_.pop_front(), queue_shut_down);
}

std::string queue_object::repr(std::size_t) const {
  return fmt::format("<{} object at {}>", class_name(), address_text(this));
}

void queue_object::write_value(splicer&) const {
  cannot_pickle("_thread.lock");
}

void queue_object::for_each_proxy(const std::function<void(const proxy_reference&)>& visit) const {
  std::vector<frozen> with_proxies;
  step([&] {
    const auto add = [&](const frozen& item) {
      if (!item.holes().empty()) with_proxies.push_back(item);
    };
    if (held_.have_proxies())
      for (const entry& e : items_)
        add(e.item);
    putters_.for_each(
        [&](const waiter& w) { add(static_cast<const waiting_caller&>(w).place.value().item); });
  });
  visit_proxies(with_proxies, visit);
}

void queue_object::on_expire(waiter& w, decided_waiters& decided) {
  if (!w.waiting()) return;
  const bool gets = w.queue == &getters_;
  decided.expire(w.queue->remove(w), gets ? queue_empty : queue_full);
}

void queue_object::on_withdraw(waiter& w, decided_waiters& decided) {
  if (w.waiting()) {
    decided.withdraw(w.queue->remove(w));
    return;
  }
  if (w.current() != waiter::state::granted) return;
  w.withdraw();
  node& place = static_cast<waiting_caller&>(w).place;
  // Only a getter was granted something that others want: a putter has its node still if it failed.
  if (place.empty() || std::holds_alternative<raised>(w.result())) return;
  if (is_discarded_)
    finish_tasks(1, decided);
  else
    put_back(place, decided);
}

queue_object::node queue_object::make_place(frozen item) const {
  entries made(items_.key_comp());
  return made.extract(made.insert({0, std::move(item)}).first);
}

void queue_object::insert(node& place, decided_waiters& decided) {
  if (const std::shared_ptr<waiter> getter = getters_.pop_front()) {
    const frozen item = place.value().item;
    static_cast<waiting_caller&>(*getter).place = std::move(place);
    decided.grant(getter, item);
    return;
  }
  held_.add(items_.insert(items_.end(), std::move(place))->item);
  changed();
}

void queue_object::put_back(node& place, decided_waiters& decided) noexcept {
  try {
    insert(place, decided);
  } catch (const std::exception&) {
    // It cannot be compared with what was put meanwhile, or not without memory. It was to leave
    // before that, and does so now.
    place.value().returned = true;
    insert(place, decided);
  }
}

queue_object::node queue_object::take() {
  node taken = items_.extract(takes_last() ? std::prev(items_.end()) : items_.begin());
  held_.remove(taken.value().item);
  changed();
  return taken;
}

void queue_object::admit(decided_waiters& decided) noexcept {
  while (!putters_.empty() && !is_full()) {
    const std::shared_ptr<waiter> putter = putters_.pop_front();
    node& place = static_cast<waiting_caller&>(*putter).place;
    place.value().number = last_number_ + 1;
    try {
      insert(place, decided);
    } catch (const std::exception&) {
      // Its item cannot be compared with those that are here.
      decided.grant(putter, current_error());
      continue;
    }
    ++last_number_;
    ++unfinished_;
    decided.grant(putter, frozen::none());
  }
}

void queue_object::finish_tasks(std::size_t count, decided_waiters& decided) noexcept {
  unfinished_ -= std::min(unfinished_, count);
  changed();
  if (unfinished_ != 0) return;
  while (!joiners_.empty())
    decided.grant(joiners_.pop_front(), frozen::none());
}

void host_queue(registry& types, iterators) {
  types.host<queue_object>("Queue", queue_object::create, "AutoProxy", {{"queue", "Queue"}});
  types.host<queue_object>("JoinableQueue", queue_object::create, "AutoProxy", {});
}

}  // namespace pickled::inline v0::detail
