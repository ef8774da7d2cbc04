// SPDX-License-Identifier: BSL-1.0

// threading.Lock: whoever has it, anyone may release it.

#ifndef PICKLED_SERVER_SYNC_LOCK_OBJECT_HPP
#define PICKLED_SERVER_SYNC_LOCK_OBJECT_HPP

#include "server/sync/permits.hpp"

#include <memory>
#include <span>
#include <string>

namespace pickled::inline v0::detail {

class lock_object final : public permits {
 public:
  lock_object() noexcept : permits(holding::lock, 1) {}
  // Lock().
  static std::shared_ptr<hosted> create(arguments& args);
  static std::span<const method_entry> table() noexcept;

  void acquire(call& c) override;
  void release(call& c) override;
  void locked(call& c) override;

  std::span<const method_entry> methods() const noexcept override { return table(); }
  std::string text() const override;
  void put_back(const waiter& w) noexcept override;

 protected:
  void check_release(std::int64_t count) const override;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_SYNC_LOCK_OBJECT_HPP
