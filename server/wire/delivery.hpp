// SPDX-License-Identifier: BSL-1.0

// What was granted to a peer in replies that it may not have read: an item of a queue, a lock, a
// notification. A grant is delivered when the peer sends its next byte, or closes its end having
// read everything; else it is given back to the object that granted it.

#ifndef PICKLED_SERVER_WIRE_DELIVERY_HPP
#define PICKLED_SERVER_WIRE_DELIVERY_HPP

#include "server/sync/waiter.hpp"

#include <memory>
#include <vector>

namespace pickled::inline v0::detail {

// Of one session, and used on its thread.
class delivery {
 public:
  // So that the next add() cannot fail.
  void reserve() { pending_.reserve(pending_.size() + 1); }
  // Precondition: `w` is granted, or has expired; reserve() was called.
  void add(std::shared_ptr<waiter> w) noexcept { pending_.push_back(std::move(w)); }
  void delivered() noexcept;
  bool pending() const noexcept { return !pending_.empty(); }
  // The latest first, so that items come back in their order.
  void give_back();
  // To be asked from time to time while the process that connected `socket` is dead: gives back
  // what lay unread at two looks. Others may have the socket open, so that it never ends.
  void look_for_reader(int socket);

 private:
  std::vector<std::shared_ptr<waiter>> pending_;
  bool unread_ = false;  // at the last look
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_WIRE_DELIVERY_HPP
