// SPDX-License-Identifier: BSL-1.0

// ast.literal_eval for what numpy writes: str, int, bool, None, tuples, lists and dicts of those.

#ifndef PICKLED_FILES_LITERAL_HPP
#define PICKLED_FILES_LITERAL_HPP

#include "pickled/value/value.hpp"

#include <optional>
#include <string_view>

namespace pickled::inline v0::detail {

// nullopt where the text, without blanks around it, is no such literal from beginning to end.
std::optional<value_view> parse_literal(std::string_view text, value_builder& build);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_FILES_LITERAL_HPP
