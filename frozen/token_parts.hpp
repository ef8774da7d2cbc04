// SPDX-License-Identifier: BSL-1.0

// Reads what multiprocessing.managers pickles for a proxy: the parts of its Token, and the names of
// its methods. What the address in a Token means, connection/ knows.

#ifndef PICKLED_FROZEN_TOKEN_PARTS_HPP
#define PICKLED_FROZEN_TOKEN_PARTS_HPP

#include "frozen/freezer.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pickled::inline v0::detail {

// nullopt for what is no Token. Older or foreign picklers may pass what its __init__ takes instead
// of a state.
std::optional<token_view> token_parts(value_view v);
// The methods in a tuple or list of their names; nullopt for anything else.
std::optional<std::vector<std::string>> exposed_names(value_view v);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_FROZEN_TOKEN_PARTS_HPP
