// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/log_record.hpp"

#include "pickled/process/reduction.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/value/attribute.hpp"

#include <array>
#include <cmath>
#include <filesystem>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

constexpr global_name record_class{"logging", "LogRecord"};
constexpr std::size_t longest_message = 10'000;

std::string text_of(value_view v) {
  return v.is(kind::str) ? std::string(v.as_str()) : repr(v, longest_message);
}

// An attribute that may be missing or None.
template <class T>
void read(value_view state, std::string_view name, T& to) {
  const value_view found = item_of(state, name);
  if (found.is_none()) return;
  read_element(found, to, [&] { return attribute_step(name); });
}

}  // namespace

value_view to_value(const log_record& from, value_builder& b) {
  const std::filesystem::path path = from.pathname;
  const value_view message = to_value(from.message, b);
  const double milliseconds = std::floor((from.created - std::floor(from.created)) * 1000);
  const value_view none = value_view::none();
  const std::array state{
      dict_entry{b.str("name"), to_value(from.name, b)},
      dict_entry{b.str("msg"), message},
      dict_entry{b.str("args"), none},
      dict_entry{b.str("levelname"), to_value(from.levelname, b)},
      dict_entry{b.str("levelno"), value_view::integer(from.levelno)},
      dict_entry{b.str("pathname"), to_value(from.pathname, b)},
      dict_entry{b.str("filename"), to_value(path.filename().string(), b)},
      dict_entry{b.str("module"), to_value(path.stem().string(), b)},
      dict_entry{b.str("exc_info"), none},
      dict_entry{b.str("exc_text"), none},
      dict_entry{b.str("stack_info"), none},
      dict_entry{b.str("lineno"), value_view::integer(from.lineno)},
      dict_entry{b.str("funcName"), to_value(from.function, b)},
      dict_entry{b.str("created"), value_view::real(from.created)},
      dict_entry{b.str("msecs"), value_view::real(milliseconds)},
      dict_entry{b.str("relativeCreated"), value_view::real(0)},
      dict_entry{b.str("thread"), value_view::integer(from.thread)},
      dict_entry{b.str("threadName"), to_value(from.thread_name, b)},
      dict_entry{b.str("processName"), to_value(from.process_name, b)},
      dict_entry{b.str("process"), value_view::integer(from.process)},
      dict_entry{b.str("taskName"), none},
      dict_entry{b.str("message"), message},
  };
  return write_instance(record_class, b.dict(state), b);
}

void from_value(value_view v, log_record& to) {
  const value_view state = state_of(v, record_class);
  const value_view message = item_of(state, "message");
  to.message = text_of(message.is_none() ? item_of(state, "msg") : message);
  read(state, "name", to.name);
  read(state, "levelno", to.levelno);
  read(state, "levelname", to.levelname);
  read(state, "pathname", to.pathname);
  read(state, "lineno", to.lineno);
  read(state, "funcName", to.function);
  read(state, "created", to.created);
  read(state, "process", to.process);
  read(state, "processName", to.process_name);
  read(state, "thread", to.thread);
  read(state, "threadName", to.thread_name);
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
