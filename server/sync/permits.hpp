// SPDX-License-Identifier: BSL-1.0

// What Lock and the semaphores share: a number of permits, and who has taken them. A permit belongs
// to nobody: any session may release it, so what to do for a dead holder is a matter of bookings.

#ifndef PICKLED_SERVER_SYNC_PERMITS_HPP
#define PICKLED_SERVER_SYNC_PERMITS_HPP

#include "server/sync/acquirable.hpp"
#include "server/sync/holder_death.hpp"

#include <cstddef>
#include <cstdint>

namespace pickled::inline v0::detail {

class permits : public acquirable {
 public:
  bool is_owned(const owner&) const noexcept final { return value_ == 0; }

 protected:
  permits(holding what, std::int64_t value) noexcept
      : what_(what), value_(value), initial_(value) {}

  // All under the mutex.
  void make_room(std::size_t takers) final { bookings_.make_room(takers); }
  std::uint64_t try_take(const owner& who, std::int64_t count) noexcept final;
  std::int64_t release_all(const owner& who) final;
  settlement settle(const owner& gone, departure how) noexcept final;
  // Throws python_error where it is released too often.
  virtual void check_release(std::int64_t count) const = 0;
  // check_release, and then makes `count` permits free.
  void release_permits(const owner& who, std::int64_t count);

  std::int64_t value() const noexcept { return value_; }
  std::int64_t initial() const noexcept { return initial_; }
  // Of the latest acquisition.
  std::uint64_t ticket() const noexcept { return ticket_; }
  // As if `who` had not acquired it; never beyond `most` permits.
  void undo_take(const owner& who, std::int64_t most) noexcept;

 private:
  const holding what_;
  std::int64_t value_;
  const std::int64_t initial_;
  std::uint64_t ticket_ = 0;
  bookings bookings_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_SYNC_PERMITS_HPP
