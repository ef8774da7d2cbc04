// SPDX-License-Identifier: BSL-1.0

#include "python/exception_text.hpp"

#include "pickled/python/repr.hpp"
#include "pickled/python/type_name.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <system_error>

namespace pickled::inline v0::detail {

namespace {

constexpr std::size_t longest_repr = 4096;

constexpr std::array<std::string_view, 19> os_errors{"BlockingIOError",
                                                     "BrokenPipeError",
                                                     "ChildProcessError",
                                                     "ConnectionAbortedError",
                                                     "ConnectionError",
                                                     "ConnectionRefusedError",
                                                     "ConnectionResetError",
                                                     "EnvironmentError",
                                                     "FileExistsError",
                                                     "FileNotFoundError",
                                                     "IOError",
                                                     "InterruptedError",
                                                     "IsADirectoryError",
                                                     "NotADirectoryError",
                                                     "OSError",
                                                     "PermissionError",
                                                     "ProcessLookupError",
                                                     "TimeoutError",
                                                     "gaierror"};

// Also of what has none, an int of too many digits say.
std::string repr_of(value_view v) {
  std::error_code error;
  std::string text = repr(v, error, longest_repr);
  return error ? '<' + std::string(type_name(v)) + '>' : text;
}

std::string text_of(value_view v) {
  return v.is(kind::str) ? std::string(v.as_str()) : repr_of(v);
}

// OSError(errno, strerror[, filename[, winerror[, filename2]]]).
std::string os_error_text(std::span<const value_view> args) {
  std::string text = "[Errno " + text_of(args[0]) + "] " + text_of(args[1]);
  if (args.size() > 2 && !args[2].is_none()) text += ": " + repr_of(args[2]);
  if (args.size() == 5 && !args[4].is_none()) text += " -> " + repr_of(args[4]);
  return text;
}

}  // namespace

std::string exception_text(std::string_view type, value_view arguments) {
  const std::span<const value_view> args = arguments.as_items();
  if (args.empty()) return {};
  if (args.size() == 1) return type == "KeyError" ? repr_of(args[0]) : text_of(args[0]);
  const bool of_system = std::ranges::find(os_errors, type) != os_errors.end();
  // A number of characters, in the place of a file's name, is not shown.
  if (of_system && type == "BlockingIOError") return os_error_text(args.first(2));
  if (of_system && args.size() <= 5) return os_error_text(args);
  return repr_of(arguments);
}

}  // namespace pickled::inline v0::detail
