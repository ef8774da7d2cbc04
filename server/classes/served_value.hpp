// SPDX-License-Identifier: BSL-1.0

// What a function of the program has returned, where that is a value: the referent of a proxy
// without methods, whose text and copy are the value.

#ifndef PICKLED_SERVER_CLASSES_SERVED_VALUE_HPP
#define PICKLED_SERVER_CLASSES_SERVED_VALUE_HPP

#include "server/types/hosted.hpp"
#include "server/types/slots.hpp"

#include <functional>
#include <span>
#include <string>
#include <utility>

namespace pickled::inline v0::detail {

class served_value final : public hosted {
 public:
  explicit served_value(frozen value) noexcept : value_(std::move(value)) {}

  std::span<const method_entry> methods() const noexcept override { return {}; }
  std::string repr(std::size_t limit) const override { return repr_of(value_, limit); }
  void write_value(splicer& out) const override { out.frozen(value_); }
  std::size_t weight() const noexcept override { return value_.memory(); }
  void for_each_proxy(const std::function<void(const proxy_reference&)>& visit) const override {
    visit_proxies(std::span(&value_, 1), visit);
  }

 private:
  const frozen value_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_CLASSES_SERVED_VALUE_HPP
