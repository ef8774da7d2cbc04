// SPDX-License-Identifier: BSL-1.0

// pickle.loads: bytes of any protocol, 0 to 5, into a value. Nothing is imported or called.

#ifndef PICKLED_CODEC_UNPICKLER_HPP
#define PICKLED_CODEC_UNPICKLER_HPP

#include "pickled/value/buffer.hpp"
#include "pickled/value/error.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>

PICKLED_BEGIN_NAMESPACE

struct load_options {
  // How Python 2's str is decoded: "ASCII", "latin1", "utf-8", or "bytes" to keep it as bytes.
  std::string encoding = "ASCII";
  // Names of Python 2 are mapped to those of Python 3 at protocols below 3.
  bool fix_imports = true;
  std::size_t max_memory = std::size_t{1} << 30;  // bytes that the value may take
  std::size_t max_depth = 10'000;                 // nested containers and instances
  // Where the value's memory comes from, as of arena: it must outlive the value.
  std::pmr::memory_resource* memory = nullptr;
  // The value of a persistent id; without it, persistent ids are an error.
  std::function<value_view(value_view id, value_builder&)> persistent_load;
  // The class of an extension code, or nullopt; without it, codes are kept as kind::extension.
  std::function<std::optional<global_name>(std::int32_t code)> extension;
  // Told every name that Python would import, in the order of the pickle, also where the value has
  // it no more.
  std::function<void(const global_name&)> on_global;
  // What NEXT_BUFFER takes, in order. They must outlive the value.
  std::span<const bytes_view> buffers;
  // Strings and bytes may point into the input, which must then outlive the value.
  bool borrow = false;
};

// The first pickle in `input`. Bytes after its STOP are ignored; `consumed`, if given, tells how
// many belong to it.
value loads(bytes_view input, load_error& error, const load_options& options = {},
            std::size_t* consumed = nullptr);

// The same; throws unpickling_error.
value loads(bytes_view input, const load_options& options = {});

// The same of bytes that were read into a string.
inline value loads(std::string_view input, load_error& error, const load_options& options = {},
                   std::size_t* consumed = nullptr) {
  return loads(as_bytes(input), error, options, consumed);
}
inline value loads(std::string_view input, const load_options& options = {}) {
  return loads(as_bytes(input), options);
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_CODEC_UNPICKLER_HPP
