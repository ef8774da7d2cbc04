// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/queue_lock.hpp"

#include "connection/fork_guard.hpp"
#include "connection/process_stat.hpp"
#include "pickled/connection/socket.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <new>
#include <optional>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

constexpr std::size_t record_place = 64;  // beyond sem_t, on a cache line of its own
constexpr std::size_t file_size = 128;
constexpr std::chrono::milliseconds between_looks{100};

// Who has the lock, in one word: 0 where nobody that writes it down.
struct holder {
  pid_t pid;
  queue_lock::phase phase;
  std::uint64_t start;

  static constexpr unsigned pid_bits = 22;  // of the largest that Linux gives
  static constexpr unsigned start_place = 24;

  static holder of(std::uint64_t word) noexcept {
    return {static_cast<pid_t>(word & ((1U << pid_bits) - 1)),
            static_cast<queue_lock::phase>(word >> pid_bits & 3), word >> start_place};
  }
  std::uint64_t word() const noexcept {
    return start << start_place | static_cast<std::uint64_t>(phase) << pid_bits |
           static_cast<std::uint64_t>(pid);
  }
};

// Nothing, with errno, where it cannot be read. Of its start as many bits as a record has.
std::optional<detail::process_stat> stat_of(pid_t pid) noexcept {
  std::array<char, 32> path{};
  fmt::format_to_n(path.data(), path.size() - 1, "/proc/{}/stat", pid);
  const descriptor file(::open(path.data(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  auto found = detail::read_process_stat(file.get());
  if (found) found->start_time &= (std::uint64_t{1} << (64 - holder::start_place)) - 1;
  return found;
}

// Only what is certain to be dead is. A zombie is: it does nothing any more. But where it has other
// threads, only its first one has ended.
bool is_dead(const holder& who) noexcept {
  errno = 0;
  const auto found = stat_of(who.pid);
  if (!found) return errno == ENOENT || errno == ESRCH;
  const bool ended = found->state == 'Z' || found->state == 'X';
  return found->start_time != who.start || (ended && found->threads <= 1);
}

descriptor open_semaphore(const std::string& name) noexcept {
  return descriptor(::shm_open(("/sem." + name.substr(1)).c_str(), O_RDWR | O_CLOEXEC, 0));
}

// This process as a holder; pid 0 where there is no /proc to tell by.
holder this_process() noexcept {
  static std::atomic<std::uint64_t> known = 0;
  static std::atomic<unsigned> known_in = 0;  // a child of fork is another
  const unsigned generation = detail::fork_generation();
  if (known_in == generation && known != 0) return holder::of(known);
  const auto found = stat_of(::getpid());
  if (!found) return {};
  const holder self{::getpid(), queue_lock::phase::between, found->start_time};
  known = self.word();
  known_in = generation;
  return self;
}

[[noreturn]] void throw_owner_dead(pid_t pid) {
  throw std::system_error(make_error_code(std::errc::owner_dead),
                          fmt::format("process {} died amid a message of this queue", pid));
}

}  // namespace

// The word beside the semaphore. Where it cannot be had, nothing is written down.
class queue_lock::record {
 public:
  explicit record(const std::string& semaphore) noexcept {
    if (this_process().pid == 0) return;
    const descriptor file = open_semaphore(semaphore);
    struct stat about {};
    if (!file || ::fstat(file.get(), &about) != 0) return;
    if (static_cast<std::size_t>(about.st_size) < file_size &&
        ::ftruncate(file.get(), file_size) != 0)
      return;
    void* const at = ::mmap(nullptr, file_size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (at != MAP_FAILED) memory_ = static_cast<char*>(at);
  }
  ~record() {
    if (memory_ != nullptr) ::munmap(memory_, file_size);
  }
  record(const record&) = delete;
  record& operator=(const record&) = delete;

  explicit operator bool() const noexcept { return memory_ != nullptr; }
  // Of processes that have the same file mapped: it is free of locks.
  std::atomic<std::uint64_t>& word() const noexcept {
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
    return *std::launder(reinterpret_cast<std::atomic<std::uint64_t>*>(memory_ + record_place));
  }

 private:
  char* memory_ = nullptr;
};

queue_lock::queue_lock(sem_lock of)
    : lock_(std::move(of)), record_(std::make_shared<record>(lock_.name())) {}

void queue_lock::enter(phase next) const noexcept {
  if (!*record_) return;
  holder self = this_process();
  self.phase = next;
  record_->word() = self.word();
}

descriptor queue_lock::open_file() const noexcept {
  return open_semaphore(lock_.name());
}

void queue_lock::check_holder() const {
  if (!*record_) return;
  const holder other = holder::of(record_->word());
  if (other.phase == phase::amid && is_dead(other)) throw_owner_dead(other.pid);
}

bool queue_lock::try_acquire() const {
  if (!lock_.try_acquire()) return false;
  enter(phase::between);
  return true;
}

bool queue_lock::acquire_until(const deadline& until, const std::function<bool()>& is_whole) const {
  if (try_acquire()) return true;
  for (;;) {
    const auto look = std::chrono::steady_clock::now() + between_looks;
    if (lock_.acquire_until(until && *until < look ? *until : look)) break;
    if (*record_) {
      std::uint64_t word = record_->word();
      const holder other = holder::of(word);
      if (word != 0 && is_dead(other)) {
        if (other.phase == phase::amid ||
            (other.phase == phase::small && !(is_whole && is_whole())))
          throw_owner_dead(other.pid);
        if (record_->word().compare_exchange_strong(word, this_process().word())) {
          lock_.adopt();
          return true;
        }
      }
    }
    if (until && std::chrono::steady_clock::now() >= *until) return false;
  }
  enter(phase::between);
  return true;
}

void queue_lock::unlock() const {
  if (*record_) record_->word() = 0;
  lock_.release();
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
