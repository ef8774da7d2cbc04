// Where the recorded data of the tests is.

#ifndef PICKLED_TESTS_DATA_HPP
#define PICKLED_TESTS_DATA_HPP

#include <string>

namespace pickled {

// The path of a file below tests/data.
std::string test_data(const std::string& file);

}  // namespace pickled

#endif  // PICKLED_TESTS_DATA_HPP
