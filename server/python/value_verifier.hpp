// SPDX-License-Identifier: BSL-1.0

// Whether the values that clients store can be built by a Python (--verify-values): each shape of
// them that was not seen yet is loaded by one that runs beside the server, so that a value which
// would break its readers is an error of the call that stores it. That Python executes what clients
// have pickled, as CPython's manager does and this server otherwise never has anybody do.

#ifndef PICKLED_SERVER_PYTHON_VALUE_VERIFIER_HPP
#define PICKLED_SERVER_PYTHON_VALUE_VERIFIER_HPP

#include "pickled/frozen/frozen.hpp"
#include "server/python/value_loader.hpp"
#include "server/types/arguments.hpp"

#include <chrono>
#include <mutex>
#include <span>
#include <string>
#include <unordered_set>

namespace pickled::inline v0::detail {

// Thread-safe.
class value_verifier {
 public:
  // Throws value_loader::failure where that is no Python, or does not run.
  explicit value_verifier(std::string interpreter,
                          std::chrono::milliseconds limit = std::chrono::seconds(30));

  // Whether there is anything to be built in the arguments: a look at one bit of each.
  static bool concerns(std::span<const frozen> positional,
                       std::span<const arguments::keyword> keywords) noexcept;
  static bool concerns(const arguments& args) noexcept {
    return concerns(args.positional(), args.keywords());
  }

  // Waits for the Python where a shape is new; not for an I/O thread. Throws python_error: what
  // loading raised, or RuntimeError where it could not be tried within the limit, or the Python
  // ended by it. It is started again then, for the next.
  void verify(const arguments& args);
  // No more. What is being loaded is a failure.
  void end() noexcept { loader_.end(); }

 private:
  void verify(const frozen& argument);
  std::unordered_set<std::string> new_shapes(const frozen& argument);
  std::string load(const frozen& argument);

  const std::chrono::milliseconds limit_;
  std::timed_mutex loading_;
  value_loader loader_;
  std::mutex mutex_;
  std::unordered_set<std::string> good_;  // shapes that were loaded
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_PYTHON_VALUE_VERIFIER_HPP
