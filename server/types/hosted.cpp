// SPDX-License-Identifier: BSL-1.0

#include "server/types/hosted.hpp"

#include "server/sync/waiter.hpp"
#include "server/types/call.hpp"

#include <variant>

namespace pickled::inline v0::detail {
namespace {

struct removed_values {
  const event::request* by;

  ~removed_values() {
    if (by != nullptr) by->c.unlocked();
  }
};

}  // namespace

settlement hosted::apply(const event& e) {
  const auto* const request = std::get_if<event::request>(&e.what);
  if (request != nullptr) request->c.begin(request->method);
  if (request != nullptr && request->method.takes_steps()) {
    request->method.function(*this, request->c);
    return settlement::held_nothing;
  }
  // In this order, from the last: the mutex is unlocked, what was removed goes, others are woken.
  decided_waiters decided;
  const removed_values removed{request};
  const std::lock_guard guard(mutex_);
  return std::visit([&](const auto& what) { return happen(what, decided); }, e.what);
}

settlement hosted::happen(const event::request& e, decided_waiters& decided) {
  e.c.decide_into(decided);
  e.method.function(*this, e.c);
  return settlement::held_nothing;
}

settlement hosted::happen(const event::expire& e, decided_waiters& decided) {
  on_expire(e.w, decided);
  return settlement::held_nothing;
}

settlement hosted::happen(const event::withdraw& e, decided_waiters& decided) {
  on_withdraw(e.w, decided);
  return settlement::held_nothing;
}

settlement hosted::happen(const event::give_back& e, decided_waiters& decided) {
  on_give_back(e.w, decided);
  return settlement::held_nothing;
}

settlement hosted::happen(const event::owner_gone& e, decided_waiters& decided) {
  return on_owner_gone(e.who, e.how, decided);
}

}  // namespace pickled::inline v0::detail
