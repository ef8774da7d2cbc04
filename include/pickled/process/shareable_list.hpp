// SPDX-License-Identifier: BSL-1.0

// A list of a fixed length in shared memory: multiprocessing.shared_memory.ShareableList. All
// numbers in the machine's byte order, all parts but the codes multiples of 8 bytes long:
//
//   list   := int64(n) places slots formats codes
//   places := int64(0) int64(end of slot 1) ... int64(end of slot n)    from 3.9 on
//           | int64(length of slot 1) ... int64(length of slot n)       3.8
//   format := 8 bytes, padded with NUL: "q" int | "d" float | "xxxxxxx?" bool | "xxxxxx?x" None
//           | "16s" and such: str or bytes, padded with NUL
//   code   := int8: 0 number | 1 str | 2 bytes | 3 None

#ifndef PICKLED_PROCESS_SHAREABLE_LIST_HPP
#define PICKLED_PROCESS_SHAREABLE_LIST_HPP

#include "pickled/convert/convert.hpp"
#include "pickled/process/shared_memory.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

// Copies are the same list. Nothing is locked: who writes beside others brings a lock. An item may
// be None, a bool, an int of 64 bits, a float, a str or bytes; NUL at the end of the last two is
// lost, as in CPython.
//
// An item that is out of range is python_error IndexError; what no slot takes ValueError or
// TypeError. A list that others have made, and that is none, is ValueError.
class shareable_list {
 public:
  enum class layout {
    offsets,  // CPython 3.9 and later
    lengths,  // 3.8
  };

  shareable_list() = default;
  // A str has room for eight bytes more than it needs at most.
  template <class Items>
  static shareable_list create(const Items& items, layout how = layout::offsets,
                               std::string name = {}) {
    const pickled::value made = pickled::to_value(items);
    return create_of(made->as_items(), how, std::move(name));
  }
  // Of either layout.
  static shareable_list attach(const std::string& name) {
    return shareable_list(shared_memory::attach(name));
  }
  explicit shareable_list(shared_memory with);

  const shared_memory& shm() const noexcept { return shm_; }
  std::size_t size() const noexcept { return ends_.size(); }

  template <class T = pickled::value>
  T get(std::size_t index) const {
    return get_value(index).template get<T>();
  }
  // Of another type too; a str or bytes must fit into the item's slot.
  template <class T>
  void set(std::size_t index, const T& item) const {
    const pickled::value written = pickled::to_value(item);
    set_value(index, written);
  }

 private:
  static shareable_list create_of(std::span<const value_view> items, layout how, std::string name);
  pickled::value get_value(std::size_t index) const;
  void set_value(std::size_t index, value_view item) const;
  std::span<std::byte> slot(std::size_t index) const;
  std::span<std::byte> format(std::size_t index) const;
  std::byte& code(std::size_t index) const;

  shared_memory shm_;
  std::size_t data_ = 0;           // where the slots start
  std::vector<std::size_t> ends_;  // of the slots, from there
};

value_view to_value(const shareable_list& from, value_builder& b);
void from_value(value_view v, shareable_list& to);

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_SHAREABLE_LIST_HPP
