#include "pickle/codec/opcode.hpp"

#include <cstddef>

namespace pickled {

constexpr std::array<opcode_info, 68> opcodes{{
    {opcode::mark, "MARK", argument::none, 0},
    {opcode::empty_tuple, "EMPTY_TUPLE", argument::none, 1},
    {opcode::stop, "STOP", argument::none, 0},
    {opcode::pop, "POP", argument::none, 0},
    {opcode::pop_mark, "POP_MARK", argument::none, 1},
    {opcode::dup, "DUP", argument::none, 0},
    {opcode::binbytes, "BINBYTES", argument::bytes4, 3},
    {opcode::short_binbytes, "SHORT_BINBYTES", argument::bytes1, 3},
    {opcode::float_, "FLOAT", argument::floatnl, 0},
    {opcode::binfloat, "BINFLOAT", argument::float8, 1},
    {opcode::int_, "INT", argument::decimalnl_short, 0},
    {opcode::binint, "BININT", argument::int4, 1},
    {opcode::binint1, "BININT1", argument::uint1, 1},
    {opcode::long_, "LONG", argument::decimalnl_long, 0},
    {opcode::binint2, "BININT2", argument::uint2, 1},
    {opcode::none, "NONE", argument::none, 0},
    {opcode::persid, "PERSID", argument::stringnl_noescape, 0},
    {opcode::binpersid, "BINPERSID", argument::none, 1},
    {opcode::reduce, "REDUCE", argument::none, 0},
    {opcode::string, "STRING", argument::stringnl, 0},
    {opcode::binstring, "BINSTRING", argument::string4, 1},
    {opcode::short_binstring, "SHORT_BINSTRING", argument::string1, 1},
    {opcode::unicode, "UNICODE", argument::unicodestringnl, 0},
    {opcode::binunicode, "BINUNICODE", argument::unicodestring4, 1},
    {opcode::empty_list, "EMPTY_LIST", argument::none, 1},
    {opcode::append, "APPEND", argument::none, 0},
    {opcode::build, "BUILD", argument::none, 0},
    {opcode::global, "GLOBAL", argument::stringnl_noescape_pair, 0},
    {opcode::dict, "DICT", argument::none, 0},
    {opcode::appends, "APPENDS", argument::none, 1},
    {opcode::get, "GET", argument::decimalnl_short, 0},
    {opcode::binget, "BINGET", argument::uint1, 1},
    {opcode::inst, "INST", argument::stringnl_noescape_pair, 0},
    {opcode::long_binget, "LONG_BINGET", argument::uint4, 1},
    {opcode::list, "LIST", argument::none, 0},
    {opcode::obj, "OBJ", argument::none, 1},
    {opcode::put, "PUT", argument::decimalnl_short, 0},
    {opcode::binput, "BINPUT", argument::uint1, 1},
    {opcode::long_binput, "LONG_BINPUT", argument::uint4, 1},
    {opcode::setitem, "SETITEM", argument::none, 0},
    {opcode::tuple, "TUPLE", argument::none, 0},
    {opcode::setitems, "SETITEMS", argument::none, 1},
    {opcode::empty_dict, "EMPTY_DICT", argument::none, 1},
    {opcode::proto, "PROTO", argument::uint1, 2},
    {opcode::newobj, "NEWOBJ", argument::none, 2},
    {opcode::ext1, "EXT1", argument::uint1, 2},
    {opcode::ext2, "EXT2", argument::uint2, 2},
    {opcode::ext4, "EXT4", argument::int4, 2},
    {opcode::tuple1, "TUPLE1", argument::none, 2},
    {opcode::tuple2, "TUPLE2", argument::none, 2},
    {opcode::tuple3, "TUPLE3", argument::none, 2},
    {opcode::newtrue, "NEWTRUE", argument::none, 2},
    {opcode::newfalse, "NEWFALSE", argument::none, 2},
    {opcode::long1, "LONG1", argument::long1, 2},
    {opcode::long4, "LONG4", argument::long4, 2},
    {opcode::short_binunicode, "SHORT_BINUNICODE", argument::unicodestring1, 4},
    {opcode::binunicode8, "BINUNICODE8", argument::unicodestring8, 4},
    {opcode::binbytes8, "BINBYTES8", argument::bytes8, 4},
    {opcode::empty_set, "EMPTY_SET", argument::none, 4},
    {opcode::additems, "ADDITEMS", argument::none, 4},
    {opcode::frozenset, "FROZENSET", argument::none, 4},
    {opcode::newobj_ex, "NEWOBJ_EX", argument::none, 4},
    {opcode::stack_global, "STACK_GLOBAL", argument::none, 4},
    {opcode::memoize, "MEMOIZE", argument::none, 4},
    {opcode::frame, "FRAME", argument::uint8, 4},
    {opcode::bytearray8, "BYTEARRAY8", argument::bytearray8, 5},
    {opcode::next_buffer, "NEXT_BUFFER", argument::none, 5},
    {opcode::readonly_buffer, "READONLY_BUFFER", argument::none, 5},
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

}  // namespace pickled
