// SPDX-License-Identifier: BSL-1.0

// The opcodes of a pickle as text, line for line what `pickletools.dis` prints: offsets, operands,
// marks and memo. Nothing is built, and nothing is executed.

#ifndef PICKLED_PYTHON_DISASSEMBLER_HPP
#define PICKLED_PYTHON_DISASSEMBLER_HPP

#include "pickled/value/buffer.hpp"
#include "pickled/value/error.hpp"

#include <cstddef>
#include <iosfwd>

PICKLED_BEGIN_NAMESPACE

// Writes the first pickle in `input` to `out`, and how many bytes it has to `consumed`. An error
// is found after the lines before it, and that of the opcode itself, were written.
load_error disassemble(bytes_view input, std::ostream& out, std::size_t& consumed);

PICKLED_END_NAMESPACE

#endif  // PICKLED_PYTHON_DISASSEMBLER_HPP
