// SPDX-License-Identifier: BSL-1.0

// Files that hold pickles and what lies around them, without Python: numpy's .npy and .npz, torch's
// checkpoints, joblib's dumps. The library is pickled::files, and needs zlib.

#ifndef PICKLED_FILES_HPP
#define PICKLED_FILES_HPP

#include "pickled/files/file_error.hpp"
#include "pickled/files/joblib.hpp"
#include "pickled/files/mapped_file.hpp"
#include "pickled/files/numpy.hpp"
#include "pickled/files/torch.hpp"

#endif  // PICKLED_FILES_HPP
