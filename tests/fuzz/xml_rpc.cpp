// SPDX-License-Identifier: BSL-1.0

// Any XML-RPC message is refused by an exception of Python's, or is a request that can be loaded,
// in bounded memory.

#include "connection/xml_rpc.hpp"

#include "pickled/codec/unpickler.hpp"
#include "pickled/python/python_error.hpp"

#include <cstdint>
#include <cstdlib>
#include <new>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t max_memory = std::size_t{1} << 24;
  constexpr std::size_t max_depth = 100;
  pickled::buffer pickle;
  try {
    pickle = pickled::detail::pickle_of_xml_rpc(std::as_bytes(std::span(data, size)), max_memory,
                                                max_depth);
  } catch (const pickled::python_error&) {
    return 0;
  } catch (const std::bad_alloc&) {
    return 0;
  }
  pickled::load_error error;
  static_cast<void>(pickled::loads(pickle, error));
  if (error) std::abort();
  return 0;
}
