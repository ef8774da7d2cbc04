// SPDX-License-Identifier: BSL-1.0

// What the tests of the server share: requests, replies in words, and a type to call.

#ifndef PICKLED_TESTS_SERVER_SUPPORT_HPP
#define PICKLED_TESTS_SERVER_SUPPORT_HPP

#include "frozen/freezer.hpp"
#include "frozen/thaw.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/frozen/splicer.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "server/registry.hpp"
#include "server/server_options.hpp"
#include "server/sync/wait_arguments.hpp"
#include "server/types/call.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

// `('#RETURN', 3)`; an exception as `('#ERROR', KeyError('zz'))`.
inline std::string words(bytes_view message) {
  const value reply = loads(message);
  const auto items = reply->as_items();
  std::string payload;
  if (items[1].is(kind::instance) && items[0].as_str() == "#ERROR") {
    const instance_node& error = items[1].as_instance();
    payload = error.callable.as_global().name;
    payload +=
        error.args.size() == 1 ? "(" + repr(error.args.as_items()[0]) + ")" : repr(error.args);
  } else {
    payload = repr(items[1]);
  }
  return "(" + repr(items[0]) + ", " + payload + ")";
}

inline std::string words(const spliced& message) {
  return words(message.joined().view());
}

inline frozen_request request(std::string_view ident, std::string_view method,
                              std::vector<frozen> args = {},
                              std::vector<std::pair<std::string, frozen>> kwds = {}) {
  return {std::string(ident), std::string(method), std::move(args), std::move(kwds)};
}

// The same as the message that a client sends.
inline buffer pickled_request(std::string_view ident, std::string_view method,
                              const std::vector<frozen>& args = {}) {
  splicer out;
  out.begin_tuple();
  ident.empty() ? out.none() : out.str(ident);
  out.str(method).begin_tuple();
  for (const frozen& arg : args)
    out.frozen(arg);
  out.end_tuple().begin_dict().end_dict().end_tuple();
  return std::move(out).finish().joined();
}

// Objects go with their last reference, and do not rest before.
inline server_options without_grace() {
  server_options options;
  options.grace.time = std::chrono::milliseconds(0);
  return options;
}

// Holds one value, and a gate before which callers wait. The counts tell what was asked of it.
class cell : public hosted {
 public:
  static std::shared_ptr<hosted> make(arguments& args) {
    auto made = std::make_shared<cell>();
    const auto bound = args.bind<1>("Cell.__init__", {"value"}, 0);
    if (bound[0] != nullptr) made->value_ = *bound[0];
    return made;
  }

  std::span<const method_entry> methods() const noexcept override;
  std::string repr(std::size_t) const override { return "<cell>"; }
  void write_value(splicer& out) const override {
    if (unserializable) throw python_error("TypeError", "cannot pickle 'cell' object");
    out.frozen(step([this] { return value_; }));
  }
  std::size_t weight() const noexcept override { return bulk; }

  void get(call& c) { c.reply.frozen(value_); }
  void set(call& c) {
    std::swap(value_, c.args.take_one("cell.set"));
    changed();
  }
  void fail(call& c) {
    throw python_error("KeyError", thaw_tuple({&c.args.take_one("cell.fail"), 1}));
  }
  void half(call& c) {
    c.reply.begin_list().integer(1);
    throw python_error("ValueError", "half way");
  }
  void child(call& c) { c.hand_out("cell", std::make_shared<cell>()); }
  // Returns what opens it.
  void pass(call& c) {
    const std::span<frozen> timeout = c.args.take_between("pass", 0, 1);
    auto w =
        c.make_waiter(shared_from_this(), wait_timeout(timeout.empty() ? nullptr : timeout.data()));
    waiters_.push_back(w);
    c.wait(std::move(w));
  }
  void pass_at_once(call& c) {
    auto w = c.make_waiter(shared_from_this(), std::nullopt);
    w->grant(frozen::str("at once"));
    c.wait(std::move(w));
  }
  // Lets the first one pass.
  void open(call& c) { let_in(c.args.take_one("cell.open"), c.decided()); }
  void let_in(const frozen& with) {
    decided_waiters decided;
    step([&] { let_in(with, decided); });
  }

  void on_expire(waiter& w, decided_waiters& decided) override {
    if (w.waiting())
      decided.expire(waiters_.remove(w), std::make_shared<python_error>("TimeoutError"));
  }
  void on_withdraw(waiter& w, decided_waiters& decided) override {
    if (!w.waiting()) return;
    decided.withdraw(waiters_.remove(w));
    ++withdrawn_;
  }
  void on_give_back(waiter& w, decided_waiters&) override {
    if (w.current() != waiter::state::granted) return;
    w.withdraw();
    ++given_back_;
  }
  settlement on_owner_gone(const owner&, departure, decided_waiters&) override {
    ++owners_gone_;
    return settlement::held_nothing;
  }

  std::size_t waiting() const {
    return step([this] { return waiters_.size(); });
  }

  int withdrawals() const { return read(withdrawn_); }
  int returns() const { return read(given_back_); }
  int gone() const { return read(owners_gone_); }

  bool unserializable = false;
  std::size_t bulk = 0;

 private:
  int read(const int& count) const {
    return step([&] { return count; });
  }
  void let_in(const frozen& with, decided_waiters& decided) {
    if (!waiters_.empty()) decided.grant(waiters_.pop_front(), with);
  }

  int withdrawn_ = 0;
  int given_back_ = 0;
  int owners_gone_ = 0;
  frozen value_;
  wait_queue waiters_;
};

inline constexpr method_entry cell_methods[] = {
    {"get", method<&cell::get>, needs::little},
    {"set", method<&cell::set>, needs::memory},
    {"fail", method<&cell::fail>, needs::little},
    {"half", method<&cell::half>, needs::little},
    {"child", method<&cell::child>, needs::little},
    {"pass", method<&cell::pass>, needs::waiting},
    {"open", method<&cell::open>, needs::little},
    {"pass_at_once", method<&cell::pass_at_once>, needs::waiting},
    {"work", method<&cell::get>, needs::whole},
    {"gather", method<&cell::set>, needs::arguments},
    {"multiply", method<&cell::set>, needs::unbounded},
    {"hidden", method<&cell::get>, needs::little},
};
inline std::span<const method_entry> cell::methods() const noexcept {
  return cell_methods;
}

inline registry cell_registry() {
  registry types;
  types.register_type({"cell",
                       cell::make,
                       "AutoProxy",
                       {"get", "set", "fail", "half", "pass", "open", "pass_at_once", "work",
                        "gather", "multiply", "absent"},
                       {{"child", "cell"}}});
  types.register_type({"Iterator", {}, "IteratorProxy", {"__next__"}, {}});
  return types;
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_TESTS_SERVER_SUPPORT_HPP
