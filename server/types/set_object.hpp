// SPDX-License-Identifier: BSL-1.0

// Python's set, as a manager hosts it (SyncManager has it since CPython 3.14).

#ifndef PICKLED_SERVER_TYPES_SET_OBJECT_HPP
#define PICKLED_SERVER_TYPES_SET_OBJECT_HPP

#include "frozen/key.hpp"
#include "server/sync/holdings.hpp"
#include "server/types/arguments.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"
#include "server/types/set_algebra.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

class set_object final : public hosted {
 public:
  explicit set_object(key_set keys);

  // The methods, in the order in which CPython's proxy class names them.
  static std::span<const method_entry> table() noexcept;

  std::span<const method_entry> methods() const noexcept override { return table(); }
  std::string repr(std::size_t limit) const override;
  void write_value(splicer& out) const override;
  std::size_t weight() const noexcept override;
  void for_each_proxy(const std::function<void(const proxy_reference&)>& visit) const override;
  std::optional<std::vector<frozen>> items() const override;

 private:
  // Makes a new set of this one and another; changes this one by another, under the mutex.
  using combination = key_set (*)(const key_set& self, const set_operand& other);
  // What is removed, with room for it that is made before.
  struct dropped_keys {
    std::vector<key> each;
    key_set whole;
  };
  using change = void (set_object::*)(const set_operand& other, dropped_keys& dropped);
  using relation = bool (*)(const key_set& self, const key_set& other);

  void and_with(call& c);
  void class_getitem(call& c);
  void contains(call& c);
  void iand(call& c);
  void ior(call& c);
  void isub(call& c);
  void iter(call& c);
  void ixor(call& c);
  void len(call& c);
  void or_with(call& c);
  void rand(call& c);
  void ror(call& c);
  void rsub(call& c);
  void rxor(call& c);
  void sub(call& c);
  void xor_with(call& c);
  void ge(call& c);
  void gt(call& c);
  void le(call& c);
  void lt(call& c);
  void add(call& c);
  void clear(call& c);
  void copy(call& c);
  void difference(call& c);
  void difference_update(call& c);
  void discard(call& c);
  void intersection(call& c);
  void intersection_update(call& c);
  void isdisjoint(call& c);
  void issubset(call& c);
  void issuperset(call& c);
  void pop(call& c);
  void remove(call& c);
  void symmetric_difference(call& c);
  void symmetric_difference_update(call& c);
  void union_with(call& c);
  void update(call& c);

  key_set snapshot() const;
  void operate(call& c, std::string_view name, combination combine);
  void operate_reflected(call& c, std::string_view name, combination combine);
  void operate_in_place(call& c, std::string_view name, change apply);
  void compare(call& c, std::string_view name, relation holds);
  void combine_all(call& c, std::string_view name, combination combine);
  void change_by_each(call& c, std::string_view name, change apply);

  // Under the mutex.
  void unite(const set_operand& other, dropped_keys& dropped);
  void subtract(const set_operand& other, dropped_keys& dropped);
  void intersect(const set_operand& other, dropped_keys& dropped);
  void toggle(const set_operand& other, dropped_keys& dropped);
  bool insert(key& k);  // takes it if it is new
  bool erase(const key& k, dropped_keys& dropped);
  void assign(key_set keys, dropped_keys& dropped);
  void took_out(const key& k) noexcept;  // counts that it is gone

  key_set keys_;
  holdings held_;
};

// set(), set(iterable).
std::shared_ptr<hosted> make_set(arguments& args);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_SET_OBJECT_HPP
