// SPDX-License-Identifier: BSL-1.0

#include "pickled/value/error.hpp"

PICKLED_BEGIN_NAMESPACE

namespace {

// CPython's words wherever it has any.
const char* text(pickle_errc e) noexcept {
  switch (e) {
    case pickle_errc::ran_out_of_input: return "ran out of input";
    case pickle_errc::truncated: return "pickle data was truncated";
    case pickle_errc::invalid_load_key: return "invalid load key";
    case pickle_errc::stack_underflow: return "unpickling stack underflow";
    case pickle_errc::unexpected_mark: return "unexpected MARK found";
    case pickle_errc::mark_not_found: return "could not find MARK";
    case pickle_errc::odd_items: return "odd number of items";
    case pickle_errc::bad_operand: return "operand does not parse";
    case pickle_errc::not_quoted: return "the STRING opcode argument must be quoted";
    case pickle_errc::not_ascii: return "persistent IDs in protocol 0 must be ASCII strings";
    case pickle_errc::bad_length: return "negative byte count";
    case pickle_errc::bad_frame: return "a frame ends within an opcode, or begins in another frame";
    case pickle_errc::impossible_length: return "length exceeds system's maximum";
    case pickle_errc::out_of_range: return "number is too large";
    case pickle_errc::bad_utf8: return "invalid UTF-8";
    case pickle_errc::bad_ascii: return "invalid ASCII";
    case pickle_errc::bad_encoding: return "string does not decode in the chosen encoding";
    case pickle_errc::bad_protocol: return "unsupported pickle protocol";
    case pickle_errc::memo_missing: return "memo value not found";
    case pickle_errc::not_a_class: return "NEWOBJ class argument is no class";
    case pickle_errc::not_callable: return "object is not callable";
    case pickle_errc::args_not_a_tuple: return "argument list must be a tuple";
    case pickle_errc::not_a_container: return "object takes no items";
    case pickle_errc::not_a_str: return "STACK_GLOBAL requires str";
    case pickle_errc::bad_extension: return "extension code <= 0";
    case pickle_errc::unknown_extension: return "unregistered extension code";
    case pickle_errc::bad_state: return "state is not a dictionary";
    case pickle_errc::unhashable: return "unhashable key or set item";
    case pickle_errc::no_persistent_load: return "a persistent id where none is expected";
    case pickle_errc::no_buffers: return "not enough out-of-band buffers";
    case pickle_errc::not_a_buffer: return "object has no buffer";
    case pickle_errc::too_deep: return "nested too deeply";
    case pickle_errc::too_large: return "value takes too much memory";
    case pickle_errc::memo_too_large: return "memo takes too much memory";
    case pickle_errc::not_a_request: return "not a request";
    case pickle_errc::not_found: return "no such item";
    case pickle_errc::other_kind: return "value of another kind";
    case pickle_errc::bad_path: return "not a path of a value";
    case pickle_errc::not_picklable: return "value cannot be pickled";
    case pickle_errc::not_convertible: return "value does not fit the type";
    case pickle_errc::not_json: return "not convertible to or from JSON";
    case pickle_errc::python_exception: return "a Python exception";
  }
  return "unknown error";
}

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "pickle"; }
  std::string message(int code) const override { return text(static_cast<pickle_errc>(code)); }
};

}  // namespace

const std::error_category& pickle_category() noexcept {
  static const category instance;
  return instance;
}

PICKLED_END_NAMESPACE
