// SPDX-License-Identifier: BSL-1.0

#include "process/queue_reader.hpp"

#include "pickled/codec/stream.hpp"
#include "pickled/connection/connection_errc.hpp"
#include "pickled/connection/socket.hpp"

#include <climits>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <mutex>
#include <system_error>
#include <unistd.h>

namespace pickled::inline v0::detail {

namespace {

constexpr std::chrono::milliseconds between_glances{500};  // at a writer, while nothing comes
constexpr std::chrono::milliseconds between_calls{100};    // while the rest of a message is to come

// Whether a message of a queue begins here, which is a pickle behind its size: the first byte of
// either tells. What is not there yet is one.
bool is_whole(const multiprocessing::connection& from) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    throw std::system_error(last_error(), "cannot look into a queue");
  const descriptor out(ends[0]);
  const descriptor in(ends[1]);
  const ssize_t count = ::tee(from.fileno(), in.get(), 1, SPLICE_F_NONBLOCK);
  if (count < 0 && errno != EAGAIN)
    throw std::system_error(last_error(), "cannot look into a queue");
  if (count <= 0) return true;
  std::byte first{};
  constexpr std::byte proto{0x80}, long_size{0xff};
  return ::read(out.get(), &first, 1) == 1 && (first < proto || first == long_size);
}

// A message whose size was read by who died: a pickle tells its end. `waits` is called as by
// try_recv_bytes.
buffer recv_without_size(const multiprocessing::connection& from,
                         const std::function<void()>& waits) {
  buffer message;
  pickle_splitter splitter;
  while (!splitter.done()) {
    while (!from.poll(between_calls))
      waits();
    const auto room =
        static_cast<std::size_t>(std::min<std::uint64_t>(splitter.wanted(), PIPE_BUF));
    const ssize_t count = ::read(from.fileno(), message.prepare(room), room);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw std::system_error(last_error(), "cannot receive a message");
    if (count == 0) throw std::system_error(connection_errc::truncated);
    message.commit(static_cast<std::size_t>(count));
    splitter.feed(message.view().last(static_cast<std::size_t>(count)));
  }
  return message;
}

// Of the processes that wait for a message one is let through, which the message wakes, and no
// other. The system ends the turn of a process that dies. Where there is no such file all are let
// through.
class turn {
 public:
  explicit turn(const descriptor& file) noexcept : file_(file.get()) { set(F_WRLCK); }
  ~turn() { set(F_UNLCK); }
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;

 private:
  void set(short type) const noexcept {
    struct flock all {};
    all.l_type = type;
    all.l_whence = SEEK_SET;
    while (::fcntl(file_, F_OFD_SETLKW, &all) != 0 && errno == EINTR) {
    }
  }

  int file_;
};

}  // namespace

queue_reader::queue_reader(multiprocessing::connection from, multiprocessing::queue_lock lock,
                           multiprocessing::queue_lock writers) noexcept
    : from_(std::move(from)),
      lock_(std::move(lock)),
      writers_(std::move(writers)),
      turns_(lock_.open_file()) {}

bool queue_reader::wait_for_message(const multiprocessing::deadline& until,
                                    const std::function<void()>& glances) const {
  for (;;) {
    const auto look = std::chrono::steady_clock::now() + between_glances;
    if (from_.poll_until(until && *until < look ? *until : look)) return true;
    // Only where nothing comes: a message tells that all is well, and is mostly there by now.
    writers_.check_holder();
    // A process of CPython's, which waits for the lock as well, does not know that its holder is
    // dead.
    if (lock_.has_dead_holder()) return true;
    if (glances) glances();
    if (until && std::chrono::steady_clock::now() >= *until) return false;
  }
}

std::optional<buffer> queue_reader::receive(const multiprocessing::deadline& until,
                                            const std::function<void()>& glances) const {
  std::optional<turn> waiting;
  for (bool woken = false;; woken = true) {
    // Only who has seen a message waits for the lock: a process of CPython's has it while it waits,
    // and the parent of a pool takes it when the workers are to end, which may be dead.
    if (woken ? lock_.acquire_until(until, [&] { return is_whole(from_); }) : lock_.try_acquire()) {
      const std::lock_guard guard(lock_, std::adopt_lock);
      const auto begins = [&](std::uint64_t size) {
        // Its writer puts no more than that into the pipe at once, and no read takes more.
        if (size + sizeof(std::int32_t) > PIPE_BUF)
          lock_.enter(multiprocessing::queue_lock::phase::amid);
      };
      const auto waits = [&] { writers_.check_holder(); };
      if (lock_.current() == multiprocessing::queue_lock::phase::small)
        return lock_.for_message([&] { return recv_without_size(from_, waits); });
      if (auto message = lock_.for_message([&] { return from_.try_recv_bytes(begins, waits); },
                                           multiprocessing::queue_lock::phase::small))
        return message;
    } else if (woken) {
      return std::nullopt;
    }
    if (!until && !waiting) waiting.emplace(turns_);
    // By poll: the wake of an epoll that is exclusive would be missed by who is amid a message and
    // waits for the rest of it.
    if (!wait_for_message(until, glances)) return std::nullopt;
  }
}

}  // namespace pickled::inline v0::detail
