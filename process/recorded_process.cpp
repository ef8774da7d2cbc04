// SPDX-License-Identifier: BSL-1.0

#include "process/recorded_process.hpp"

#include "connection/fork_guard.hpp"
#include "connection/process_stat.hpp"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pickled::inline v0::detail {

namespace {

constexpr unsigned pid_bits = 22;  // of the largest that Linux gives
constexpr unsigned start_place = 24;
constexpr unsigned note_mask = (1U << (start_place - pid_bits)) - 1;

// Of its start as many bits as a record has.
std::uint64_t recorded_start(const process_stat& about) noexcept {
  return about.start_time & ((std::uint64_t{1} << (64 - start_place)) - 1);
}

}  // namespace

recorded_process recorded_process::of(std::uint64_t word) noexcept {
  return {static_cast<pid_t>(word & ((1U << pid_bits) - 1)),
          static_cast<unsigned>(word >> pid_bits) & note_mask, word >> start_place};
}

std::uint64_t recorded_process::word() const noexcept {
  return start << start_place | std::uint64_t{note} << pid_bits | static_cast<std::uint64_t>(pid);
}

recorded_process recorded_process::self() noexcept {
  static std::atomic<std::uint64_t> known = 0;
  static std::atomic<unsigned> known_in = 0;  // a child of fork is another
  const unsigned generation = fork_generation();
  if (known_in == generation && known != 0) return of(known);
  const auto found = process_stat_of(::getpid());
  if (!found) return {};
  const recorded_process self{::getpid(), 0, recorded_start(*found)};
  known = self.word();
  known_in = generation;
  return self;
}

bool recorded_process::is_dead() const noexcept {
  errno = 0;
  const auto found = process_stat_of(pid);
  if (!found) return errno == ENOENT || errno == ESRCH;
  // Where a zombie has other threads, only its first one has ended.
  const bool ended = found->state == 'Z' || found->state == 'X';
  return recorded_start(*found) != start || (ended && found->threads <= 1);
}

descriptor open_semaphore(const std::string& name) noexcept {
  return descriptor(::shm_open(("/sem." + name.substr(1)).c_str(), O_RDWR | O_CLOEXEC, 0));
}

semaphore_memory::semaphore_memory(const std::string& semaphore, std::size_t size) noexcept
    : size_(place + size) {
  static_assert(sizeof(::sem_t) <= place);
  if (recorded_process::self().pid == 0) return;
  const descriptor file = open_semaphore(semaphore);
  struct stat about {};
  if (!file || ::fstat(file.get(), &about) != 0) return;
  if (static_cast<std::size_t>(about.st_size) < size_ &&
      ::ftruncate(file.get(), static_cast<off_t>(size_)) != 0)
    return;
  void* const at = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (at != MAP_FAILED) at_ = static_cast<char*>(at);
}

semaphore_memory::~semaphore_memory() {
  if (at_ != nullptr) ::munmap(at_, size_);
}

}  // namespace pickled::inline v0::detail
