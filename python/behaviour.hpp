// SPDX-License-Identifier: BSL-1.0

// What Python's operators see in a value: which class's rules hold, and where its contents are.
// Instances of the standard library's data types are recognised by the names in their pickles;
// subclasses of int, float, str, bytes, tuple, list and dict by the shape of theirs. Everything
// else is `other`, of which only its recipe is known.

#ifndef PICKLED_PYTHON_BEHAVIOUR_HPP
#define PICKLED_PYTHON_BEHAVIOUR_HPP

#include "pickled/value/value.hpp"
#include "python/number.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

enum class behaviour : std::uint8_t {
  none,
  number,  // int, bool, float, Decimal, Fraction
  complex,
  str,
  bytes,  // and bytearray
  tuple,
  list,
  set,  // and frozenset
  dict,
  ordered_dict,
  counter,
  defaultdict,
  deque,
  array,
  range,
  slice,
  date,
  datetime,
  time,
  timedelta,
  timezone,
  zone_info,
  uuid,
  path,          // PurePosixPath, PosixPath
  windows_path,  // PureWindowsPath, WindowsPath
  ip_address,    // IPv4Address, IPv6Address
  simple_namespace,
  type_union,   // int | str
  numpy_time,   // datetime64, timedelta64
  pandas_time,  // Timestamp, Timedelta
  other,
};

// A value as an operator sees it.
struct face {
  behaviour behaves;
  // Of a subclass of a scalar or tuple the plain one, of a named tuple the tuple of its fields; of
  // list(x), set(x), frozendict(x) and the like x, a native container; of a UserDict, UserList or
  // UserString what it holds, of a ChainMap the dict that it amounts to; of a union of types the
  // tuple of these; else the value itself.
  value_view value;
};

// numpy's scalars are what they are to Python. Some of them (complex, str and the largest ints)
// have to be made in `made`, and are `other` without it; so is a ChainMap.
face face_of(value_view v, arena* made = nullptr);

constexpr bool is_dict_like(behaviour b) noexcept {
  return b >= behaviour::dict && b <= behaviour::defaultdict;
}

// The items of a deque or of an instance of a list's subclass: what it was made of, if it is a
// deque, and what was appended after. A deque with a limit keeps the last ones.
std::vector<value_view> appended_items(const face& f);

// The entries of an instance that is_dict_like, as they were sent: what a Counter was made of, and
// what was set after.
std::vector<dict_entry> assigned_entries(const face& f);

// The number behind a value whose behaviour is `number`; nullopt for any other.
std::optional<number> number_of(value_view v);

// The x of cls(x), as members of an Enum are sent: an int, float or str; nullopt for anything else.
// How a class outside the standard library orders its instances is not known. Those that are made
// of one value are ordered as that value, as an IntEnum, a StrEnum and most Enums with a `__lt__`
// are.
std::optional<value_view> member_value(value_view v);

// The same for a place where only an int may stand: a class that is made of an int is taken for an
// IntEnum. nullopt where x is no int.
std::optional<value_view> whole_member(value_view v);

// What Python takes where a number is wanted: for numpy's scalar the number, for an array of no
// dimensions its only item, for an IntEnum member its int, for anything else `v`. It may be made
// in `made`.
value_view plain_number(value_view v, arena& made);

// frozendict(…) of 3.15, which behaves as a dict and can be hashed.
bool is_frozendict(const instance_node& i) noexcept;

// The class of an instance (see recipe.hpp), also where some other function makes it, or what
// getattr(class, name) gives; else the name of what is called. Empty where that is no name.
global_name class_of(const instance_node& i);

// The state of a BUILD, None where there was none.
value_view state_of(const instance_node& i);

// "a" of ZoneInfo('a').
std::string_view zone_key(value_view zone_info);
// The int of a UUID.
value_view uuid_int(value_view uuid);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_BEHAVIOUR_HPP
