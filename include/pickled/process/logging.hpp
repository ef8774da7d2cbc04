// SPDX-License-Identifier: BSL-1.0

// Python's logging through a queue, at either end: logging.handlers.QueueListener into spdlog's
// sinks, and a sink for spdlog that is a QueueHandler to Python.
//
//   pickled::multiprocessing::queue_listener listener(queue, spdlog::default_logger()->sinks());
//
//   spdlog::logger logger("worker", std::make_shared<queue_sink_mt>(queue));

#ifndef PICKLED_PROCESS_LOGGING_HPP
#define PICKLED_PROCESS_LOGGING_HPP

#include "pickled/process/log_record.hpp"
#include "pickled/process/queues.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <mutex>
#include <thread>
#include <vector>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

// Takes records from the queue until stop(), and hands each to every sink that wants its level. A
// sink that throws, and what is no record, is told to spdlog's error handler of the default logger
// and left.
class queue_listener {
 public:
  queue_listener(queue from, std::vector<spdlog::sink_ptr> sinks);
  queue_listener(const queue_listener&) = delete;
  queue_listener& operator=(const queue_listener&) = delete;
  ~queue_listener();

  // Everything that was put before is handled. Mirrors QueueListener.stop, which puts a None.
  void stop();

 private:
  void run();
  void handle(const log_record& record);

  queue from_;
  std::vector<spdlog::sink_ptr> sinks_;
  std::thread thread_;
};

log_record to_log_record(const spdlog::details::log_msg& message);

// Puts a LogRecord for each message. Python's levels: trace is 5, debug 10, ... critical 50.
template <class Mutex>
class queue_sink : public spdlog::sinks::base_sink<Mutex> {
 public:
  explicit queue_sink(queue to) : to_(std::move(to)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    to_.put(to_log_record(message));
  }
  void flush_() override {}

  queue to_;
};
using queue_sink_mt = queue_sink<std::mutex>;
using queue_sink_st = queue_sink<spdlog::details::null_mutex>;

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_LOGGING_HPP
