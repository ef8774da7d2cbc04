// SPDX-License-Identifier: BSL-1.0

// Python's exceptions on the wire: as BaseException.__reduce__ pickles them, with the text of a
// remote traceback where there is one, as multiprocessing.pool wraps them.
//
//   exception := class(*args) [with state dict]
//              | multiprocessing.pool.rebuild_exc(exception, str traceback)

#ifndef PICKLED_CONNECTION_EXCEPTION_HPP
#define PICKLED_CONNECTION_EXCEPTION_HPP

#include "pickled/frozen/splicer.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/value/value.hpp"

#include <optional>
#include <string_view>

namespace pickled::inline v0::detail {

// With `traceback` the client sees the exception with `__cause__ = RemoteTraceback(traceback)`, in
// every CPython from 3.8 on.
void write_exception(const python_error& error, splicer& out,
                     std::optional<std::string_view> traceback = std::nullopt);

// The exception in a value; its parts are parts of the value.
struct exception_view {
  global_name type;
  value_view args;   // a tuple
  value_view state;  // a dict: attributes, __notes__; or None
  std::string_view traceback;
};

// nullopt for an instance that is made in another way than by calling a class.
std::optional<exception_view> read_exception(value_view v);

// The same to be thrown; its text is str() of the exception.
python_error to_python_error(const exception_view& exception);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_CONNECTION_EXCEPTION_HPP
