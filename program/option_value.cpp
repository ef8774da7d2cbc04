#include "program/option_value.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <system_error>

namespace pickled {

namespace {

constexpr double most_seconds = 1e6 * 24 * 3600;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

// By how many bits a unit shifts; negative where it is none.
int shift_of(std::string_view unit) {
  if (unit.empty() || unit == "b") return 0;
  constexpr std::string_view letters = "kmgt";
  const std::size_t at = letters.find(unit.front());
  if (at == std::string_view::npos) return -1;
  const std::string_view rest = unit.substr(1);
  if (!rest.empty() && rest != "b" && rest != "ib") return -1;
  return static_cast<int>(at + 1) * 10;
}

}  // namespace

bool read_flag(std::string_view text, bool& flag) noexcept {
  flag = text == "true";
  return flag || text == "false";
}

bool read_count(std::string_view text, std::uint64_t& count) noexcept {
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, count);
  return read.ec == std::errc() && read.ptr == end;
}

bool read_bytes(std::string_view text, std::uint64_t& bytes) noexcept {
  const std::size_t digits = text.find_first_not_of("0123456789");
  const int shift = digits == std::string_view::npos ? 0 : shift_of(lower(text.substr(digits)));
  std::uint64_t number = 0;
  if (shift < 0 || !read_count(text.substr(0, digits), number)) return false;
  if (number > std::numeric_limits<std::uint64_t>::max() >> shift) return false;
  bytes = number << shift;
  return true;
}

bool read_seconds(std::string_view text, std::chrono::milliseconds& time) noexcept {
  const char* const end = text.data() + text.size();
  double seconds = 0;
  const auto read = std::from_chars(text.data(), end, seconds);
  if (read.ec != std::errc() || read.ptr != end) return false;
  if (!(seconds >= 0 && seconds <= most_seconds)) return false;
  time = std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
  return true;
}

bool read_mode(std::string_view text, mode_t& mode) noexcept {
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, mode, 8);
  return read.ec == std::errc() && read.ptr == end && mode <= 0777;
}

bool read_holder_death(std::string_view text, holder_death& policy) noexcept {
  if (text == "default")
    policy = holder_death::by_default;
  else if (text == "keep")
    policy = holder_death::keep;
  else if (text == "release")
    policy = holder_death::release;
  else if (text == "poison")
    policy = holder_death::poison;
  else
    return false;
  return true;
}

}  // namespace pickled
