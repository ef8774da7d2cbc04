// SPDX-License-Identifier: BSL-1.0

// A record of Python's logging, as logging.handlers.QueueHandler puts it into a queue: a
// logging.LogRecord whose message is finished.

#ifndef PICKLED_PROCESS_LOG_RECORD_HPP
#define PICKLED_PROCESS_LOG_RECORD_HPP

#include "pickled/convert/convert.hpp"

#include <cstdint>
#include <string>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

struct log_record {
  std::string name = "root";  // of the logger
  std::string message;        // with the traceback, where there is one
  int levelno = 20;           // logging.INFO
  std::string levelname = "INFO";
  std::string pathname;
  int lineno = 0;
  std::string function;
  double created = 0;  // seconds since the epoch
  std::int64_t process = 0;
  std::string process_name;
  std::int64_t thread = 0;
  std::string thread_name;
};

// Every attribute that a handler or formatter of Python's asks for.
value_view to_value(const log_record& from, value_builder& b);
// Also of a record that was not prepared, whose message is its format; what it lacks stays as it
// is. Throws conversion_error for what is no LogRecord.
void from_value(value_view v, log_record& to);

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_LOG_RECORD_HPP
