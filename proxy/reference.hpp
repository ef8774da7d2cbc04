// SPDX-License-Identifier: BSL-1.0

// One count of a referent in its server: BaseProxy._incref and _decref.

#ifndef PICKLED_PROXY_REFERENCE_HPP
#define PICKLED_PROXY_REFERENCE_HPP

#include "pickled/proxy/server_link.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace pickled::inline v0::detail {

// The destructor hands the count to a thread that gives it back, and never waits. After a fork the
// count stays the parent's: the child's copies hold none, and their referents live as long as the
// parent's do.
class reference {
 public:
  // Takes over a count that the server has made already, as `create` does.
  reference(std::shared_ptr<server_link> link, std::string ident);
  // Asks for a count. Throws remote_error where there is no such referent.
  static std::shared_ptr<const reference> acquire(std::shared_ptr<server_link> link,
                                                  std::string ident);
  ~reference();
  reference(const reference&) = delete;
  reference& operator=(const reference&) = delete;

  // The server has no such referent any more, and so nothing to be given back. Thread-safe.
  void forget() const noexcept { forgotten_ = true; }

 private:
  std::shared_ptr<server_link> link_;
  std::string ident_;
  const unsigned generation_;
  mutable std::atomic<bool> forgotten_{false};
};

// Waits until the counts that were let go of are given back, at most for `limit`; false where some
// are not. What is still on its way when the process ends is waited for as well, for a second.
// Thread-safe.
bool flush_references(std::chrono::milliseconds limit = std::chrono::seconds(10));

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROXY_REFERENCE_HPP
