// SPDX-License-Identifier: BSL-1.0

// What can be wrong with a file around the pickles in it.

#ifndef PICKLED_FILES_FILE_ERROR_HPP
#define PICKLED_FILES_FILE_ERROR_HPP

#include "pickled/value/error.hpp"

#include <stdexcept>
#include <string>
#include <system_error>

PICKLED_BEGIN_NAMESPACE

enum class file_errc {
  other_format = 1,  // the file is of another kind than it was taken for
  truncated,         // it ends before what it announces
  contradictory,     // two of its parts tell different things of the same
  malformed,         // a part is not what its format has there
  unsupported,       // a form of the format that is not read here
  too_large,         // more than a limit of ours
};

const std::error_category& file_category() noexcept;
inline std::error_code make_error_code(file_errc e) noexcept {
  return {static_cast<int>(e), file_category()};
}

// Thrown by everything that reads files. what() names the part and what is wrong with it, as in
// "archive/data/0: it ends after 12 of 400 bytes".
class file_error : public std::runtime_error, public error {
 public:
  file_error(file_errc code, const std::string& what)
      : runtime_error(what), code_(make_error_code(code)) {}
  const std::error_code& code() const noexcept override { return code_; }
  const char* what() const noexcept override { return runtime_error::what(); }

 private:
  std::error_code code_;
};

PICKLED_END_NAMESPACE

template <>
struct std::is_error_code_enum<pickled::file_errc> : std::true_type {};

#endif  // PICKLED_FILES_FILE_ERROR_HPP
