// SPDX-License-Identifier: BSL-1.0

// Any bytes are disassembled up to their first error, which lies within them.

#include "pickled/python/disassembler.hpp"

#include "pickled/codec/unpickler.hpp"

#include <cstdint>
#include <cstdlib>
#include <sstream>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const pickled::bytes_view input = std::as_bytes(std::span(data, size));
  std::ostringstream out;
  std::size_t consumed = 0;
  const pickled::load_error error = pickled::disassemble(input, out, consumed);
  if (consumed > size) std::abort();
  if (!error && out.view().empty()) std::abort();
  return 0;
}
