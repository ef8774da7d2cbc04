// SPDX-License-Identifier: BSL-1.0

// The value of a frozen leaf without thawing it: no arena, no copy.

#ifndef PICKLED_SERVER_PYTHON_LEAF_HPP
#define PICKLED_SERVER_PYTHON_LEAF_HPP

#include "pickled/frozen/frozen.hpp"
#include "pickled/value/value.hpp"

#include <optional>

namespace pickled::inline v0::detail {

// None, bool, an int of up to 64 bits, float, str, bytes. The view holds as long as `f` stays where
// it is; nullopt for everything else.
inline std::optional<value_view> leaf_view(const frozen& f) noexcept {
  switch (f.kind()) {
    case kind::none: return value_view::none();
    case kind::boolean: return value_view::boolean(*f.as_bool());
    case kind::integer: return value_view::integer(*f.as_integer());
    case kind::real: return value_view::real(*f.as_real());
    case kind::str: {
      const auto text = f.as_str();
      if (!text) return std::nullopt;
      return value_view::characters(kind::str, text->data(), text->size());
    }
    case kind::bytes: {
      const auto content = f.as_bytes();
      if (!content) return std::nullopt;
      return value_view::characters(kind::bytes, content->data(), content->size());
    }
    default: return std::nullopt;
  }
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_PYTHON_LEAF_HPP
