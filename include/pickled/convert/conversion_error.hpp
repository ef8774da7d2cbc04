// SPDX-License-Identifier: BSL-1.0

// A Python value that does not fit the C++ type it was asked as, or the other way round, with the
// path to the offending element.

#ifndef PICKLED_CONVERT_CONVERSION_ERROR_HPP
#define PICKLED_CONVERT_CONVERSION_ERROR_HPP

#include "pickled/value/error.hpp"
#include "pickled/value/value.hpp"

#include <exception>
#include <string>
#include <string_view>

PICKLED_BEGIN_NAMESPACE

class conversion_error : public std::exception, public error {
 public:
  // "$: expected `expected`, got `got`".
  conversion_error(std::string_view expected, std::string_view got);
  // `got` is Python's name of the value's class.
  conversion_error(std::string_view expected, value_view got);

  // "$[3]['x']": `$` is the value that was asked for. value::at_path finds what stands there.
  std::string path() const { return '$' + path_; }
  const std::string& expected() const noexcept { return expected_; }
  const std::string& got() const noexcept { return got_; }
  const std::error_code& code() const noexcept override { return code_; }
  // "$[3]['x']: expected int, got str"; of a path of more than 240 bytes both ends.
  const char* what() const noexcept override { return what_.c_str(); }

  // What what() calls the value, in place of `$`: "Queue.get()".
  void name(std::string_view asked_for);
  // Called on the way out by what holds the element, with one of the steps below.
  void enter(std::string_view step);

 private:
  void compose();

  std::string name_ = "$";
  std::string path_;
  std::string expected_;
  std::string got_;
  std::string what_;
  std::error_code code_ = pickle_errc::not_convertible;
};

// Steps of a path: "[3]"; "['x']" to an item of a dict or set, with repr(key), cut off after 60
// bytes; "[key 'x']" to the key itself; ".y".
std::string index_step(std::size_t index);
std::string key_step(value_view key);
std::string step_to_key(value_view key);
std::string attribute_step(std::string_view name);

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_CONVERSION_ERROR_HPP
