// SPDX-License-Identifier: BSL-1.0

// Which classes and functions the values of clients may name: what one client stores, another one
// unpickles, and then imports and calls what is named there.

#ifndef PICKLED_SERVER_WIRE_ALLOWED_GLOBALS_HPP
#define PICKLED_SERVER_WIRE_ALLOWED_GLOBALS_HPP

#include "pickled/codec/unpickler.hpp"
#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

#include <string>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

// Immutable, so it may be used by many threads. Besides what the patterns match, that is allowed
// which proxies themselves send.
class allowed_globals {
 public:
  // "collections.OrderedDict", or with wildcards as fnmatch(3) has them: "mypackage.*". A wildcard
  // matches no name with a dot in it (`sys.modules`, of a module that imports sys), and of builtins
  // nothing but exceptions.
  explicit allowed_globals(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

  // False where there are no patterns: then anything is allowed.
  bool restricts() const noexcept { return !patterns_.empty(); }

  bool allows(const global_name& name) const;
  // Leaves in `refused` what comes first in the pickle and is not allowed, as "global os.system". A
  // pickle that cannot be read to its end is not known to be good.
  load_error check(bytes_view pickle, load_options limits, std::string& refused) const;

 private:
  std::vector<std::string> patterns_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_WIRE_ALLOWED_GLOBALS_HPP
