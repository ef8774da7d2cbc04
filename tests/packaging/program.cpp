// SPDX-License-Identifier: BSL-1.0

// What a program of somebody else's does first: a value to a pickle, and back.

#include <pickled/pickle.hpp>
#include <pickled/version.hpp>

#include <string_view>
#include <vector>

int main() {
  const std::vector<int> numbers{1, 2, 3};
  const pickled::buffer pickle = pickled::dumps(numbers);
  const bool same = pickled::loads<std::vector<int>>(pickle) == numbers;
  return same && !std::string_view(PICKLED_VERSION_STRING).empty() ? 0 : 1;
}
