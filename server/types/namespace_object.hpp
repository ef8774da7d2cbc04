// SPDX-License-Identifier: BSL-1.0

// multiprocessing.managers.Namespace: an object for attributes.

#ifndef PICKLED_SERVER_TYPES_NAMESPACE_OBJECT_HPP
#define PICKLED_SERVER_TYPES_NAMESPACE_OBJECT_HPP

#include "server/sync/holdings.hpp"
#include "server/types/arguments.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"
#include "server/types/ordered_table.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

class namespace_object final : public hosted {
 public:
  explicit namespace_object(std::vector<std::pair<std::string, frozen>> attributes);

  // The methods, in the order in which CPython's proxy class names them.
  static std::span<const method_entry> table() noexcept;

  std::span<const method_entry> methods() const noexcept override { return table(); }
  std::string repr(std::size_t limit) const override;
  void write_value(splicer& out) const override;
  std::size_t weight() const noexcept override;
  void for_each_proxy(const std::function<void(const proxy_reference&)>& visit) const override;

 private:
  void getattribute(call& c);
  void setattr(call& c);
  void delattr(call& c);

  using storage = ordered_table<frozen>;

  std::vector<frozen> names_and_values() const;
  static void write_state(std::span<const frozen> slots, splicer& out);
  // Under the mutex.
  std::vector<frozen> all_slots() const;
  bool write_class_attribute(std::string_view name, splicer& out) const;
  // The old value is then in `value`.
  void put(key& name, frozen& value);

  storage attributes_;
  holdings held_;
};

// Namespace(**attributes).
std::shared_ptr<hosted> make_namespace(arguments& args);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_NAMESPACE_OBJECT_HPP
