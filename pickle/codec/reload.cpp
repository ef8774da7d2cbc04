// SPDX-License-Identifier: BSL-1.0

#include "pickle/codec/reload.hpp"

#include "pickled/value/error.hpp"

#include <cstddef>
#include <limits>
#include <new>

namespace pickled::inline v0::detail {

value reload(bytes_view pickle, load_options options) {
  options.max_memory = std::numeric_limits<std::size_t>::max();
  options.max_depth = value_view::deepest;
  load_error error;
  value loaded = loads(pickle, error, options);
  if (error.code == pickle_errc::too_large) throw std::bad_alloc();
  if (error) throw unpickling_error(error);
  return loaded;
}

}  // namespace pickled::inline v0::detail
