// SPDX-License-Identifier: BSL-1.0

// One request on its way out, built from C++ types: (ident, methodname, args, kwds).

#ifndef PICKLED_PROXY_REQUEST_HPP
#define PICKLED_PROXY_REQUEST_HPP

#include "pickled/convert/call_arguments.hpp"
#include "pickled/convert/convert.hpp"
#include "pickled/value/buffer.hpp"

#include <string_view>

PICKLED_BEGIN_NAMESPACE
namespace detail {

// The message. `ident` is empty for the functions of the server itself.
buffer make_request(std::string_view ident, std::string_view method, call_arguments& arguments);

template <class... Args>
buffer make_call(std::string_view ident, std::string_view method, const Args&... args) {
  call_arguments arguments;
  (arguments.add(args), ...);
  return make_request(ident, method, arguments);
}

}  // namespace detail
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_REQUEST_HPP
