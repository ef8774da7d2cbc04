// SPDX-License-Identifier: BSL-1.0

// One instruction of a pickle, cut out by the table of opcodes: what pickletools.genops yields.
// The disassembler and the list of globals go by it; the unpickler and the freezer, which are to be
// fast, have switches of their own.

#ifndef PICKLED_PICKLE_CODEC_INSTRUCTION_HPP
#define PICKLED_PICKLE_CODEC_INSTRUCTION_HPP

#include "pickle/codec/opcode.hpp"
#include "pickle/codec/reader.hpp"
#include "pickled/value/buffer.hpp"
#include "pickled/value/error.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

namespace pickled::inline v0::detail {

struct instruction {
  std::size_t offset = 0;  // of its opcode
  std::uint8_t byte = 0;   // its opcode, also where there is no such
  const opcode_info* info = nullptr;
  bytes_view content;         // the bytes of a number, or what a length has counted
  std::string_view lines[2];  // the text, where that is what follows
};

// Takes the next one out of `in`. Fails where loads does: ran_out_of_input, invalid_load_key,
// truncated, bad_length. The instruction points into the input.
[[nodiscard]] inline pickle_errc next_instruction(reader& in, instruction& next) noexcept {
  next = {};
  next.offset = in.offset();
  if (in.remaining() == 0) return pickle_errc::ran_out_of_input;
  next.byte = in.peek();
  in.skip(1);
  next.info = find_opcode(next.byte);
  if (next.info == nullptr) return pickle_errc::invalid_load_key;
  const opcode_info& info = *next.info;
  for (std::size_t i = 0; i != info.lines; ++i)
    if (!in.read_line(next.lines[i])) return pickle_errc::truncated;
  if (!in.read(info.width, next.content)) return pickle_errc::truncated;
  if (!info.counted) return {};
  std::uint64_t length = 0;
  std::memcpy(&length, next.content.data(), info.width);
  if (info.is_signed && length > std::numeric_limits<std::int32_t>::max())
    return pickle_errc::bad_length;
  if (!in.read(length, next.content)) return pickle_errc::truncated;
  return {};
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_INSTRUCTION_HPP
