// SPDX-License-Identifier: BSL-1.0

// Asio has a category of its own for the system's errors, which do not compare equal to std::errc.

#ifndef PICKLED_CONNECTION_ASIO_ERROR_HPP
#define PICKLED_CONNECTION_ASIO_ERROR_HPP

#include <asio/error.hpp>

#include <system_error>

namespace pickled::inline v0::detail {

// The same error in std::system_category, if it is one of the system's.
inline std::error_code standard_error(const std::error_code& error) noexcept {
  if (error.category() != asio::error::get_system_category()) return error;
  return {error.value(), std::system_category()};
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_CONNECTION_ASIO_ERROR_HPP
