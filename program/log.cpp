// SPDX-License-Identifier: BSL-1.0

#include "program/log.hpp"

#include "pickle/value/utf8.hpp"
#include "pickled/connection/socket.hpp"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace pickled::inline v0::detail {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t longest_line = 1000;           // bytes of text
constexpr std::size_t lines_waiting = 1024;          // to be written
constexpr std::size_t most_subjects = 1000;          // with an account each
constexpr std::chrono::milliseconds patience{1000};  // with somebody who does not read

// Writes to stderr and never blocks there for longer than `patience`.
class stderr_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  stderr_sink() {
    struct stat about {};
    if (::fstat(STDERR_FILENO, &about) != 0) return;
    socket_ = S_ISSOCK(about.st_mode);
    // A description of our own: others who share the pipe may want to block.
    if (S_ISFIFO(about.st_mode))
      pipe_ = descriptor(::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  }

  // From now on all lines together are waited for no longer than one.
  void end() noexcept { end_ = (steady_clock::now() + patience).time_since_epoch().count(); }
  // From whose queue it gets its lines. Not owned: its thread, which would end it here, would have
  // to wait for itself.
  void belong_to(spdlog::details::thread_pool& pool) noexcept { pool_ = &pool; }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::size_t all = pool_->overrun_counter();
    lost_ += all - std::exchange(overrun_, all);
    if (lost_ != 0 && write(fmt::format("({} lines are lost that nobody read)\n", lost_)))
      lost_ = 0;
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (lost_ != 0 || !write({line.data(), line.size()})) ++lost_;
  }
  void flush_() override {}

 private:
  bool write(std::string_view text) noexcept {
    const steady_clock::time_point end{steady_clock::duration(end_.load())};
    const auto deadline = std::min(end, steady_clock::now() + patience);
    while (!text.empty()) {
      if (!wait_for_room(deadline)) return false;
      const int file = pipe_ ? pipe_.get() : STDERR_FILENO;
      const ssize_t count = socket_ ? ::send(file, text.data(), text.size(), MSG_DONTWAIT)
                                    : ::write(file, text.data(), text.size());
      if (count >= 0)
        text.remove_prefix(static_cast<std::size_t>(count));
      else if (errno != EINTR && errno != EAGAIN)
        return true;  // there is nobody to tell
    }
    return true;
  }

  // Whoever was waited for in vain is not waited for again until he reads.
  bool wait_for_room(steady_clock::time_point deadline) noexcept {
    constexpr int step = 50;  // milliseconds
    pollfd ask{pipe_ ? pipe_.get() : STDERR_FILENO, POLLOUT, 0};
    int room = ::poll(&ask, 1, 0);
    while (room <= 0 && !stuck_ && steady_clock::now() < deadline)
      room = ::poll(&ask, 1, step);
    stuck_ = room <= 0;
    return !stuck_;
  }

  descriptor pipe_;
  bool socket_ = false;
  bool stuck_ = false;
  std::size_t lost_ = 0;
  std::size_t overrun_ = 0;  // of lost_, pushed out of the queue
  spdlog::details::thread_pool* pool_ = nullptr;
  std::atomic<steady_clock::rep> end_{steady_clock::time_point::max().time_since_epoch().count()};
};

// Hands every line on to the queue that there is room for in the budget.
class front_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit front_sink(std::shared_ptr<spdlog::logger> queue) : queue_(std::move(queue)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string line = one_line({message.payload.data(), message.payload.size()});
    const std::string_view subject = subject_of(line);
    if (!budget_.admits(subject, steady_clock::now())) return;
    if (const std::size_t left_out = budget_.left_out(subject); left_out != 0)
      queue_->log(message.level, "{}: {} more lines were left out", subject, left_out);
    queue_->log(message.time, message.source, message.level, line);
  }
  void flush_() override {}

 private:
  const std::shared_ptr<spdlog::logger> queue_;
  log_budget budget_;
};

bool is_control(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(at) < 0x20 || byte(at) == 0x7f) return true;
  // U+0080 to U+009F.
  const bool first = byte(at) == 0xc2 && at + 1 < text.size() && byte(at + 1) < 0xa0;
  const bool second = at > 0 && byte(at - 1) == 0xc2 && byte(at) < 0xa0 && byte(at) >= 0x80;
  return first || second;
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  const std::string_view shown = text.substr(0, longest_line);
  const bool is_text = is_utf8(text);
  for (std::size_t i = 0; i != shown.size(); ++i) {
    const bool foreign = !is_text && (static_cast<unsigned char>(shown[i]) & 0x80U) != 0;
    if (shown[i] == '\n')
      line += "\\n";
    else if (foreign || is_control(shown, i))
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(shown[i]));
    else
      line += shown[i];
  }
  if (shown.size() == text.size()) return line;
  // Not within a character.
  while (is_text && !is_utf8(line))
    line.pop_back();
  return line + fmt::format("… ({} bytes)", text.size());
}

std::string_view subject_of(std::string_view line) noexcept {
  return line.substr(0, line.find_first_of(":,"));
}

bool log_budget::has_room(const account& of, const rate& limit, time_point now) noexcept {
  return of.spent <= now + (limit.at_once - 1) * limit.interval;
}

void log_budget::spend(account& of, const rate& limit, time_point now) noexcept {
  of.spent = std::max(of.spent, now) + limit.interval;
}

bool log_budget::admits(std::string_view subject, time_point now) {
  account& of = account_of(subject, now);
  if (!has_room(of, of_subject, now) || !has_room(all_, of_all, now)) {
    ++of.left_out;
    return false;
  }
  spend(of, of_subject, now);
  spend(all_, of_all, now);
  return true;
}

std::size_t log_budget::left_out(std::string_view subject) {
  auto at = accounts_.find(subject);
  if (at == accounts_.end()) at = accounts_.find("");
  return at == accounts_.end() ? 0 : std::exchange(at->second.left_out, 0);
}

// Those for whom there is no account of their own share one.
log_budget::account& log_budget::account_of(std::string_view subject, time_point now) {
  if (const auto at = accounts_.find(subject); at != accounts_.end()) return at->second;
  if (accounts_.size() == most_subjects)
    std::erase_if(accounts_, [&](const auto& a) { return a.second.spent <= now; });
  if (accounts_.size() == most_subjects) return accounts_[""];
  return accounts_[std::string(subject)];
}

struct server_log::implementation {
  std::shared_ptr<spdlog::logger> before = spdlog::default_logger();
  std::shared_ptr<stderr_sink> output = std::make_shared<stderr_sink>();
  std::shared_ptr<spdlog::async_logger> queue;
  std::shared_ptr<spdlog::details::thread_pool> pool;  // ends first: it writes what is in the queue
};

server_log::server_log() : implementation_(std::make_unique<implementation>()) {
  auto& [before, output, queue, pool] = *implementation_;
  pool = std::make_shared<spdlog::details::thread_pool>(lines_waiting, 1);
  output->belong_to(*pool);
  queue = std::make_shared<spdlog::async_logger>("pickled", output, pool,
                                                 spdlog::async_overflow_policy::overrun_oldest);
  queue->set_level(spdlog::level::trace);  // the front decides
  const auto front =
      std::make_shared<spdlog::logger>("pickled", std::make_shared<front_sink>(queue));
  // A line that there is no memory for is lost. By default that is told on stderr, which may block.
  for (const auto& logger : {std::shared_ptr<spdlog::logger>(queue), front})
    logger->set_error_handler([](const std::string&) {});
  spdlog::set_default_logger(front);
}

server_log::~server_log() {
  spdlog::set_default_logger(implementation_->before);
  implementation_->output->end();
}

}  // namespace pickled::inline v0::detail
