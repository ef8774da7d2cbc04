#include "tests/data.hpp"

namespace pickled {

std::string test_data(const std::string& file) {
  return PICKLED_TEST_DATA "/" + file;
}

}  // namespace pickled
