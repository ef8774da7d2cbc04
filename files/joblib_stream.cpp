// SPDX-License-Identifier: BSL-1.0

#include "files/joblib_stream.hpp"

#include "pickled/codec/unpickler.hpp"
#include "pickled/files/file_error.hpp"

#include <fmt/format.h>

#include <string>

namespace pickled::inline v0::detail {
namespace {

// Each array has the opcodes before it read once more: of a few thousand arrays that is little.
constexpr std::size_t most_replayed = std::size_t{4} << 30;

[[noreturn]] void fail_joblib(file_errc code, std::string_view what) {
  throw file_error(code, fmt::format("joblib array: {}", what));
}

}  // namespace

bool is_joblib_wrapper(std::string_view full_name) noexcept {
  return full_name == "joblib.numpy_pickle.NumpyArrayWrapper" ||
         full_name == "sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper";
}

joblib_array read_joblib_wrapper(value_view state) {
  const auto item = [&](std::string_view name) {
    const value_view* const found = state.find(name);
    if (found == nullptr) fail_joblib(file_errc::malformed, fmt::format("it has no {}", name));
    return *found;
  };
  joblib_array array;
  array.lengths = item("shape");
  if (!array.lengths.is(kind::tuple)) fail_joblib(file_errc::malformed, "its shape is no tuple");
  for (const value_view length : array.lengths.as_items()) {
    if (!length.is(kind::integer) || length.as_integer() < 0)
      fail_joblib(file_errc::malformed, "its shape is no tuple of lengths");
    array.shape.push_back(static_cast<std::size_t>(length.as_integer()));
  }
  const value_view order = item("order");
  if (!order.is(kind::str)) fail_joblib(file_errc::malformed, "its order is no str");
  array.fortran = order.as_str() == "F";
  array.items = describe_dtype(item("dtype"));
  // Not there up to joblib 1.1.
  const value_view* const alignment = state.find("numpy_array_alignment_bytes");
  array.padded = alignment != nullptr && !alignment->is_none();
  return array;
}

value joblib_opcodes::state_before(std::size_t offset) {
  opcodes_.append(stream_.subspan(taken_, offset - 1 - taken_));
  taken_ = offset - 1;
  const std::size_t size = opcodes_.size();
  replayed_ += size;
  if (replayed_ > most_replayed) fail_joblib(file_errc::too_large, "there are too many");
  // In place of the BUILD, so that frames have the length that they tell.
  opcodes_.append(".");
  load_options options;
  options.encoding = "latin1";
  options.persistent_load = [](value_view id, value_builder& build) {
    return build.persistent(id);
  };
  load_error error;
  value state = loads(bytes_view(opcodes_), error, options);
  opcodes_.truncate(size);
  if (error) fail_joblib(file_errc::malformed, error.message());
  return state;
}

void joblib_opcodes::skip(std::size_t offset, std::size_t count) {
  opcodes_.append(stream_.subspan(taken_, offset - taken_));
  taken_ = offset + count;
}

joblib_items find_joblib_items(const joblib_array& array, bytes_view following) {
  joblib_items place{0, bytes_of_items(array.shape, array.items.item_size)};
  if (array.padded) {
    if (following.empty()) fail_joblib(file_errc::truncated, "nothing follows it");
    place.padding = 1 + static_cast<std::size_t>(following[0]);
  }
  if (place.padding > following.size() || place.size > following.size() - place.padding) {
    fail_joblib(file_errc::truncated, fmt::format("it has {} bytes, and {} follow", place.size,
                                                  following.size() - place.padding));
  }
  return place;
}

}  // namespace pickled::inline v0::detail
