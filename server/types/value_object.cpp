// SPDX-License-Identifier: BSL-1.0

#include "server/types/value_object.hpp"

#include "server/registry.hpp"
#include "server/types/slots.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

value_object::value_object(frozen typecode, frozen value)
    : typecode_(std::move(typecode)), value_(std::move(value)) {
  held_.add(typecode_);
  held_.add(value_);
}

std::span<const method_entry> value_object::table() noexcept {
  static constexpr method_entry methods[] = {
      {"get", method<&value_object::get>, needs::little},
      {"set", method<&value_object::set>, needs::memory},
  };
  return methods;
}

std::string value_object::repr(std::size_t limit) const {
  return fmt::format("Value({}, {})", repr_of(typecode_, limit), repr_of(current(), limit));
}

void value_object::write_value(splicer& out) const {
  out.global("multiprocessing.managers", "Value").begin_tuple().end_tuple().newobj();
  out.begin_dict();
  out.str("_typecode").frozen(typecode_);
  out.str("_value").frozen(current());
  out.end_dict().build();
}

std::size_t value_object::weight() const noexcept {
  return held_.bytes();
}

void value_object::for_each_proxy(const std::function<void(const proxy_reference&)>& visit) const {
  const std::array<frozen, 2> slots{typecode_, current()};
  visit_proxies(slots, visit);
}

frozen value_object::current() const {
  return step([this] { return value_; });
}

void value_object::get(call& c) {
  c.args.bind("Value.get", std::array<std::string_view, 0>(), 0);
  c.reply.frozen(value_);
}

void value_object::set(call& c) {
  const auto [value] = c.args.bind("Value.set", std::array<std::string_view, 1>{"value"}, 1);
  held_.remove(value_);
  std::swap(value_, *value);
  held_.add(value_);
  changed();
}

std::shared_ptr<hosted> make_value(arguments& args) {
  const auto [typecode, value, lock] =
      args.bind("Value.__init__", std::array<std::string_view, 3>{"typecode", "value", "lock"}, 2);
  return std::make_shared<value_object>(std::move(*typecode), std::move(*value));
}

void host_value(registry& types, iterators) {
  types.host<value_object>("Value", make_value, "ValueProxy",
                           {{"multiprocessing.managers", "Value"}});
}

}  // namespace pickled::inline v0::detail
