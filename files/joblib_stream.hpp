// SPDX-License-Identifier: BSL-1.0

// joblib's dumps: pickles in which the bytes of each array lie behind the BUILD of a
// joblib.numpy_pickle.NumpyArrayWrapper, after padding, where opcodes would be.

#ifndef PICKLED_FILES_JOBLIB_STREAM_HPP
#define PICKLED_FILES_JOBLIB_STREAM_HPP

#include "files/npy_header.hpp"
#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

struct joblib_array {
  dtype_description items;
  std::vector<std::size_t> shape;
  value_view lengths;
  bool fortran = false;
  bool padded = false;
};

bool is_joblib_wrapper(std::string_view full_name) noexcept;

// What the state of a wrapper tells of its array. Throws file_error.
joblib_array read_joblib_wrapper(value_view state);

// The opcodes of a stream alone, put together as they are met.
class joblib_opcodes {
 public:
  explicit joblib_opcodes(bytes_view stream) : stream_(stream) {}

  // The state that the BUILD which ends at `offset` is about to set. Throws file_error.
  value state_before(std::size_t offset);
  // `count` bytes from `offset` on are no opcodes.
  void skip(std::size_t offset, std::size_t count);

 private:
  bytes_view stream_;
  buffer opcodes_;
  std::size_t taken_ = 0;
  std::size_t replayed_ = 0;
};

// Of bytes that follow a wrapper, those of the array. Throws file_error.
struct joblib_items {
  std::size_t padding;  // before them, with the byte that tells it
  std::size_t size;
};
joblib_items find_joblib_items(const joblib_array& array, bytes_view following);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_FILES_JOBLIB_STREAM_HPP
