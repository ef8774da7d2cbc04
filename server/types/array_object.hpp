// SPDX-License-Identifier: BSL-1.0

// array.array, as a manager hosts it.

#ifndef PICKLED_SERVER_TYPES_ARRAY_OBJECT_HPP
#define PICKLED_SERVER_TYPES_ARRAY_OBJECT_HPP

#include "frozen/memory_in_use.hpp"
#include "server/python/subscript.hpp"
#include "server/types/arguments.hpp"
#include "server/types/array_items.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

class array_object final : public hosted {
 public:
  // `content` holds whole items in native byte order.
  array_object(item_type type, std::vector<std::byte> content);

  // The methods, in the order in which CPython's proxy class names them.
  static std::span<const method_entry> table() noexcept;

  std::span<const method_entry> methods() const noexcept override { return table(); }
  std::string repr(std::size_t limit) const override;
  void write_value(splicer& out) const override;
  std::size_t weight() const noexcept override;
  std::optional<std::vector<frozen>> items() const override;

 private:
  void len(call& c);
  void getitem(call& c);
  void setitem(call& c);

  std::vector<std::byte> snapshot() const;
  void write(splicer& out, bytes_view content) const;
  std::vector<std::byte> array_argument(const frozen& argument) const;
  void set_slice(const subscript& where, const frozen& value);

  // Under the mutex.
  std::size_t size() const noexcept { return content_.size() / type_.size(); }
  std::byte* item(std::size_t place) noexcept { return content_.data() + place * type_.size(); }
  void assign(const subscript& where, bytes_view items);
  void replace(std::size_t at, std::size_t count, bytes_view items);
  void delete_places(const slice_range& places);
  void resized() noexcept;

  const item_type type_;
  std::vector<std::byte> content_;
  memory_share memory_;
  std::atomic<std::size_t> weight_{0};
};

// Array(typecode, sequence, lock=True); `lock` means nothing, as in CPython.
std::shared_ptr<hosted> make_array(arguments& args);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_ARRAY_OBJECT_HPP
