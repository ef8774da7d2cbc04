// SPDX-License-Identifier: BSL-1.0

#include "server/sync/barrier_object.hpp"

#include "frozen/thaw.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/python/type_name.hpp"
#include "server/python/truth.hpp"
#include "server/registry.hpp"
#include "server/sync/wait_arguments.hpp"
#include "server/types/opaque.hpp"

#include <fmt/format.h>

#include <utility>

namespace pickled::inline v0::detail {
namespace {

constexpr method_entry barrier_methods[] = {
    {"__getattribute__", method<&barrier_object::getattribute>, needs::little},
    {"wait", method<&barrier_object::wait>, needs::waiting},
    {"abort", method<&barrier_object::abort>, needs::little},
    {"reset", method<&barrier_object::reset>, needs::little},
};

const raised broken_barrier = std::make_shared<python_error>("threading.BrokenBarrierError");

std::string name_of(value_view callable) {
  if (!callable.is(kind::global)) return repr(callable, 100);
  return fmt::format("{}.{}", callable.as_global().module, callable.as_global().name);
}

void refuse_action(const frozen& action) {
  const value callable = thaw(action);
  if (!callable->is(kind::global) && !callable->is(kind::instance) && !callable->is(kind::proxy))
    throw python_error("TypeError",
                       fmt::format("'{}' object is not callable", type_name(callable)));
  throw python_error(
      "NotImplementedError",
      fmt::format("Barrier action {}: this server runs no functions", name_of(callable)));
}

}  // namespace

std::shared_ptr<hosted> barrier_object::create(arguments& args) {
  const auto [parties, action, timeout] =
      args.bind<3>("Barrier.__init__", {"parties", "action", "timeout"}, 1);
  const std::int64_t count = count_argument(*parties);
  if (count < 1) throw python_error("ValueError", "parties must be > 0");
  if (action != nullptr && truth(*action)) refuse_action(*action);
  return std::make_shared<barrier_object>(count, endtime_timeout(timeout));
}

std::span<const method_entry> barrier_object::table() noexcept {
  return barrier_methods;
}

void barrier_object::getattribute(call& c) {
  const frozen& argument = c.args.take_slot("__getattribute__", 1).front();
  const auto name = argument.as_str();
  if (!name)
    throw python_error("TypeError", fmt::format("attribute name must be string, not '{}'",
                                                type_name(thaw(argument))));
  if (*name == "parties")
    c.reply.integer(parties_);
  else if (*name == "n_waiting")
    c.reply.integer(arrived_);
  else if (*name == "broken")
    c.reply.boolean(broken_);
  else
    throw python_error("AttributeError",
                       fmt::format("'Barrier' object has no attribute '{}'", *name));
}

void barrier_object::wait(call& c) {
  const auto [given] = c.args.bind<1>("Barrier.wait", {"timeout"}, 0);
  if (broken_) throw python_error(*broken_barrier);
  if (arrived_ + 1 == parties_) {
    c.reply.integer(arrived_);
    let_through(c.decided());
    return;
  }
  const std::optional<double> timeout =
      given == nullptr || given->is_none() ? timeout_ : endtime_timeout(given);
  if (timeout && *timeout <= 0) {
    break_up(c.decided());
    throw python_error(*broken_barrier);
  }
  std::shared_ptr<waiter> w = c.make_waiter(shared_from_this(), timeout);
  w->count = arrived_++;
  changed();
  waiters_.push_back(w);
  c.wait(std::move(w));
}

void barrier_object::abort(call& c) {
  c.args.bind<0>("Barrier.abort", {}, 0);
  break_up(c.decided());
}

void barrier_object::reset(call& c) {
  c.args.bind<0>("Barrier.reset", {}, 0);
  break_up(c.decided());
  broken_ = false;
}

std::string barrier_object::repr(std::size_t) const {
  const std::string state = step(
      [this] { return broken_ ? "broken" : fmt::format("waiters={}/{}", arrived_, parties_); });
  return fmt::format("<threading.Barrier at {}: {}>", address_text(this), state);
}

void barrier_object::write_value(splicer&) const {
  cannot_pickle("_thread.lock");
}

void barrier_object::on_expire(waiter& w, decided_waiters& decided) {
  if (!w.waiting()) return;
  decided.expire(waiters_.remove(w), broken_barrier);
  break_up(decided);
}

void barrier_object::on_withdraw(waiter& w, decided_waiters& decided) {
  if (!w.waiting()) return;
  decided.withdraw(waiters_.remove(w));
  // Who has died has arrived even so; who is interrupted has not, and may come again.
  if (w.given_up()) {
    --arrived_;
    changed();
  } else if (policy_ == holder_death::poison) {
    break_up(decided);
  }
}

void barrier_object::let_through(decided_waiters& decided) {
  while (std::shared_ptr<waiter> w = waiters_.pop_front()) {
    const std::int64_t index = w->count;
    decided.grant(std::move(w), frozen::integer(index));
  }
  arrived_ = 0;
  changed();
}

void barrier_object::break_up(decided_waiters& decided) {
  while (!waiters_.empty())
    decided.grant(waiters_.pop_front(), broken_barrier);
  arrived_ = 0;
  broken_ = true;
  changed();
}

void host_barrier(registry& types, iterators) {
  types.host<barrier_object>("Barrier", barrier_object::create, "BarrierProxy",
                             {{"threading", "Barrier"}});
}

}  // namespace pickled::inline v0::detail
