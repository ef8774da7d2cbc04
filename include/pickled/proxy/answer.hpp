// SPDX-License-Identifier: BSL-1.0

// What a reply of the server means to the caller: a value, or a C++ exception. Mirrors
// managers.convert_to_error.

#ifndef PICKLED_PROXY_ANSWER_HPP
#define PICKLED_PROXY_ANSWER_HPP

#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

namespace pickled {

struct answer {
  value payload;
  bool is_proxy = false;  // #PROXY: the payload is (exposed, Token)
};

// Of #RETURN and #PROXY. Throws python_error for #ERROR, remote_error for #TRACEBACK and
// #UNSERIALIZABLE, std::system_error for what is no reply at all.
answer read_answer(bytes_view message);

}  // namespace pickled

#endif  // PICKLED_PROXY_ANSWER_HPP
