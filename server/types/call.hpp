// SPDX-License-Identifier: BSL-1.0

// One call of a method: its arguments, who makes it, and where its result goes.

#ifndef PICKLED_SERVER_TYPES_CALL_HPP
#define PICKLED_SERVER_TYPES_CALL_HPP

#include "pickled/frozen/frozen.hpp"
#include "pickled/frozen/splicer.hpp"
#include "server/sync/waiter.hpp"
#include "server/types/arguments.hpp"
#include "server/types/hosted.hpp"
#include "server/types/owner.hpp"

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

class call {
 public:
  // `wake` is what a waiter of this call is to do once its fate is decided.
  call(arguments args, owner who, splicer& reply, std::function<void()> wake)
      : args(std::move(args)), who(who), reply(reply), wake_(std::move(wake)) {}

  arguments args;
  const owner who;
  // Stands where the returned value belongs; a method that writes nothing returns None.
  splicer& reply;
  // Throws python_error MemoryError where `count` things of `size` bytes are more than there is
  // room for, among what is hosted or in a reply.
  void check_memory(std::size_t count, std::size_t size) const;

  // A waiter of this call for `home`, with `timeout` in seconds, or none.
  template <class Kind = waiter>
  std::shared_ptr<Kind> make_waiter(std::shared_ptr<hosted> home, std::optional<double> timeout) {
    return std::make_shared<Kind>(std::move(home), who, deadline_after(timeout), wake_);
  }
  // The method has queued `w`, or granted it on the spot; its result is the reply.
  void wait(std::shared_ptr<waiter> w) noexcept { waiter_ = std::move(w); }
  const std::shared_ptr<waiter>& waiting() const noexcept { return waiter_; }

  // The entry of the object's table by which it is called: for types whose methods share one
  // function.
  const method_entry& method() const noexcept { return *method_; }
  void begin(const method_entry& method) noexcept { method_ = &method; }

  // The waiters whose fate a method decides that runs under its object's mutex.
  decided_waiters& decided() noexcept { return *decided_; }
  // Where hosted::apply has put them.
  void decide_into(decided_waiters& decided) noexcept { decided_ = &decided; }
  // Keeps what such a method has removed until the mutex is unlocked. Two values need no memory.
  void drop(frozen removed) { dropped_.push_back(std::move(removed)); }
  void drop(std::shared_ptr<void> removed) { dropped_container_ = std::move(removed); }
  // It is.
  void unlocked() noexcept {
    dropped_.clear();
    dropped_container_.reset();
  }

  // The method returns a new hosted object, by proxy, of a registered typeid (`#PROXY`).
  void hand_out(std::string_view type_id, std::shared_ptr<hosted> object) {
    handed_out_ = {type_id, std::move(object)};
  }
  const detail::handed_out& handed_out() const noexcept { return handed_out_; }

 private:
  static std::optional<steady_time> deadline_after(std::optional<double> timeout);

  std::function<void()> wake_;
  const method_entry* method_ = nullptr;
  decided_waiters* decided_ = nullptr;
  boost::container::small_vector<frozen, 2> dropped_;
  std::shared_ptr<void> dropped_container_;
  std::shared_ptr<waiter> waiter_;
  detail::handed_out handed_out_;
};

// The hosted object that an argument is a proxy of, or nullptr.
std::shared_ptr<hosted> hosted_argument(const frozen& argument);

// The items of an argument that Python would iterate: copied from a hosted object, or cut out of a
// value. Throws python_error TypeError "'int' object is not iterable".
std::vector<frozen> items_of(const frozen& argument);
// The same; nothing where it is not iterable.
std::optional<std::vector<frozen>> iterable_items(const frozen& argument);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_CALL_HPP
