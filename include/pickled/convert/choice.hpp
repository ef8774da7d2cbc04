// SPDX-License-Identifier: BSL-1.0

// Conversions of std::optional (None where empty) and std::variant.
//
// A variant takes the first alternative whose own Python type the value has (bool, int, float,
// str), or else the first that can be read of it: variant<double, int> of 3 is the int.

#ifndef PICKLED_CONVERT_CHOICE_HPP
#define PICKLED_CONVERT_CHOICE_HPP

#include "pickled/convert/core.hpp"
#include "pickled/convert/scalar.hpp"

#include <concepts>
#include <optional>
#include <string>
#include <utility>
#include <variant>

PICKLED_BEGIN_NAMESPACE

template <class T>
value_view to_value(const std::optional<T>& from, value_builder& b) {
  return from ? to_value(*from, b) : value_view::none();
}
template <class T>
void from_value(value_view v, std::optional<T>& to) {
  if (v.is_none()) {
    to.reset();
    return;
  }
  T result{};
  from_value(v, result);
  to = std::move(result);
}

template <class... Ts>
value_view to_value(const std::variant<Ts...>& from, value_builder& b) {
  return std::visit([&](const auto& alternative) { return to_value(alternative, b); }, from);
}

namespace detail {

// False where the C++ type is known to be of another Python type.
template <class T>
bool is_own_kind(kind k) noexcept {
  if constexpr (std::same_as<T, bool>) {
    return k == kind::boolean;
  } else if constexpr (whole_number<T> || std::is_enum_v<T>) {
    return k != kind::boolean && k != kind::real;
  } else if constexpr (std::floating_point<T>) {
    return k != kind::boolean && k != kind::integer && k != kind::big_integer;
  } else {
    return true;
  }
}

// Gathers why no alternative took the value. An error from deeper inside tells more than those
// from the top, and is kept in their place.
class refusals {
 public:
  void add(const conversion_error& error) {
    if (error.path().size() > 1) {
      if (!deepest_ || deepest_->path().size() < error.path().size()) deepest_ = error;
    } else if (expected_.find(error.expected()) == std::string::npos) {
      expected_ += (expected_.empty() ? "" : " or ") + error.expected();
    }
  }
  [[noreturn]] void raise(value_view v) const {
    if (deepest_) throw *deepest_;
    throw conversion_error(expected_, v);
  }

 private:
  std::string expected_;
  std::optional<conversion_error> deepest_;
};

}  // namespace detail

template <class... Ts>
void from_value(value_view v, std::variant<Ts...>& to) {
  detail::refusals refused;
  const auto attempt = [&]<class T>(std::type_identity<T>, bool own_kind) {
    if (detail::is_own_kind<T>(v.kind()) != own_kind) return false;
    try {
      T alternative{};
      from_value(v, alternative);
      to = std::move(alternative);
      return true;
    } catch (const conversion_error& error) {
      refused.add(error);
      return false;
    }
  };
  if ((attempt(std::type_identity<Ts>(), true) || ...)) return;
  if ((attempt(std::type_identity<Ts>(), false) || ...)) return;
  refused.raise(v);
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_CHOICE_HPP
