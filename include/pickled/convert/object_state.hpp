// SPDX-License-Identifier: BSL-1.0

// An instance of a class of Python's taken apart into its attributes, and put together again.

#ifndef PICKLED_CONVERT_OBJECT_STATE_HPP
#define PICKLED_CONVERT_OBJECT_STATE_HPP

#include "pickled/value/value.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// How an instance is written.
enum class object_form {
  attributes,  // a plain class or dataclass: into __dict__
  slots,       // a class with __slots__: by setattr
  fields,      // a dataclass(slots=True, frozen=True): the list for its __setstate__
  call,        // anything else, a named tuple too: the class is called with the values
};

namespace detail {

value_view write_object(const global_name& python_class, object_form form,
                        std::span<const std::string_view> names, std::span<const value_view> values,
                        value_builder& b);

// Points into the value that it was made of.
class object_state {
 public:
  // Throws conversion_error where `v` is no instance of the class.
  object_state(value_view v, const global_name& python_class);

  // By name where the instance was pickled with names, else by position; nullptr if absent.
  const value_view* find(std::string_view name, std::size_t position) const noexcept;

 private:
  void add(value_view state);

  std::vector<std::span<const dict_entry>> named_;  // of two with one name the later counts
  std::span<const value_view> positional_;
};

[[noreturn]] void throw_missing(std::string_view attribute, const global_name& python_class);

}  // namespace detail

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_OBJECT_STATE_HPP
