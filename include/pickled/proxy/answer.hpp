// SPDX-License-Identifier: BSL-1.0

// What a reply of the server means to the caller: a value, or a C++ exception. Mirrors
// managers.convert_to_error.

#ifndef PICKLED_PROXY_ANSWER_HPP
#define PICKLED_PROXY_ANSWER_HPP

#include "pickled/python/python_error.hpp"
#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

#include <optional>

PICKLED_BEGIN_NAMESPACE

struct answer {
  value payload;
  bool is_proxy = false;               // #PROXY: the payload is (exposed, Token)
  std::optional<python_error> raised;  // #ERROR: what the referent raised, and no payload
};

// Of #RETURN, #PROXY and #ERROR. Throws remote_error for #TRACEBACK and #UNSERIALIZABLE,
// std::system_error for what is no reply at all.
answer read_answer(bytes_view message);

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_ANSWER_HPP
