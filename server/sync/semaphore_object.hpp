// SPDX-License-Identifier: BSL-1.0

// threading.Semaphore and threading.BoundedSemaphore.

#ifndef PICKLED_SERVER_SYNC_SEMAPHORE_OBJECT_HPP
#define PICKLED_SERVER_SYNC_SEMAPHORE_OBJECT_HPP

#include "server/sync/permits.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

class semaphore_object final : public permits {
 public:
  // A bounded one refuses to be released beyond `value`, which must not be negative.
  semaphore_object(std::int64_t value, bool bounded) noexcept
      : permits(holding::permit, value), bounded_(bounded) {}
  // Semaphore(value=1) and BoundedSemaphore(value=1).
  static std::shared_ptr<hosted> create(arguments& args);
  static std::shared_ptr<hosted> create_bounded(arguments& args);
  static std::span<const method_entry> table() noexcept;

  void acquire(call& c) override;
  void release(call& c) override;
  void locked(call& c) override;

  std::span<const method_entry> methods() const noexcept override { return table(); }
  std::string text() const override;
  void put_back(const waiter& w) noexcept override;

 protected:
  void check_release(std::int64_t count) const override;

 private:
  std::string_view name() const noexcept { return bounded_ ? "BoundedSemaphore" : "Semaphore"; }

  const bool bounded_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_SYNC_SEMAPHORE_OBJECT_HPP
