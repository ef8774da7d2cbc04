// SPDX-License-Identifier: BSL-1.0

// What a program of somebody else's does first: a value to a pickle, and back; and half of the
// pickle, so that an exception comes out of the library.

#include <pickled/pickle.hpp>
#include <pickled/version.hpp>

#include <string_view>
#include <vector>

int main() {
  const std::vector<int> numbers{1, 2, 3};
  const pickled::buffer pickle = pickled::dumps(numbers);
  const bool same = pickled::loads<std::vector<int>>(pickle) == numbers;
  try {
    static_cast<void>(pickled::loads(std::span(pickle.data(), pickle.size() / 2)));
    return 1;
  } catch (const pickled::unpickling_error&) {
  }
  return same && !std::string_view(PICKLED_VERSION_STRING).empty() ? 0 : 1;
}
