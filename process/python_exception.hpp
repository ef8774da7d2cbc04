// SPDX-License-Identifier: BSL-1.0

// What a C++ exception is in Python, for whoever called a C++ function from there.

#ifndef PICKLED_PROCESS_PYTHON_EXCEPTION_HPP
#define PICKLED_PROCESS_PYTHON_EXCEPTION_HPP

#include "pickled/python/python_error.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

// Of the repr of what a worker cannot make sense of, in the text of an exception.
inline constexpr std::size_t longest_repr = 1000;

//   python_error                              as it is
//   conversion_error                          TypeError
//   std::out_of_range                         IndexError
//   std::invalid_argument, domain_error,      ValueError
//   length_error
//   std::overflow_error                       OverflowError
//   std::system_error of the system           OSError, with errno: FileNotFoundError and so on
//   std::bad_alloc                            MemoryError
//   remote_error                              multiprocessing.managers.RemoteError
//   any other                                 RuntimeError
python_error to_python_error(const std::exception_ptr& exception);
// The same of the one that is being handled, for `catch (...)`. What ends the thread, by
// pthread_exit or pthread_cancel, is none, and goes on.
python_error current_python_error();

// A text of C++'s, which may be in any encoding: Python could not read a str that is no UTF-8.
std::string python_text(std::string_view text);

// The exception as Python pickles it.
value_view exception_value(const python_error& error, value_builder& b);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROCESS_PYTHON_EXCEPTION_HPP
