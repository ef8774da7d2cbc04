// SPDX-License-Identifier: BSL-1.0

// What follows an opcode, as a value.

#ifndef PICKLED_PICKLE_CODEC_OPERAND_HPP
#define PICKLED_PICKLE_CODEC_OPERAND_HPP

#include "pickle/codec/instruction.hpp"
#include "pickled/value/value.hpp"

#include <system_error>

namespace pickled::inline v0::detail {

// A str for text (of Python 2's strings as Latin-1), an int for an index, None for an opcode
// without an operand, as `pickletools.genops` has it.
[[nodiscard]] std::error_code operand_of(const instruction& of, value_builder& build,
                                         value_view& operand);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_OPERAND_HPP
