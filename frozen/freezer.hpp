// SPDX-License-Identifier: BSL-1.0

// From a received pickle to frozen values: the fast path (compactor.hpp, which says what it takes)
// reads it once and copies what is kept, and builds no tree. Other pickles take the slow path
// (freeze_by_value.hpp): they are loaded into a value and dumped part by part. Both give the same
// graph. All functions may be called from many threads at once.

#ifndef PICKLED_FROZEN_FREEZER_HPP
#define PICKLED_FROZEN_FREEZER_HPP

#include "pickled/frozen/frozen.hpp"
#include "pickled/value/buffer.hpp"
#include "pickled/value/error.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

// What a pickled proxy says of itself: RebuildProxy(proxytype, Token(typeid, address, ident), …).
struct token_view {
  std::string_view type_id;
  value_view address;  // str, bytes, or a tuple (str host, int port)
  std::string_view ident;
};

struct freeze_options {
  std::size_t max_memory = std::size_t{1} << 30;  // bytes that all results together may take
  std::size_t max_depth = 10'000;
  // The hosted object that a token means, or nullptr where it is somebody else's: then the proxy
  // stays plain data, less the authkey that may come with it. Without a function no proxy is
  // recognised. A proxy whose class is not one of multiprocessing.managers stays plain data too.
  std::function<std::shared_ptr<void>(const token_view&)> resolve;
};

// One request to a manager: (ident, methodname, args, kwds).
struct frozen_request {
  std::string ident;  // empty where it was None
  std::string method;
  std::vector<frozen> args;
  std::vector<std::pair<std::string, frozen>> kwds;
  bool holds_ticket = false;  // somewhere in args or kwds, see ticket.hpp
};

// `message` is a whole pickle, of any protocol; what follows its STOP is ignored. Fails where loads
// fails, with not_a_request where args is nothing that Python would iterate, and at the limits. On
// an error `request` is unspecified but valid. A request that is used again keeps its memory.
//
// Where the message may be given up, `memory` is what it lies in. A value that most of this
// consists of then stays there instead of being copied, and `memory` is empty afterwards.
load_error freeze_request(bytes_view message, const freeze_options& options,
                          frozen_request& request, buffer* memory = nullptr);

// A whole pickle as one value.
load_error freeze(bytes_view message, const freeze_options& options, frozen& result);

// A value built here, or loaded. Throws std::invalid_argument for what has no form at rest:
// persistent ids and out-of-band buffers, and std::bad_alloc beyond the memory limit.
frozen freeze(value_view v);
frozen freeze(value_view v, const freeze_options& options);

// The slots of a list, tuple, set or frozenset; of a dict its keys and values in turn. A slot that
// is wholly a reference to another slot shares its block. Precondition: `container.kind()` is one
// of these. Fails only at the memory limit.
load_error split(const frozen& container, const freeze_options& options,
                 std::vector<frozen>& slots);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_FROZEN_FREEZER_HPP
