// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/logging.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <errno.h>
#include <exception>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

struct named_level {
  spdlog::level::level_enum level;
  int number;
  std::string_view name;
};

// From the highest down.
constexpr named_level levels[] = {
    {spdlog::level::critical, 50, "CRITICAL"}, {spdlog::level::err, 40, "ERROR"},
    {spdlog::level::warn, 30, "WARNING"},      {spdlog::level::info, 20, "INFO"},
    {spdlog::level::debug, 10, "DEBUG"},       {spdlog::level::trace, 5, "Level 5"},
};

// Of a level between two the lower.
spdlog::level::level_enum level_of(int number) noexcept {
  for (const named_level& each : levels)
    if (number >= each.number) return each.level;
  return spdlog::level::trace;
}

}  // namespace

queue_listener::queue_listener(queue from, std::vector<spdlog::sink_ptr> sinks)
    : from_(std::move(from)), sinks_(std::move(sinks)), thread_([this] { run(); }) {}

queue_listener::~queue_listener() {
  stop();
}

void queue_listener::stop() {
  if (!thread_.joinable()) return;
  from_.put(nullptr);
  thread_.join();
}

void queue_listener::run() {
  for (;;) {
    try {
      const pickled::value item = from_.get();
      if (item->is_none()) return;
      handle(item.get<log_record>());
    } catch (const std::system_error& error) {
      // The queue is of no more use.
      spdlog::error("no more log records: {}", error.what());
      return;
    } catch (const std::exception& error) {
      spdlog::error("a log record is lost: {}", error.what());
    }
  }
}

void queue_listener::handle(const log_record& record) {
  using clock = spdlog::log_clock;
  const auto since = std::chrono::duration<double>(record.created);
  const clock::time_point created(std::chrono::duration_cast<clock::duration>(since));
  const spdlog::source_loc where(record.pathname.c_str(), record.lineno, record.function.c_str());
  spdlog::details::log_msg message(created, where, record.name, level_of(record.levelno),
                                   record.message);
  message.thread_id = static_cast<std::size_t>(record.thread);
  for (const spdlog::sink_ptr& sink : sinks_)
    if (sink->should_log(message.level)) sink->log(message);
}

log_record to_log_record(const spdlog::details::log_msg& message) {
  const auto text = [](spdlog::string_view_t v) { return std::string(v.data(), v.size()); };
  log_record record;
  record.name = message.logger_name.size() == 0 ? "root" : text(message.logger_name);
  record.message = text(message.payload);
  for (const named_level& each : levels) {
    if (each.level != message.level) continue;
    record.levelno = each.number;
    record.levelname = each.name;
  }
  if (!message.source.empty()) {
    record.pathname = message.source.filename;
    record.lineno = message.source.line;
    if (message.source.funcname != nullptr) record.function = message.source.funcname;
  }
  record.created = std::chrono::duration<double>(message.time.time_since_epoch()).count();
  record.process = ::getpid();
  record.process_name = program_invocation_short_name;
  record.thread = static_cast<std::int64_t>(message.thread_id);
  record.thread_name = "Thread-" + std::to_string(message.thread_id);
  return record;
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
