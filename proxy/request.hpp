// One request on its way out, built from C++ types: (ident, methodname, args, kwds).

#ifndef PICKLED_PROXY_REQUEST_HPP
#define PICKLED_PROXY_REQUEST_HPP

#include "convert/convert.hpp"
#include "pickle/value/arena.hpp"
#include "pickle/value/buffer.hpp"
#include "pickle/value/value.hpp"

#include <string_view>
#include <vector>

namespace pickled {

// A keyword argument: queue.call("put", 5, keyword{"block", false}).
template <class T>
struct keyword {
  std::string_view name;
  const T& argument;
};
template <class T>
keyword(std::string_view, const T&) -> keyword<T>;

class request {
 public:
  request() : builder_(arena_) {}

  template <class T>
  void add(const T& argument) {
    args_.push_back(to_value(argument, builder_));
  }
  template <class T>
  void add(const keyword<T>& k) {
    const value_view name = builder_.str(k.name);
    kwds_.push_back({name, to_value(k.argument, builder_)});
  }

  // The message. `ident` is empty for the functions of the server itself.
  buffer finish(std::string_view ident, std::string_view method);

 private:
  arena arena_;
  value_builder builder_;
  std::vector<value_view> args_;
  std::vector<dict_entry> kwds_;
};

template <class... Args>
buffer make_call(std::string_view ident, std::string_view method, const Args&... args) {
  request r;
  (r.add(args), ...);
  return r.finish(ident, method);
}

}  // namespace pickled

#endif  // PICKLED_PROXY_REQUEST_HPP
