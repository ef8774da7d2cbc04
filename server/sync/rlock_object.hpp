// SPDX-License-Identifier: BSL-1.0

// threading.RLock: owned by one session, as often as it acquires it.

#ifndef PICKLED_SERVER_SYNC_RLOCK_OBJECT_HPP
#define PICKLED_SERVER_SYNC_RLOCK_OBJECT_HPP

#include "server/sync/acquirable.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace pickled::inline v0::detail {

class rlock_object final : public acquirable {
 public:
  // RLock(), whose arguments CPython ignores.
  static std::shared_ptr<hosted> create(arguments& args);
  static std::span<const method_entry> table() noexcept;

  void acquire(call& c) override;
  void release(call& c) override;
  void locked(call& c) override;

  std::span<const method_entry> methods() const noexcept override { return table(); }
  std::string text() const override;
  std::string_view unpicklable() const noexcept override { return "_thread.RLock"; }
  bool is_owned(const owner& who) const noexcept override;
  void put_back(const waiter& w) noexcept override;

 protected:
  std::uint64_t try_take(const owner& who, std::int64_t count) noexcept override;
  std::int64_t release_all(const owner& who) override;
  settlement settle(const owner& gone, departure how) noexcept override;

 private:
  void free() noexcept;

  owner owner_;             // its session is 0 where nobody living has it
  std::int64_t count_ = 0;  // levels; 0 where it is free
  std::uint64_t ticket_ = 0;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_SYNC_RLOCK_OBJECT_HPP
