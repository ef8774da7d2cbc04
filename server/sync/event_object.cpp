// SPDX-License-Identifier: BSL-1.0

#include "server/sync/event_object.hpp"

#include "server/registry.hpp"
#include "server/sync/wait_arguments.hpp"
#include "server/types/opaque.hpp"

#include <fmt/format.h>

#include <utility>

namespace pickled::inline v0::detail {
namespace {

constexpr method_entry event_methods[] = {
    {"is_set", method<&event_object::is_set>, needs::little},
    {"set", method<&event_object::set>, needs::little},
    {"clear", method<&event_object::clear>, needs::little},
    {"wait", method<&event_object::wait>, needs::waiting},
};

}  // namespace

std::shared_ptr<hosted> event_object::create(arguments& args) {
  args.bind<0>("Event.__init__", {}, 0);
  return std::make_shared<event_object>();
}

std::span<const method_entry> event_object::table() noexcept {
  return event_methods;
}

void event_object::is_set(call& c) {
  c.args.bind<0>("Event.is_set", {}, 0);
  c.reply.boolean(flag_);
}

void event_object::set(call& c) {
  c.args.bind<0>("Event.set", {}, 0);
  flag_ = true;
  changed();
  while (!waiters_.empty())
    c.decided().grant(waiters_.pop_front(), frozen::boolean(true));
}

void event_object::clear(call& c) {
  c.args.bind<0>("Event.clear", {}, 0);
  flag_ = false;
  changed();
}

void event_object::wait(call& c) {
  const auto [given] = c.args.bind<1>("Event.wait", {"timeout"}, 0);
  if (flag_) {
    c.reply.boolean(true);
    return;
  }
  const std::optional<double> timeout = wait_timeout(given);
  if (timeout && *timeout <= 0) {
    c.reply.boolean(false);
    return;
  }
  std::shared_ptr<waiter> w = c.make_waiter(shared_from_this(), timeout);
  waiters_.push_back(w);
  c.wait(std::move(w));
}

std::string event_object::repr(std::size_t) const {
  const bool is_set = step([this] { return flag_; });
  return fmt::format("<threading.Event at {}: {}>", address_text(this), is_set ? "set" : "unset");
}

void event_object::write_value(splicer&) const {
  cannot_pickle("_thread.lock");
}

void event_object::on_expire(waiter& w, decided_waiters& decided) {
  if (w.waiting()) decided.expire(waiters_.remove(w), frozen::boolean(false));
}

void event_object::on_withdraw(waiter& w, decided_waiters& decided) {
  if (w.waiting()) decided.withdraw(waiters_.remove(w));
}

void host_event(registry& types, iterators) {
  types.host<event_object>("Event", event_object::create, "EventProxy", {{"threading", "Event"}});
}

}  // namespace pickled::inline v0::detail
