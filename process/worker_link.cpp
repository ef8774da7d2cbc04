// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/worker_link.hpp"

#include "connection/process_stat.hpp"
#include "pickled/codec/pickler.hpp"
#include "pickled/process/pipe.hpp"
#include "pickled/process/reduction.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <iterator>
#include <limits>
#include <memory>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <system_error>
#include <unistd.h>
#include <utility>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

[[noreturn]] void throw_last_error() {
  throw std::system_error(detail::last_error(), "cannot start a worker");
}

struct pipe_ends {
  descriptor reader;
  descriptor writer;
};

pipe_ends make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_last_error();
  return {descriptor(ends[0]), descriptor(ends[1])};
}

// The other end is another open file, which may well wait.
void do_not_wait(const descriptor& end) {
  if (::fcntl(end.get(), F_SETFL, O_NONBLOCK) != 0) throw_last_error();
}

// The same end of the pipe as an open file of its own, which does not wait.
descriptor open_again(const descriptor& reader) {
  descriptor again(::open(fmt::format("/proc/self/fd/{}", reader.get()).c_str(),
                          O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!again) throw_last_error();
  return again;
}

shared_descriptor duplicate(const descriptor& of) {
  descriptor copy(::fcntl(of.get(), F_DUPFD_CLOEXEC, 3));
  if (!copy) throw_last_error();
  return std::make_shared<descriptor>(std::move(copy));
}

// A SimpleQueue without locks. Of either, the worker uses one end and closes the other at once: so
// both queues have the same ends, and ours stay here.
value_view write_queue(const connection& reader, const connection& writer, value_builder& b) {
  const value_view no_lock = b.instance(instance_node::construction::reduce,
                                        b.global("contextlib", "nullcontext"), b.tuple({}));
  const value_view state[] = {to_value(reader, b), to_value(writer, b), no_lock, no_lock};
  return write_instance({"multiprocessing.queues", "SimpleQueue"}, b.tuple(state), b);
}

std::size_t frame_size(bytes_view payload) noexcept {
  return detail::frame_header(payload.size()).view().size() + payload.size();
}

popen_spawn start(const descriptor& tasks, const descriptor& answers, const std::string& name,
                  const spawn_options& options) {
  const spawning scope;
  arena where;
  value_builder b(where);
  const auto queue = [&] {
    return write_queue(connection(duplicate(tasks), true, false),
                       connection(duplicate(answers), false, true), b);
  };
  const value_view args[] = {queue(),
                             queue(),
                             value_view::none(),
                             b.tuple({}),
                             value_view::none(),
                             value_view::boolean(true)};
  const process_pickles pickles = write_process(
      {name, true, b.global("multiprocessing.pool", "worker"), b.tuple(args), b.dict()}, options,
      scope, b);
  return popen_spawn(pickles, options, true);
}

}  // namespace

worker_link::worker_link(worker_kind kind, const std::string& name, const spawn_options& options)
    : kind_(kind),
      process_([&] {
        pipe_ends tasks = make_pipe();
        pipe_ends answers = make_pipe();
        tasks_ = std::move(tasks.writer);
        answers_ = std::move(answers.reader);
        unread_ = open_again(tasks.reader);
        do_not_wait(tasks_);
        do_not_wait(answers_);
        return start(tasks.reader, answers.writer, name, options);
      }()),
      in_(std::numeric_limits<std::uint64_t>::max()) {}

void worker_link::send(pool_task task) {
  in_flight_.push_back(std::move(task));
  write_frame(in_flight_.back().message);
  ends_.push_back(queued_);
}

void worker_link::send_end() {
  told_to_end_ = true;
  end_message_ = dumps(value_view::none());
  write_frame(end_message_);
}

void worker_link::write_frame(bytes_view payload) {
  out_.add(payload);
  queued_ += frame_size(payload);
}

pollfd worker_link::writable() const noexcept {
  return {out_.empty() || at_end_ ? -1 : tasks_.get(), POLLOUT, 0};
}

pollfd worker_link::readable() const noexcept {
  return {at_end_ ? -1 : answers_.get(), POLLIN, 0};
}

void worker_link::write_some() {
  while (!out_.empty() && !at_end_) {
    const std::span<const iovec> pieces = out_.front();
    // It has a reader always: nothing is broken here.
    const ssize_t count = ::writev(tasks_.get(), pieces.data(), static_cast<int>(pieces.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;
    written_ += static_cast<std::uint64_t>(count);
    out_.consume(static_cast<std::size_t>(count));
  }
}

std::vector<buffer> worker_link::read_some() {
  std::vector<buffer> messages;
  // What fills less than its room was all there was, but for the end.
  for (bool drained = false; !at_end_;) {
    bytes_view message;
    while (in_.next(message) == detail::frame_reader::status::message)
      messages.emplace_back(message);
    if (drained) break;
    const std::span<std::byte> room = in_.prepare();
    const ssize_t count = ::read(answers_.get(), room.data(), room.size());
    if (count > 0) {
      in_.commit(static_cast<std::size_t>(count));
      drained = static_cast<std::size_t>(count) < room.size();
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
      at_end_ = true;
    } else if (errno != EINTR) {
      break;
    }
  }
  return messages;
}

bool worker_link::reads_nonsense() const noexcept {
  constexpr std::byte proto{0x80};
  const bytes_view begun = in_.begun();
  return !begun.empty() && begun[0] != proto;
}

bool worker_link::is_stopped() const noexcept {
  const auto about = detail::process_stat_of(pid());
  return about && (about->state == 'T' || about->state == 't');
}

bool worker_link::first_is_written() const noexcept {
  return !ends_.empty() && ends_.front() <= written_;
}

pool_task worker_link::take_first() {
  pool_task first = std::move(in_flight_.front());
  in_flight_.pop_front();
  ends_.pop_front();
  return first;
}

std::vector<pool_task> worker_link::take_back() {
  // What is in the pipe: it can only become less. One call takes it all, so that a worker that
  // reads meanwhile has what comes before, and none of what comes after.
  int unread = 0;
  if (::ioctl(unread_.get(), FIONREAD, &unread) != 0)
    throw std::system_error(detail::last_error(), "cannot take tasks back");
  if (unread != 0) {
    buffer dropped;
    const auto room = static_cast<std::size_t>(unread);
    const ssize_t count = ::read(unread_.get(), dropped.prepare(room), room);
    if (count > 0) written_ -= static_cast<std::uint64_t>(count);
  }
  // The first task stays, and what the worker has read a part of. The rest of that is sent anew.
  std::size_t kept = 1;
  while (kept != ends_.size() && ends_[kept - 1] < written_)
    ++kept;
  queued_ = ends_[kept - 1];
  out_.clear();
  if (written_ < queued_) {
    const buffer& message = in_flight_[kept - 1].message;
    out_.add(message);
    out_.consume(frame_size(message) - static_cast<std::size_t>(queued_ - written_));
  }
  std::vector<pool_task> taken(
      std::make_move_iterator(in_flight_.begin() + static_cast<std::ptrdiff_t>(kept)),
      std::make_move_iterator(in_flight_.end()));
  in_flight_.resize(kept);
  ends_.resize(kept);
  return taken;
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
