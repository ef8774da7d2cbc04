// SPDX-License-Identifier: BSL-1.0

// What the server says when it could not make sense of a request (`#TRACEBACK`: no such object,
// method or typeid) or could not send what the method returned (`#UNSERIALIZABLE`). Mirrors
// multiprocessing.managers.RemoteError.

#ifndef PICKLED_PROXY_REMOTE_ERROR_HPP
#define PICKLED_PROXY_REMOTE_ERROR_HPP

#include <stdexcept>

namespace pickled {

// what() is the server's text: with CPython's server the traceback.
class remote_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace pickled

#endif  // PICKLED_PROXY_REMOTE_ERROR_HPP
