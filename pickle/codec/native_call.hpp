// SPDX-License-Identifier: BSL-1.0

// Values of native kinds that lower protocols write as a call: set([1, 2]) is a set, not an
// instance. Only literal arguments are recognised, exactly as CPython's pickler writes them.

#ifndef PICKLED_PICKLE_CODEC_NATIVE_CALL_HPP
#define PICKLED_PICKLE_CODEC_NATIVE_CALL_HPP

#include "pickled/value/error.hpp"
#include "pickled/value/value.hpp"

#include <optional>

namespace pickled::inline v0::detail {

// What may turn out to be a class or function: a name, or what some call or persistent id yields.
constexpr bool may_be_called(kind k) noexcept {
  return k == kind::global || k == kind::extension || k == kind::instance || k == kind::persistent;
}

// The functions that do what NEWOBJ and NEWOBJ_EX do, and stand for them where a protocol has none.
inline constexpr global_name newobj_function{"copyreg", "__newobj__"};
inline constexpr global_name newobj_ex_function{"copyreg", "__newobj_ex__"};

// What `callable(*args)` is, for builtins.complex, bytes, bytearray, set and frozenset, for
// _codecs.encode to Latin-1, and for the functions above, whose instance is that of the opcode;
// nullopt for any other call. Precondition: `args` is a tuple.
std::optional<value_view> native_call(value_view callable, value_view args, value_builder& build);

// Whether it is one of those.
bool is_native_callable(global_name name) noexcept;

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_NATIVE_CALL_HPP
