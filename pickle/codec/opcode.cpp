// SPDX-License-Identifier: BSL-1.0

#include "pickle/codec/opcode.hpp"

#include <cstddef>

namespace pickled::inline v0::detail {

namespace {

struct effect {
  std::uint8_t pops;
  bool pops_mark;
  std::uint8_t pushes;
};
constexpr effect nothing{0, false, 0};
constexpr effect push{0, false, 1};
constexpr effect pop{1, false, 0};
constexpr effect repeat{1, false, 2};
constexpr effect replace{1, false, 1};
constexpr effect reduce2{2, false, 1};
constexpr effect reduce3{3, false, 1};
constexpr effect drop_to_mark{0, true, 0};
constexpr effect gather{0, true, 1};  // what is above the mark
constexpr effect fill{1, true, 1};    // what is below the mark

struct shape {
  std::uint8_t width = 0;
  bool counted = false;
  bool is_signed = false;
  std::uint8_t lines = 0;
};
// By the order of `argument`.
constexpr std::array<shape, 25> shapes{{
    {},                    // none
    {1},                   // uint1
    {2},                   // uint2
    {4, false, true},      // int4
    {4},                   // uint4
    {8},                   // uint8
    {8},                   // float8
    {1, true},             // long1
    {4, true, true},       // long4
    {1, true},             // string1
    {4, true, true},       // string4
    {1, true},             // bytes1
    {4, true},             // bytes4
    {8, true},             // bytes8
    {8, true},             // bytearray8
    {1, true},             // unicodestring1
    {4, true},             // unicodestring4
    {8, true},             // unicodestring8
    {0, false, false, 1},  // decimalnl_short
    {0, false, false, 1},  // decimalnl_long
    {0, false, false, 1},  // floatnl
    {0, false, false, 1},  // stringnl
    {0, false, false, 1},  // stringnl_noescape
    {0, false, false, 2},  // stringnl_noescape_pair
    {0, false, false, 1},  // unicodestringnl
}};

struct names_of {
  opcode code;
  std::string_view name;
  detail::argument argument;
  std::uint8_t protocol;
};
constexpr opcode_info entry(const names_of& n, const effect& e) {
  const shape& s = shapes[static_cast<std::size_t>(n.argument)];
  return {n.code,      n.name,  n.argument, n.protocol,  s.width, s.counted,
          s.is_signed, s.lines, e.pops,     e.pops_mark, e.pushes};
}

}  // namespace

constexpr std::array<opcode_info, 68> opcodes{{
    entry({opcode::mark, "MARK", argument::none, 0}, nothing),
    entry({opcode::empty_tuple, "EMPTY_TUPLE", argument::none, 1}, push),
    entry({opcode::stop, "STOP", argument::none, 0}, pop),
    entry({opcode::pop, "POP", argument::none, 0}, pop),
    entry({opcode::pop_mark, "POP_MARK", argument::none, 1}, drop_to_mark),
    entry({opcode::dup, "DUP", argument::none, 0}, repeat),
    entry({opcode::binbytes, "BINBYTES", argument::bytes4, 3}, push),
    entry({opcode::short_binbytes, "SHORT_BINBYTES", argument::bytes1, 3}, push),
    entry({opcode::float_, "FLOAT", argument::floatnl, 0}, push),
    entry({opcode::binfloat, "BINFLOAT", argument::float8, 1}, push),
    entry({opcode::int_, "INT", argument::decimalnl_short, 0}, push),
    entry({opcode::binint, "BININT", argument::int4, 1}, push),
    entry({opcode::binint1, "BININT1", argument::uint1, 1}, push),
    entry({opcode::long_, "LONG", argument::decimalnl_long, 0}, push),
    entry({opcode::binint2, "BININT2", argument::uint2, 1}, push),
    entry({opcode::none, "NONE", argument::none, 0}, push),
    entry({opcode::persid, "PERSID", argument::stringnl_noescape, 0}, push),
    entry({opcode::binpersid, "BINPERSID", argument::none, 1}, replace),
    entry({opcode::reduce, "REDUCE", argument::none, 0}, reduce2),
    entry({opcode::string, "STRING", argument::stringnl, 0}, push),
    entry({opcode::binstring, "BINSTRING", argument::string4, 1}, push),
    entry({opcode::short_binstring, "SHORT_BINSTRING", argument::string1, 1}, push),
    entry({opcode::unicode, "UNICODE", argument::unicodestringnl, 0}, push),
    entry({opcode::binunicode, "BINUNICODE", argument::unicodestring4, 1}, push),
    entry({opcode::empty_list, "EMPTY_LIST", argument::none, 1}, push),
    entry({opcode::append, "APPEND", argument::none, 0}, reduce2),
    entry({opcode::build, "BUILD", argument::none, 0}, reduce2),
    entry({opcode::global, "GLOBAL", argument::stringnl_noescape_pair, 0}, push),
    entry({opcode::dict, "DICT", argument::none, 0}, gather),
    entry({opcode::appends, "APPENDS", argument::none, 1}, fill),
    entry({opcode::get, "GET", argument::decimalnl_short, 0}, push),
    entry({opcode::binget, "BINGET", argument::uint1, 1}, push),
    entry({opcode::inst, "INST", argument::stringnl_noescape_pair, 0}, gather),
    entry({opcode::long_binget, "LONG_BINGET", argument::uint4, 1}, push),
    entry({opcode::list, "LIST", argument::none, 0}, gather),
    entry({opcode::obj, "OBJ", argument::none, 1}, gather),
    entry({opcode::put, "PUT", argument::decimalnl_short, 0}, nothing),
    entry({opcode::binput, "BINPUT", argument::uint1, 1}, nothing),
    entry({opcode::long_binput, "LONG_BINPUT", argument::uint4, 1}, nothing),
    entry({opcode::setitem, "SETITEM", argument::none, 0}, reduce3),
    entry({opcode::tuple, "TUPLE", argument::none, 0}, gather),
    entry({opcode::setitems, "SETITEMS", argument::none, 1}, fill),
    entry({opcode::empty_dict, "EMPTY_DICT", argument::none, 1}, push),
    entry({opcode::proto, "PROTO", argument::uint1, 2}, nothing),
    entry({opcode::newobj, "NEWOBJ", argument::none, 2}, reduce2),
    entry({opcode::ext1, "EXT1", argument::uint1, 2}, push),
    entry({opcode::ext2, "EXT2", argument::uint2, 2}, push),
    entry({opcode::ext4, "EXT4", argument::int4, 2}, push),
    entry({opcode::tuple1, "TUPLE1", argument::none, 2}, replace),
    entry({opcode::tuple2, "TUPLE2", argument::none, 2}, reduce2),
    entry({opcode::tuple3, "TUPLE3", argument::none, 2}, reduce3),
    entry({opcode::newtrue, "NEWTRUE", argument::none, 2}, push),
    entry({opcode::newfalse, "NEWFALSE", argument::none, 2}, push),
    entry({opcode::long1, "LONG1", argument::long1, 2}, push),
    entry({opcode::long4, "LONG4", argument::long4, 2}, push),
    entry({opcode::short_binunicode, "SHORT_BINUNICODE", argument::unicodestring1, 4}, push),
    entry({opcode::binunicode8, "BINUNICODE8", argument::unicodestring8, 4}, push),
    entry({opcode::binbytes8, "BINBYTES8", argument::bytes8, 4}, push),
    entry({opcode::empty_set, "EMPTY_SET", argument::none, 4}, push),
    entry({opcode::additems, "ADDITEMS", argument::none, 4}, fill),
    entry({opcode::frozenset, "FROZENSET", argument::none, 4}, gather),
    entry({opcode::newobj_ex, "NEWOBJ_EX", argument::none, 4}, reduce3),
    entry({opcode::stack_global, "STACK_GLOBAL", argument::none, 4}, reduce2),
    entry({opcode::memoize, "MEMOIZE", argument::none, 4}, replace),
    entry({opcode::frame, "FRAME", argument::uint8, 4}, nothing),
    entry({opcode::bytearray8, "BYTEARRAY8", argument::bytearray8, 5}, push),
    entry({opcode::next_buffer, "NEXT_BUFFER", argument::none, 5}, push),
    entry({opcode::readonly_buffer, "READONLY_BUFFER", argument::none, 5}, replace),
}};

namespace {

constexpr std::uint8_t no_opcode = 0xff;

constexpr std::array<std::uint8_t, 256> index_opcodes() {
  std::array<std::uint8_t, 256> index{};
  for (std::uint8_t& entry : index)
    entry = no_opcode;
  for (std::size_t i = 0; i < opcodes.size(); ++i) {
    index[static_cast<std::size_t>(opcodes[i].code)] = static_cast<std::uint8_t>(i);
  }
  return index;
}
constexpr std::array<std::uint8_t, 256> opcode_index = index_opcodes();

}  // namespace

const opcode_info* find_opcode(std::uint8_t byte) noexcept {
  const std::uint8_t index = opcode_index[byte];
  return index == no_opcode ? nullptr : &opcodes[index];
}

}  // namespace pickled::inline v0::detail
