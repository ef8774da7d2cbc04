// SPDX-License-Identifier: BSL-1.0

// Where the log of a server goes: to stderr, by a thread of its own, so that a reader who does not
// read holds up no request, and one line at a time, whatever peers call their classes.
//
//   spdlog::warn("{}: …", peer) ──▶ made one line, if the budget has room ──▶ queue ──▶ stderr
//
// A line begins with what it is about, up to the first colon or comma ("pid 42", "127.0.0.1"): of
// each such subject there are so many lines and no more, and of all together.

#ifndef PICKLED_PROGRAM_LOG_HPP
#define PICKLED_PROGRAM_LOG_HPP

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace pickled::inline v0::detail {

// The text with everything escaped that would end the line, or steer a terminal; of a long one the
// beginning.
std::string one_line(std::string_view text);

// What a line is about: its text up to the first colon or comma.
std::string_view subject_of(std::string_view line) noexcept;

// How many lines a log takes: of each subject ten at once, and then one in ten seconds; of all a
// thousand at once, and then fifty a second. Used by one thread at a time.
class log_budget {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  bool admits(std::string_view subject, time_point now);
  // How many lines of the subject were not admitted since this was asked last.
  std::size_t left_out(std::string_view subject);

 private:
  // A clock that each line sets forward: where it is too far ahead of the time, there is no room.
  struct account {
    time_point spent;
    std::size_t left_out = 0;
  };
  struct rate {
    std::size_t at_once;
    std::chrono::milliseconds interval;  // between two lines thereafter
  };
  static bool has_room(const account& of, const rate& limit, time_point now) noexcept;
  static void spend(account& of, const rate& limit, time_point now) noexcept;
  account& account_of(std::string_view subject, time_point now);

  static constexpr rate of_subject{10, std::chrono::seconds(10)};
  static constexpr rate of_all{1000, std::chrono::milliseconds(20)};

  std::map<std::string, account, std::less<>> accounts_;
  account all_;
};

// spdlog's default logger, as long as this lives. What nobody reads is dropped, and counted in the
// log once somebody reads again.
class server_log {
 public:
  server_log();
  server_log(const server_log&) = delete;
  server_log& operator=(const server_log&) = delete;
  // Writes what is left, and waits at most a second for a reader.
  ~server_log();

 private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROGRAM_LOG_HPP
