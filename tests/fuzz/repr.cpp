// SPDX-License-Identifier: BSL-1.0

// Printing, hashing and comparing any value ends, and soon.

#include "pickled/python/repr.hpp"

#include "pickled/codec/unpickler.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pickled::load_error error;
  const pickled::value v = pickled::loads(std::as_bytes(std::span(data, size)), error,
                                          {.max_memory = std::size_t{1} << 26, .max_depth = 1000});
  if (error) return 0;
  constexpr std::size_t limit = 1 << 16;
  try {
    if (pickled::repr(v, limit).size() > 2 * limit) std::abort();
  } catch (const pickled::python_error&) {
  }
  try {
    const bool same = pickled::equal(v, v);
    if (same && pickled::hash(v) != pickled::hash(v)) std::abort();
    static_cast<void>(pickled::less(v, v));
  } catch (const pickled::python_error&) {
  }
  return 0;
}
