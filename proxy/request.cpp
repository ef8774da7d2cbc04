#include "proxy/request.hpp"

#include "pickle/codec/pickler.hpp"

namespace pickled {

buffer request::finish(std::string_view ident, std::string_view method) {
  const value_view name = builder_.str(method);
  const value_view parts[] = {ident.empty() ? value_view::none() : builder_.str(ident), name,
                              builder_.tuple(args_), builder_.dict(kwds_)};
  return dumps(builder_.tuple(parts));
}

}  // namespace pickled
