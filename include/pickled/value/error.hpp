// SPDX-License-Identifier: BSL-1.0

// What can be wrong with the bytes of a pickle. Never thrown by what reads untrusted input: it is
// handed back, and the throwing overloads for trusting callers wrap it.

#ifndef PICKLED_VALUE_ERROR_HPP
#define PICKLED_VALUE_ERROR_HPP

#include "pickled/namespace.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

PICKLED_BEGIN_NAMESPACE

// Each enumerator names the CPython error of the same cause (see pickle_category's messages).
enum class pickle_errc {
  ran_out_of_input = 1,  // EOFError: no STOP
  truncated,             // UnpicklingError: pickle data was truncated
  invalid_load_key,      // UnpicklingError: an unknown opcode
  stack_underflow,
  unexpected_mark,
  mark_not_found,
  odd_items,           // a dict of keys without a value
  bad_operand,         // ValueError: a text operand that does not parse
  not_quoted,          // UnpicklingError: the operand of STRING
  not_ascii,           // UnpicklingError: a persistent id of protocol 0
  bad_length,          // UnpicklingError: a negative length
  impossible_length,   // OverflowError: a length beyond 63 bits
  bad_frame,           // UnpicklingError: a frame that ends amid an opcode, or begins in another
  out_of_range,        // OverflowError: a text operand beyond any float, or any index
  bad_utf8,            // UnicodeDecodeError
  bad_ascii,           // UnicodeDecodeError: the operand of INST
  bad_encoding,        // a Python 2 string that the chosen encoding cannot decode
  bad_protocol,        // ValueError: unsupported pickle protocol
  memo_missing,        // UnpicklingError: Memo value not found
  not_a_class,         // NEWOBJ of what cannot be a class
  not_callable,        // REDUCE of what cannot be called
  args_not_a_tuple,    // TypeError: REDUCE or NEWOBJ without an argument tuple
  not_a_container,     // AttributeError: APPEND, SETITEM or ADDITEMS to what has no items
  not_a_str,           // STACK_GLOBAL requires str
  bad_extension,       // an extension code <= 0
  unknown_extension,   // ValueError: an extension code that is not registered
  bad_state,           // BUILD with a state that Python would refuse
  unhashable,          // TypeError: a list, dict or set as key or set item
  no_persistent_load,  // a persistent id where none is expected
  no_buffers,          // NEXT_BUFFER without (enough) buffers
  not_a_buffer,        // TypeError: READONLY_BUFFER of what has no buffer
  too_deep,            // limits of ours
  too_large,
  memo_too_large,
  not_a_request,  // a manager request that is no 4-sequence
  // What only exceptions say, which tell more themselves.
  not_found,         // KeyError, IndexError or TypeError: no such item (access_error)
  other_kind,        // TypeError: a value of another kind (access_error)
  bad_path,          // no path of a value (access_error)
  not_picklable,     // pickling_error
  not_convertible,   // conversion_error
  not_json,          // json_error
  python_exception,  // python_error
};

const std::error_category& pickle_category() noexcept;
inline std::error_code make_error_code(pickle_errc e) noexcept {
  return {static_cast<int>(e), pickle_category()};
}

// Where reading stopped and why; false when it did not.
struct [[nodiscard]] load_error {
  std::error_code code;
  std::size_t offset = 0;   // of the opcode, in bytes from the start of the pickle
  std::uint8_t opcode = 0;  // 0 where the input ended before one

  explicit operator bool() const noexcept { return static_cast<bool>(code); }
  // "unpickling stack underflow at byte 17 (TUPLE2)".
  std::string message() const;
  // The exception that CPython raises for it, as a traceback names it: "EOFError",
  // "_pickle.UnpicklingError", "ValueError"; "MemoryError" at the limits of memory.
  std::string_view python_exception() const noexcept;
};

// What all exceptions of this library are, besides what they are of the standard library's.
class error {
 public:
  virtual ~error() = default;
  virtual const std::error_code& code() const noexcept = 0;
  virtual const char* what() const noexcept = 0;

 protected:
  error() = default;
  error(const error&) = default;
  error& operator=(const error&) = default;
};

namespace detail {

// How a function that throws gets its form with an error parameter: what `f` returns, or, where it
// throws an exception of this library, that one's code in `code`, and nothing returned.
template <class F>
std::invoke_result_t<F> catch_error(std::error_code& code, F&& f) {
  code.clear();
  try {
    return std::forward<F>(f)();
  } catch (const error& thrown) {
    code = thrown.code();
    return std::invoke_result_t<F>();
  }
}

}  // namespace detail

// Thrown by the overloads that have no load_error parameter.
class unpickling_error : public std::system_error, public error {
 public:
  explicit unpickling_error(const load_error& error);
  const std::error_code& code() const noexcept override { return system_error::code(); }
  const char* what() const noexcept override { return system_error::what(); }
  const load_error& where() const noexcept { return error_; }

 private:
  load_error error_;
};

PICKLED_END_NAMESPACE

template <>
struct std::is_error_code_enum<pickled::pickle_errc> : std::true_type {};

#endif  // PICKLED_VALUE_ERROR_HPP
