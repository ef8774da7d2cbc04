// SPDX-License-Identifier: BSL-1.0

// An iterator that a manager hosts: what iter() of a dict gives where it is not sent as a snapshot.

#ifndef PICKLED_SERVER_TYPES_ITERATOR_OBJECT_HPP
#define PICKLED_SERVER_TYPES_ITERATOR_OBJECT_HPP

#include "server/sync/holdings.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pickled::inline v0::detail {

class dict_object;

class iterator_object final : public hosted {
 public:
  // Over `keys`, those of `source` as it is now; it fails once the size of `source` has changed.
  iterator_object(std::shared_ptr<const dict_object> source, std::vector<frozen> keys);

  // The methods, in the order in which CPython's proxy class names them.
  static std::span<const method_entry> table() noexcept;

  std::span<const method_entry> methods() const noexcept override { return table(); }
  std::string repr(std::size_t limit) const override;
  void write_value(splicer& out) const override;
  std::size_t weight() const noexcept override;
  void for_each_proxy(const std::function<void(const proxy_reference&)>& visit) const override;
  std::optional<std::vector<frozen>> items() const override;

 private:
  // The last two are final, as in CPython.
  enum class state : std::uint8_t { running, exhausted, failed };

  void next(call& c);

  std::vector<frozen> left() const;

  const std::shared_ptr<const dict_object> source_;
  const std::vector<frozen> keys_;
  holdings held_;
  std::size_t next_ = 0;
  state state_ = state::running;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_ITERATOR_OBJECT_HPP
