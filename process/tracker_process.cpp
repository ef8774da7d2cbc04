// SPDX-License-Identifier: BSL-1.0

#include "process/tracker_process.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pickled::inline v0::detail {

namespace {

using line_type = tracker_line::type;

line_type type_of(std::string_view text) noexcept {
  if (text == "semaphore") return line_type::semaphore;
  if (text == "shared_memory") return line_type::shared_memory;
  return line_type::other;
}

tracker_line::command command_of(std::string_view text) noexcept {
  if (text == "REGISTER") return tracker_line::command::add;
  if (text == "UNREGISTER") return tracker_line::command::remove;
  if (text == "PROBE") return tracker_line::command::probe;
  return tracker_line::command::invalid;
}

// The string after a key of a JSON object; none of those that are written here needs an escape.
std::string_view json_string(std::string_view object, std::string_view key) noexcept {
  const std::size_t at = object.find(key);
  if (at == std::string_view::npos) return {};
  const std::size_t start = object.find('"', object.find(':', at + key.size()));
  if (start == std::string_view::npos) return {};
  const std::size_t end = object.find('"', start + 1);
  if (end == std::string_view::npos) return {};
  return object.substr(start + 1, end - start - 1);
}

std::optional<unsigned> base64_digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0' + 52);
  if (c == '-' || c == '+') return 62;
  if (c == '_' || c == '/') return 63;
  return std::nullopt;
}

bool decode_name(std::string_view base64, tracker_line& to) noexcept {
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : base64) {
    if (c == '=') break;
    const auto digit = base64_digit(c);
    if (!digit) return false;
    bits = bits << 6 | *digit;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    if (to.name_size == to.name.size()) return false;
    to.name[to.name_size++] = static_cast<char>(bits >> count & 0xff);
  }
  return true;
}

tracker_line parse_json(std::string_view line) noexcept {
  tracker_line parsed;
  parsed.of = type_of(json_string(line, "\"rtype\""));
  if (decode_name(json_string(line, "\"base64_name\""), parsed))
    parsed.what = command_of(json_string(line, "\"cmd\""));
  return parsed;
}

// The tracker's process. It is forked off a process that may have threads, so nothing may be called
// here that takes a lock: no memory is allocated but by mmap, and nothing is thrown.
class tracker {
 public:
  void feed(std::string_view line) noexcept {
    const tracker_line parsed = parse_tracker_line(line);
    if (parsed.of == line_type::other || parsed.name_size == 0) return;
    entry* known = find(parsed);
    if (parsed.what == tracker_line::command::add && known == nullptr) {
      if (size_ != capacity_ || grow())
        entries_[size_++] = {parsed.of, parsed.name, parsed.name_size};
    } else if (parsed.what == tracker_line::command::remove && known != nullptr) {
      *known = entries_[--size_];
    }
  }

  void clean_up() noexcept {
    warn(line_type::semaphore, "semaphore");
    warn(line_type::shared_memory, "shared_memory");
    for (std::size_t i = 0; i != size_; ++i)
      remove(entries_[i]);
  }

 private:
  struct entry {
    line_type of;
    std::array<char, tracker_line::longest_name> name;
    std::size_t name_size;
  };

  entry* find(const tracker_line& line) noexcept {
    for (std::size_t i = 0; i != size_; ++i) {
      entry& each = entries_[i];
      if (each.of == line.of &&
          std::string_view(each.name.data(), each.name_size) == line.name_view())
        return &each;
    }
    return nullptr;
  }

  bool grow() noexcept {
    const std::size_t wanted = std::max<std::size_t>(64, capacity_ * 2);
    void* made =
        entries_ == nullptr
            ? ::mmap(nullptr, wanted * sizeof(entry), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            : ::mremap(entries_, capacity_ * sizeof(entry), wanted * sizeof(entry), MREMAP_MAYMOVE);
    if (made == MAP_FAILED) return false;
    entries_ = static_cast<entry*>(made);
    capacity_ = wanted;
    return true;
  }

  void warn(line_type of, std::string_view what) const noexcept {
    const auto leaked =
        std::count_if(entries_, entries_ + size_, [&](const entry& each) { return each.of == of; });
    if (leaked == 0) return;
    std::array<char, 24> number;
    const auto end = std::to_chars(number.data(), number.data() + number.size(), leaked).ptr;
    say("resource_tracker: There appear to be ");
    say({number.data(), static_cast<std::size_t>(end - number.data())});
    say(" leaked ");
    say(what);
    say(" objects to clean up at shutdown\n");
  }

  static void say(std::string_view text) noexcept {
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
  }

  // shm_unlink and sem_unlink, which may allocate.
  static void remove(const entry& each) noexcept {
    constexpr std::string_view directory = "/dev/shm/";
    constexpr std::string_view prefix = "sem.";
    std::array<char, directory.size() + prefix.size() + tracker_line::longest_name + 1> path{};
    std::string_view name(each.name.data(), each.name_size);
    while (name.starts_with('/'))
      name.remove_prefix(1);
    // Registered are names, not paths.
    if (name.empty() || name.find('/') != std::string_view::npos) return;
    char* end = std::copy(directory.begin(), directory.end(), path.data());
    if (each.of == line_type::semaphore) end = std::copy(prefix.begin(), prefix.end(), end);
    std::copy(name.begin(), name.end(), end);
    ::unlink(path.data());
  }

  entry* entries_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

[[noreturn]] void run_tracker(int pipe) noexcept {
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGTERM, SIG_IGN);
  // Only the pipe and stderr stay open: whatever else was inherited would seem to be in use.
  ::dup2(pipe, STDIN_FILENO);
  ::close(STDOUT_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0U, 0);

  tracker all;
  // Lines are written whole, and are short.
  std::array<char, 64 * 1024> text;
  std::size_t size = 0;
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    size += static_cast<std::size_t>(count);
    std::string_view rest(text.data(), size);
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      all.feed(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
    // No line of ours fills the room: what does is dropped.
    size = rest.size() == text.size() ? 0 : rest.size();
    std::copy(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size), text.data());
  }
  all.clean_up();
  ::_exit(0);
}

}  // namespace

tracker_line parse_tracker_line(std::string_view line) noexcept {
  if (line.starts_with('{')) return parse_json(line);
  tracker_line parsed;
  const std::size_t first = line.find(':');
  const std::size_t last = line.rfind(':');
  if (first == last) return parsed;
  const std::string_view name = line.substr(first + 1, last - first - 1);
  if (name.size() > parsed.name.size()) return parsed;
  std::copy(name.begin(), name.end(), parsed.name.begin());
  parsed.name_size = name.size();
  parsed.of = type_of(line.substr(last + 1));
  parsed.what = command_of(line.substr(0, first));
  return parsed;
}

descriptor start_tracker() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::system_error(last_error(), "cannot start a resource tracker");
  const descriptor reader(ends[0]);
  descriptor writer(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(last_error(), "cannot start a resource tracker");
  if (child == 0) {
    // The child of a child, so that whoever waits for any child of this process does not meet it.
    const pid_t tracker = ::fork();
    if (tracker == 0) run_tracker(reader.get());
    ::_exit(tracker < 0 ? errno : 0);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0)
    throw std::system_error(WEXITSTATUS(status), std::system_category(),
                            "cannot start a resource tracker");
  return writer;
}

}  // namespace pickled::inline v0::detail
