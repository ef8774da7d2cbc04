// SPDX-License-Identifier: BSL-1.0

// threading.Event.

#ifndef PICKLED_SERVER_SYNC_EVENT_OBJECT_HPP
#define PICKLED_SERVER_SYNC_EVENT_OBJECT_HPP

#include "server/sync/waiter.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace pickled::inline v0::detail {

class event_object final : public hosted {
 public:
  // Event().
  static std::shared_ptr<hosted> create(arguments& args);
  static std::span<const method_entry> table() noexcept;

  void is_set(call& c);
  void set(call& c);
  void clear(call& c);
  void wait(call& c);

  std::span<const method_entry> methods() const noexcept override { return table(); }
  std::string repr(std::size_t limit) const override;
  void write_value(splicer& out) const override;

 private:
  void on_expire(waiter& w, decided_waiters& decided) override;
  void on_withdraw(waiter& w, decided_waiters& decided) override;

  bool flag_ = false;
  wait_queue waiters_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_SYNC_EVENT_OBJECT_HPP
