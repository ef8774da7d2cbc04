// SPDX-License-Identifier: BSL-1.0

// multiprocessing.managers.Value: one value under a typecode that means nothing.

#ifndef PICKLED_SERVER_TYPES_VALUE_OBJECT_HPP
#define PICKLED_SERVER_TYPES_VALUE_OBJECT_HPP

#include "server/sync/holdings.hpp"
#include "server/types/arguments.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace pickled::inline v0::detail {

class value_object final : public hosted {
 public:
  value_object(frozen typecode, frozen value);

  // The methods, in the order in which CPython's proxy class names them.
  static std::span<const method_entry> table() noexcept;

  std::span<const method_entry> methods() const noexcept override { return table(); }
  std::string repr(std::size_t limit) const override;
  void write_value(splicer& out) const override;
  std::size_t weight() const noexcept override;
  void for_each_proxy(const std::function<void(const proxy_reference&)>& visit) const override;

 private:
  void get(call& c);
  void set(call& c);

  frozen current() const;

  const frozen typecode_;
  frozen value_;
  holdings held_;
};

// Value(typecode, value, lock=True); `lock` means nothing, as in CPython.
std::shared_ptr<hosted> make_value(arguments& args);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_VALUE_OBJECT_HPP
