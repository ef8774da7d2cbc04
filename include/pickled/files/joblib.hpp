// SPDX-License-Identifier: BSL-1.0

// joblib.load: dumps of joblib 0.10 and later, with arrays inside the stream, plain or compressed
// by zlib or gzip.

#ifndef PICKLED_FILES_JOBLIB_HPP
#define PICKLED_FILES_JOBLIB_HPP

#include "pickled/codec/unpickler.hpp"
#include "pickled/files/file_error.hpp"
#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

#include <filesystem>

PICKLED_BEGIN_NAMESPACE

// The value, of which arrays are numpy.ndarrays: where the file is not compressed, their items stay
// where they lie in it, and the value keeps it mapped. What is compressed may unpack to
// options.max_memory bytes. Throws file_error, unpickling_error, and std::system_error where the
// file cannot be opened. Nothing is imported or called.
value load_joblib(const std::filesystem::path& path, const load_options& options = {});
// The same of bytes, which must outlive the value.
value load_joblib(bytes_view content, const load_options& options = {});

PICKLED_END_NAMESPACE

#endif  // PICKLED_FILES_JOBLIB_HPP
