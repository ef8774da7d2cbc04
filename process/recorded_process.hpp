// SPDX-License-Identifier: BSL-1.0

// Who has what, written down beside a semaphore in memory that processes share, so that others know
// what became free when one is dead:
//
//   /dev/shm/sem.mp-...  := sem_t, zeros up to byte 64, records
//   record of a process  := pid, 22 bits | note, 2 bits | start of that process, 40 bits

#ifndef PICKLED_PROCESS_RECORDED_PROCESS_HPP
#define PICKLED_PROCESS_RECORDED_PROCESS_HPP

#include "pickled/connection/socket.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/types.h>

namespace pickled::inline v0::detail {

// A process in one word, which is 0 for none.
struct recorded_process {
  pid_t pid = 0;
  unsigned note = 0;  // what it does, by who writes it down
  std::uint64_t start = 0;

  static recorded_process of(std::uint64_t word) noexcept;
  // This one, without a note; pid 0 where there is no /proc to tell by.
  static recorded_process self() noexcept;

  std::uint64_t word() const noexcept;
  // Whether it certainly is. A zombie is: it does nothing any more.
  bool is_dead() const noexcept;
};

// The file of a semaphore with a name; -1 where it cannot be opened.
descriptor open_semaphore(const std::string& name) noexcept;

// The memory behind a semaphore. Where it cannot be had, nothing is written down.
class semaphore_memory {
 public:
  // Of so many bytes.
  semaphore_memory(const std::string& semaphore, std::size_t size) noexcept;
  ~semaphore_memory();
  semaphore_memory(const semaphore_memory&) = delete;
  semaphore_memory& operator=(const semaphore_memory&) = delete;

  explicit operator bool() const noexcept { return at_ != nullptr; }
  // Zeros at first. Precondition: it is there.
  void* get() const noexcept { return at_ + place; }

 private:
  static constexpr std::size_t place = 64;  // beyond sem_t, on a cache line of its own

  char* at_ = nullptr;
  std::size_t size_;  // with what lies before
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROCESS_RECORDED_PROCESS_HPP
