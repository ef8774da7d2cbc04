#include "frozen/message_map.hpp"

#include "pickle/codec/opcode.hpp"
#include "pickle/value/scalar.hpp"

namespace pickled {

void message_map::restart(bytes_view pickle, std::size_t max_entries) {
  message = pickle;
  uncuttable = false;
  has_request = false;
  edits.restart(max_entries);
  definitions.restart(max_entries);
  replacements.clear();
  proxy_calls.clear();
  for (contents& c : watched) {
    c.container = 0;
    c.slots.restart(max_entries);
  }
}

std::size_t message_map::bytes() const noexcept {
  return edits.bytes() + definitions.bytes() + watched[0].slots.bytes() + watched[1].slots.bytes();
}

std::string_view message_map::text(std::uint64_t start) const noexcept {
  const std::byte* at = message.data() + start;
  switch (static_cast<opcode>(*at)) {
    case opcode::short_binunicode: return as_text({at + 2, load_little_endian(at + 1, 1)});
    case opcode::binunicode: return as_text({at + 5, load_little_endian(at + 1, 4)});
    default: return as_text({at + 9, load_little_endian(at + 1, 8)});
  }
}

std::size_t leaf_size(const std::byte* at) noexcept {
  switch (static_cast<opcode>(*at)) {
    case opcode::binint1: return 2;
    case opcode::binint2: return 3;
    case opcode::binint: return 5;
    case opcode::binfloat: return 9;
    case opcode::long1:
    case opcode::short_binunicode:
    case opcode::short_binbytes: return 2 + load_little_endian(at + 1, 1);
    case opcode::long4:
    case opcode::binunicode:
    case opcode::binbytes: return 5 + load_little_endian(at + 1, 4);
    case opcode::binunicode8:
    case opcode::binbytes8: return 9 + load_little_endian(at + 1, 8);
    default: return 1;
  }
}

}  // namespace pickled
