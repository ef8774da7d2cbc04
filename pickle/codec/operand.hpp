// What follows an opcode, by the table of opcodes.

#ifndef PICKLED_PICKLE_CODEC_OPERAND_HPP
#define PICKLED_PICKLE_CODEC_OPERAND_HPP

#include "pickle/codec/opcode.hpp"
#include "pickle/codec/reader.hpp"
#include "pickle/value/value.hpp"

#include <system_error>

namespace pickled {

// The operand of the opcode that was just read, as a value: a str for text (of Python 2's strings
// as Latin-1), an int for an index, None for an opcode without one. Mirrors `pickletools.genops`.
[[nodiscard]] std::error_code read_operand(reader& in, const opcode_info& code,
                                           value_builder& build, value_view& operand);

}  // namespace pickled

#endif  // PICKLED_PICKLE_CODEC_OPERAND_HPP
