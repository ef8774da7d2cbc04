// What every hosted object is: Python's list, dict, Lock … as the manager holds it. Hosted types
// know values at rest, callers and time, but no wire, socket or session.
//
// Threads: methods run on any I/O or worker thread and lock the object's own mutex themselves,
// after their arguments are converted and for no longer than the change takes. No thread ever
// holds two of these mutexes: arguments that are proxies of other hosted objects are copied before
// (see `items_of` in call.hpp). What a method removes is declared before its lock, so that it is
// destroyed after unlocking: destroying a value may end the life of other hosted objects.

#ifndef PICKLED_SERVER_TYPES_HOSTED_HPP
#define PICKLED_SERVER_TYPES_HOSTED_HPP

#include "frozen/frozen.hpp"
#include "frozen/splicer.hpp"
#include "server/types/owner.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pickled {

class call;
class hosted;
class waiter;

// One row of a type's method table. `exposed` is read off the table.
struct method_entry {
  std::string_view name;
  void (*function)(hosted& self, call& c);
  // Looks into many values at once: on a large object it runs on a worker thread.
  bool heavy = false;
};

class hosted : public std::enable_shared_from_this<hosted> {
 public:
  hosted() = default;
  hosted(const hosted&) = delete;
  hosted& operator=(const hosted&) = delete;
  virtual ~hosted() = default;

  virtual std::span<const method_entry> methods() const noexcept = 0;

  // str() and repr() of the object, as Server.fallback_str; at most about `limit` characters.
  virtual std::string repr(std::size_t limit) const = 0;
  // The object itself as a value (`#GETVALUE`). Throws python_error TypeError where Python could
  // not pickle it: "cannot pickle '_thread.lock' object".
  virtual void write_value(splicer& out) const = 0;
  // About how many bytes it holds: what decides whether a heavy method leaves the I/O thread.
  virtual std::size_t weight() const noexcept { return 0; }
  // Calls `visit` for every proxy among its values: the edges of the graph of hosted objects.
  virtual void for_each_proxy(const std::function<void(const proxy_reference&)>&) const {}
  // The items that Python's iter() would give, copied: what `extend(proxy)` needs. Nothing where
  // the type is not iterable.
  virtual std::optional<std::vector<frozen>> items() const { return std::nullopt; }
  // Whether `dict(proxy)` and `update(proxy)` take it as a mapping; then items() are its keys and
  // values in turn.
  virtual bool is_mapping() const noexcept { return false; }

  // The policy for holders who die. Called before anyone else knows the object.
  virtual void set_holder_death(holder_death) noexcept {}

  // The events that are no requests. Each locks the object's mutex and decides by the waiter's
  // state; they come in any order, and one that comes too late does nothing.
  virtual void expire(waiter&) {}     // its deadline has passed; nothing unless it is waiting
  virtual void withdraw(waiter&) {}   // its session is gone; one granted meanwhile is given back
  virtual void give_back(waiter&) {}  // it was granted, but its session never read the reply
  // The session of that owner has ended, or its process with all that was its session's.
  virtual settlement owner_gone(const owner&, departure) { return settlement::held_nothing; }
};

// {"append", method<&list_object::append>}
template <auto Function>
struct method_of;
template <class Type, void (Type::*Function)(call&)>
struct method_of<Function> {
  static void invoke(hosted& self, call& c) { (static_cast<Type&>(self).*Function)(c); }
};
template <auto Function>
inline constexpr auto method = &method_of<Function>::invoke;

}  // namespace pickled

#endif  // PICKLED_SERVER_TYPES_HOSTED_HPP
