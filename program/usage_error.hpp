// A mistake of whoever starts the program, on the command line or in a configuration file: told in
// one line on stderr, with exit code 2.

#ifndef PICKLED_PROGRAM_USAGE_ERROR_HPP
#define PICKLED_PROGRAM_USAGE_ERROR_HPP

#include <stdexcept>

namespace pickled {

// what() says where the mistake is and what was expected.
class usage_error : public std::runtime_error {
 public:
  using runtime_error::runtime_error;
};

}  // namespace pickled

#endif  // PICKLED_PROGRAM_USAGE_ERROR_HPP
