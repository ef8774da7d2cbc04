// SPDX-License-Identifier: BSL-1.0

// pickle.dumps: a value into bytes of a chosen protocol, 0 to 5.

#ifndef PICKLED_CODEC_PICKLER_HPP
#define PICKLED_CODEC_PICKLER_HPP

#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <functional>
#include <optional>

namespace pickled {

struct dump_options {
  int protocol = 4;
  bool fix_imports = true;  // names of Python 2 at protocols below 3
  // FRAME, MEMOIZE and batches exactly as CPython's C pickler writes them; without it no frames,
  // and a memo entry only for what is referred to again.
  bool like_cpython = false;
  // The CPython that is meant, 3.x: from 3.15 on, batches of 1000 items leave nothing empty behind
  // them, and no MARK before a single item.
  int cpython_minor = 14;
  // The persistent id of an object, or nullopt.
  std::function<std::optional<value_view>(value_view)> persistent_id;
  // The extension code of a class, or 0.
  std::function<std::int32_t(const global_name&)> extension;
  // Given each out-of-band buffer; false keeps it in band. Protocol 5 only.
  std::function<bool(const buffer_reference&)> buffer_callback;
};

// A whole pickle, PROTO to STOP. Throws std::invalid_argument for what the protocol cannot express.
buffer dumps(value_view v, const dump_options& options = {});

}  // namespace pickled

#endif  // PICKLED_CODEC_PICKLER_HPP
