// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/request.hpp"

#include "pickled/codec/pickler.hpp"

namespace pickled::inline v0::detail {

buffer make_request(std::string_view ident, std::string_view method, call_arguments& arguments) {
  value_builder& b = arguments.builder();
  const value_view parts[] = {ident.empty() ? value_view::none() : b.str(ident), b.str(method),
                              arguments.args(), arguments.kwds()};
  return dumps(b.tuple(parts));
}

}  // namespace pickled::inline v0::detail
