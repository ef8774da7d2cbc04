// SPDX-License-Identifier: BSL-1.0

// The 68 opcodes of pickle as data: what `pickletools.opcodes` is in CPython, with its names.

#ifndef PICKLED_PICKLE_CODEC_OPCODE_HPP
#define PICKLED_PICKLE_CODEC_OPCODE_HPP

#include <array>
#include <cstdint>
#include <string_view>

namespace pickled::inline v0::detail {

// Names that C++ reserves end in an underscore.
enum class opcode : std::uint8_t {
  mark = 0x28,
  empty_tuple = 0x29,
  stop = 0x2e,
  pop = 0x30,
  pop_mark = 0x31,
  dup = 0x32,
  binbytes = 0x42,
  short_binbytes = 0x43,
  float_ = 0x46,
  binfloat = 0x47,
  int_ = 0x49,
  binint = 0x4a,
  binint1 = 0x4b,
  long_ = 0x4c,
  binint2 = 0x4d,
  none = 0x4e,
  persid = 0x50,
  binpersid = 0x51,
  reduce = 0x52,
  string = 0x53,
  binstring = 0x54,
  short_binstring = 0x55,
  unicode = 0x56,
  binunicode = 0x58,
  empty_list = 0x5d,
  append = 0x61,
  build = 0x62,
  global = 0x63,
  dict = 0x64,
  appends = 0x65,
  get = 0x67,
  binget = 0x68,
  inst = 0x69,
  long_binget = 0x6a,
  list = 0x6c,
  obj = 0x6f,
  put = 0x70,
  binput = 0x71,
  long_binput = 0x72,
  setitem = 0x73,
  tuple = 0x74,
  setitems = 0x75,
  empty_dict = 0x7d,
  proto = 0x80,
  newobj = 0x81,
  ext1 = 0x82,
  ext2 = 0x83,
  ext4 = 0x84,
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  newtrue = 0x88,
  newfalse = 0x89,
  long1 = 0x8a,
  long4 = 0x8b,
  short_binunicode = 0x8c,
  binunicode8 = 0x8d,
  binbytes8 = 0x8e,
  empty_set = 0x8f,
  additems = 0x90,
  frozenset = 0x91,
  newobj_ex = 0x92,
  stack_global = 0x93,
  memoize = 0x94,
  frame = 0x95,
  bytearray8 = 0x96,
  next_buffer = 0x97,
  readonly_buffer = 0x98,
};

// What follows an opcode, by the names of pickletools.
enum class argument : std::uint8_t {
  none,
  uint1,
  uint2,
  int4,  // signed, little-endian like all of these
  uint4,
  uint8,
  float8,   // big-endian
  long1,    // a length of 1 byte and an int in two's complement
  long4,    // the same with a signed length of 4 bytes
  string1,  // a length of 1 byte and Python 2 str
  string4,  // a signed length of 4 bytes and Python 2 str
  bytes1,   // a length and bytes
  bytes4,
  bytes8,
  bytearray8,
  unicodestring1,  // a length and UTF-8
  unicodestring4,
  unicodestring8,
  decimalnl_short,  // text, up to and with a newline
  decimalnl_long,
  floatnl,
  stringnl,  // quoted and escaped
  stringnl_noescape,
  stringnl_noescape_pair,  // module, name
  unicodestringnl,
};

struct opcode_info {
  opcode code;
  std::string_view name;  // "BINPUT"
  detail::argument argument;
  std::uint8_t protocol;  // the first that has it

  // What the argument takes: `lines` of text; or `width` bytes, which are a number or, where it is
  // `counted`, the length of what follows them.
  std::uint8_t width;
  bool counted;
  bool is_signed;  // the number or the length
  std::uint8_t lines;

  // What the instruction does to the stack: it takes off all down to the topmost mark, where it
  // takes that, and `pops` values (below it), and puts `pushes` values on.
  std::uint8_t pops;
  bool pops_mark;
  std::uint8_t pushes;
};

// All of them, by code.
extern const std::array<opcode_info, 68> opcodes;

// nullptr for a byte that is no opcode.
const opcode_info* find_opcode(std::uint8_t byte) noexcept;

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_OPCODE_HPP
