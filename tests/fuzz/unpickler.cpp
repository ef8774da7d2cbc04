// SPDX-License-Identifier: BSL-1.0

// Any bytes either fail with an error inside the input, or give a value that survives being
// written and read again at every protocol that can express it.

#include "pickled/codec/unpickler.hpp"

#include "pickled/codec/pickler.hpp"

#include <cstdint>
#include <cstdlib>
#include <stdexcept>

namespace {

pickled::load_options limits() {
  pickled::load_options options;
  options.max_memory = std::size_t{1} << 26;
  options.max_depth = 1000;
  return options;
}

void require(bool holds) {
  if (!holds) std::abort();
}

// Without the names of Python 2: some of its modules mean the same one of Python 3.
void check_protocol(pickled::value_view v, int protocol) {
  const pickled::dump_options dumping{.protocol = protocol, .fix_imports = false};
  pickled::buffer written;
  try {
    written = pickled::dumps(v, dumping);
  } catch (const std::invalid_argument&) {
    return;  // what the protocol cannot express
  }
  pickled::load_options generous = limits();
  generous.max_memory *= 16;
  generous.max_depth *= 4;
  generous.fix_imports = false;
  pickled::load_error error;
  const pickled::value again = pickled::loads(written, error, generous);
  require(!error);
  const pickled::buffer twice = pickled::dumps(again, dumping);
  require(pickled::as_text(written) == pickled::as_text(twice));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const pickled::bytes_view input = std::as_bytes(std::span(data, size));
  pickled::load_error error;
  std::size_t consumed = 0;
  const pickled::value v = pickled::loads(input, error, limits(), &consumed);
  if (error) {
    require(error.offset <= size);
    require(!error.message().empty());
    return 0;
  }
  require(consumed <= size);
  for (int protocol = 0; protocol <= 5; ++protocol)
    check_protocol(v, protocol);
  return 0;
}
