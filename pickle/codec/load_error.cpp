// SPDX-License-Identifier: BSL-1.0

// The functions of pickled/value/error.hpp that know opcodes.

#include "pickle/codec/opcode.hpp"
#include "pickled/value/error.hpp"

#include <fmt/format.h>

PICKLED_BEGIN_NAMESPACE

namespace {

constexpr std::string_view unpickling_error_name = "_pickle.UnpicklingError";

// "at byte 17 (TUPLE2)"
std::string place(const load_error& error) {
  if (const detail::opcode_info* info = detail::find_opcode(error.opcode)) {
    return fmt::format("at byte {} ({})", error.offset, info->name);
  }
  if (error.code == pickle_errc::invalid_load_key) {
    return fmt::format("at byte {} (0x{:02x})", error.offset, error.opcode);
  }
  return fmt::format("at byte {}", error.offset);
}

}  // namespace

std::string load_error::message() const {
  if (!code) return {};
  return fmt::format("{} {}", code.message(), place(*this));
}

std::string_view load_error::python_exception() const noexcept {
  const auto at = static_cast<detail::opcode>(opcode);
  switch (static_cast<pickle_errc>(code.value())) {
    case pickle_errc::ran_out_of_input: return "EOFError";
    case pickle_errc::bad_operand:
    case pickle_errc::bad_protocol:
    case pickle_errc::unknown_extension:
    case pickle_errc::not_a_request: return "ValueError";
    case pickle_errc::impossible_length:
    case pickle_errc::out_of_range: return "OverflowError";
    case pickle_errc::bad_utf8:
    case pickle_errc::bad_ascii:
    case pickle_errc::bad_encoding: return "UnicodeDecodeError";
    case pickle_errc::not_callable:
    case pickle_errc::unhashable:
    case pickle_errc::not_a_buffer: return "TypeError";
    case pickle_errc::args_not_a_tuple:
      if (at == detail::opcode::reduce) return "TypeError";
      return unpickling_error_name;
    case pickle_errc::not_a_container:
      if (at == detail::opcode::setitem || at == detail::opcode::setitems) return "TypeError";
      return "AttributeError";
    case pickle_errc::too_large:
    case pickle_errc::memo_too_large: return "MemoryError";
    default: return unpickling_error_name;
  }
}

unpickling_error::unpickling_error(const load_error& error)
    : std::system_error(error.code, place(error)), error_(error) {}

PICKLED_END_NAMESPACE
