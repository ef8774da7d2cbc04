// SPDX-License-Identifier: BSL-1.0

// numpy.load: the arrays of .npy and .npz files, versions 1 to 3, as the values that numpy's own
// pickles of them are. What they hold stays where it lies in the file.
//
//   const value array = load_npy("weights.npy");
//   const auto weights = array.get<ndarray_view<float>>();
//   const std::optional<array_layout> layout = ndarray_layout(array);  // dtype, shape, order

#ifndef PICKLED_FILES_NUMPY_HPP
#define PICKLED_FILES_NUMPY_HPP

#include "pickled/codec/unpickler.hpp"
#include "pickled/files/file_error.hpp"
#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

#include <filesystem>

PICKLED_BEGIN_NAMESPACE

// An array; the value keeps the file mapped. Objects in it are loaded with `options`, and nothing
// of them is imported or called. Throws file_error for what is no such file, or is cut off,
// unpickling_error for its objects, and std::system_error where it cannot be opened.
value load_npy(const std::filesystem::path& path, const load_options& options = {});
// The same of bytes, which must outlive the value.
value load_npy(bytes_view content, const load_options& options = {});

// A dict of the arrays by name, without .npy; a member that is no array is there as bytes. Stored
// members stay in the file, and their checksums are not looked at; compressed ones are unpacked and
// checked, into at most options.max_memory bytes together.
value load_npz(const std::filesystem::path& path, const load_options& options = {});
value load_npz(bytes_view content, const load_options& options = {});

PICKLED_END_NAMESPACE

#endif  // PICKLED_FILES_NUMPY_HPP
