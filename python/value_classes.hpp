// SPDX-License-Identifier: BSL-1.0

// Classes that the program's options say to compare by what they hold. No pickle tells a member of
// an IntEnum from one of any other Enum, or a dataclass with `order=True` from a class with a
// `__lt__` of its own: whoever runs the program knows.
//
//   Level(2)                  an Enum member, REDUCE of its class and value: a number, text, bytes
//                             or a tuple
//   Job(priority=1, name='a') an instance of nothing but attributes: in <, the tuple of these

#ifndef PICKLED_PYTHON_VALUE_CLASSES_HPP
#define PICKLED_PYTHON_VALUE_CLASSES_HPP

#include "pickled/value/value.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

// For the whole process, before anything is compared: full names, or patterns as fnmatch(3) has
// them, as "app.Level" and "app.*". None at first.
void compare_by_value(std::vector<std::string> patterns);

// What is behind an Enum member of such a class: a number, text, bytes or a tuple, or an instance,
// as of Decimal; of a subclass of set or frozenset the list of its items. nullopt for anything
// else.
std::optional<value_view> value_of_member(const instance_node& i);

// Whether it is of such a class, but its pickle does not tell what it holds: a number as text may
// be of a subclass of Decimal or a member of a StrEnum; several arguments and attributes may be a
// named tuple or a subclass of int whose __getnewargs__ gives more than the int.
bool is_undecidable(const instance_node& i);

// Whether Decimal or Fraction would take it.
bool is_text_of_number(std::string_view text);

// The attributes of an instance of such a class, in order; false for anything else.
bool read_fields(const instance_node& i, std::vector<value_view>& names,
                 std::vector<value_view>& values);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_VALUE_CLASSES_HPP
