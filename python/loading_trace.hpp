// SPDX-License-Identifier: BSL-1.0

// What Python would import and call if it loaded a pickle, in order, with offsets. A pickle is
// followed as the unpickler of CPython follows it, stack, marks and memo included, but of values
// only that is known which matters: what is a text, what is a name, and what was made by which
// name.

#ifndef PICKLED_PYTHON_LOADING_TRACE_HPP
#define PICKLED_PYTHON_LOADING_TRACE_HPP

#include "pickled/value/buffer.hpp"
#include "pickled/value/error.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace pickled::inline v0::detail {

struct loading_step {
  enum class event : std::uint8_t {
    import,            // of module.name
    import_unknown,    // of a name that is the result of something
    import_extension,  // of what copyreg's registry has under `code`
    call,              // of module.name
    call_unknown,      // of the result of something
    change_class,      // a BUILD, which sets attributes, of module.name itself
  };
  event event;
  std::size_t offset;  // of the opcode
  std::string module;
  std::string name;
  std::int64_t code = 0;
};

struct trace_options {
  std::function<void(const loading_step&)> on_step;
  // Asked after a BUILD of an instance of module.name, at the offset behind it: how many bytes that
  // are no opcodes follow in the stream, which the loader of such classes takes. May throw.
  std::function<std::size_t(const std::string& full_name, std::size_t offset)> bytes_after_build;
};

struct traced {
  load_error error;
  std::size_t consumed = 0;
  std::size_t instructions = 0;  // that were followed
};

// Follows the first pickle in `input`. At an error, which is one of CPython's too or a name of
// bytes that are no text, all that comes before it was told: Python would have done it.
traced trace_loading(bytes_view input, const trace_options& options);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_LOADING_TRACE_HPP
