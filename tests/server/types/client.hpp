// SPDX-License-Identifier: BSL-1.0

// A client of hosted objects without session or wire: it calls methods by name, and tells results
// as Python prints them.

#ifndef PICKLED_TESTS_SERVER_TYPES_CLIENT_HPP
#define PICKLED_TESTS_SERVER_TYPES_CLIENT_HPP

#include "pickled/frozen/splicer.hpp"
#include "pickled/python/python_error.hpp"
#include "server/sync/waiter.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pickled::inline v0::detail::testing {

// Leaves only.
inline std::string text_of(const frozen& f) {
  if (f.is_none()) return "None";
  if (const auto s = f.as_str()) return fmt::format("'{}'", *s);
  if (const auto d = f.as_real()) return fmt::format("{}", *d);
  const auto i = f.as_integer();
  if (f.kind() == kind::boolean) return *i != 0 ? "True" : "False";
  return i ? fmt::format("{}", *i) : "?";
}

inline std::string text_of(const wait_result& result) {
  if (const auto* error = std::get_if<raised>(&result)) return (*error)->what();
  return text_of(std::get<frozen>(result));
}

// What still waits when the tests end is withdrawn, as a session does at its end: it and its object
// would keep each other.
class unfinished_calls {
 public:
  void add(const std::shared_ptr<waiter>& w) {
    const std::lock_guard lock(mutex_);
    if (waiters_.size() >= 1000)
      std::erase_if(waiters_, [](const std::weak_ptr<waiter>& each) { return each.expired(); });
    waiters_.push_back(w);
  }
  ~unfinished_calls() {
    for (const std::weak_ptr<waiter>& each : waiters_)
      if (const std::shared_ptr<waiter> w = each.lock()) w->home()->withdraw(*w);
  }

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<waiter>> waiters_;
};
inline unfinished_calls unfinished;

// A call that was made. Prints as its result, or "waits".
class made_call {
 public:
  explicit made_call(std::string result) : result_(std::move(result)) {}
  made_call(std::shared_ptr<waiter> w, std::shared_ptr<std::atomic<int>> wakes)
      : waiter_(std::move(w)), wakes_(std::move(wakes)) {}

  int wakes() const { return wakes_ == nullptr ? 0 : wakes_->load(); }
  bool woken() const { return wakes() != 0; }
  bool waits() const { return waiter_ != nullptr && !waiter_->at_once() && !woken(); }
  std::string text() const {
    if (waiter_ == nullptr) return result_;
    return waits() ? "waits" : text_of(waiter_->result());
  }
  friend bool operator==(const made_call& c, std::string_view text) { return c.text() == text; }
  friend std::ostream& operator<<(std::ostream& out, const made_call& c) { return out << c.text(); }

  // Null where the method returned without one.
  const std::shared_ptr<waiter>& pending() const { return waiter_; }
  void expire() const { waiter_->home()->expire(*waiter_); }
  void withdraw() const { waiter_->home()->withdraw(*waiter_); }
  void give_back() const { waiter_->home()->give_back(*waiter_); }

 private:
  std::string result_;
  std::shared_ptr<waiter> waiter_;
  std::shared_ptr<std::atomic<int>> wakes_;
};

class client {
 public:
  explicit client(std::uint64_t session, int pid = 0) : who_{session, {pid, pid == 0 ? 0U : 1U}} {}

  const owner& who() const { return who_; }

  made_call call_with(hosted& object, std::string_view method, arguments args) const {
    const auto methods = object.methods();
    const auto entry = std::ranges::find(methods, method, &method_entry::name);
    if (entry == methods.end()) throw std::logic_error("there is no such method");
    auto wakes = std::make_shared<std::atomic<int>>(0);
    splicer reply;
    const std::size_t empty = reply.size();
    call c(std::move(args), who_, reply, [wakes] { ++*wakes; });
    try {
      object.apply(event::request{*entry, c});
    } catch (const python_error& error) {
      return made_call(error.what());
    }
    if (c.waiting() != nullptr) {
      unfinished.add(c.waiting());
      return made_call(c.waiting(), std::move(wakes));
    }
    if (reply.size() == empty) reply.none();
    return made_call(text_of(std::move(reply).freeze()));
  }

  template <class... Args>
  made_call operator()(const std::shared_ptr<hosted>& object, std::string_view method,
                       Args... args) const {
    return call_with(*object, method, arguments(std::vector<frozen>{as_frozen(args)...}));
  }

  settlement gone(const std::shared_ptr<hosted>& object, departure how) const {
    return object->owner_gone(who_, how);
  }

 private:
  static frozen as_frozen(bool b) { return frozen::boolean(b); }
  static frozen as_frozen(int i) { return frozen::integer(i); }
  static frozen as_frozen(double d) { return frozen::real(d); }
  static frozen as_frozen(const char* s) { return frozen::str(s); }
  static frozen as_frozen(std::nullptr_t) { return frozen::none(); }
  static frozen as_frozen(frozen f) { return f; }

  owner who_;
};

// What the factory of a type makes of positional arguments.
template <class Type, class... Args>
std::shared_ptr<hosted> make(Args... args) {
  arguments given(std::vector<frozen>{std::move(args)...});
  return Type::create(given);
}

}  // namespace pickled::inline v0::detail::testing

#endif  // PICKLED_TESTS_SERVER_TYPES_CLIENT_HPP
