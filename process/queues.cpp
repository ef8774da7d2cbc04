// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/queues.hpp"

#include "pickled/python/python_error.hpp"
#include "pickled/value/as_call.hpp"
#include "process/feeder.hpp"
#include "process/queue_reader.hpp"
#include "process/queue_room.hpp"

#include <array>
#include <cassert>
#include <chrono>
#include <mutex>
#include <span>
#include <string_view>
#include <unistd.h>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

constexpr std::string_view queues_module = "multiprocessing.queues";
constexpr std::chrono::milliseconds between_looks_for_room{100};

}  // namespace

simple_queue simple_queue::create() {
  auto [reader, writer] = pipe(false);
  simple_queue made;
  made.writer_ = std::move(writer);
  made.wlock_ = queue_lock::create();
  made.in_ =
      std::make_shared<detail::queue_reader>(std::move(reader), queue_lock::create(), made.wlock_);
  return made;
}

void simple_queue::put_bytes(bytes_view item) const {
  const std::lock_guard guard(wlock_);
  detail::send_item(writer_, wlock_, item);
}

buffer simple_queue::get_bytes(const std::function<void()>& glances) const {
  return *in_->receive(std::nullopt, glances);
}

void simple_queue::free_writers() const {
  if (wlock_.take_from_dead()) wlock_.unlock();
}

const connection& simple_queue::reader() const noexcept {
  return in_->from();
}

bool simple_queue::empty() const {
  return !reader().poll();
}

void simple_queue::close() const noexcept {
  reader().close();
  writer_.close();
}

// What all copies of a queue in this process share.
struct queue::state {
  state(bool ignore_epipe, int maxsize, connection reader, connection writer, queue_lock rlock,
        queue_lock wlock, bounded_semaphore sem, std::int64_t opid)
      : ignore_epipe(ignore_epipe),
        maxsize(maxsize),
        in(std::move(reader), std::move(rlock), wlock),
        room(std::make_shared<detail::queue_room>(std::move(sem))),
        opid(opid),
        out(std::move(writer), std::move(wlock), room, ignore_epipe) {}

  const bool ignore_epipe;
  const int maxsize;
  const detail::queue_reader in;
  const std::shared_ptr<detail::queue_room> room;
  const std::int64_t opid;
  detail::feeder out;
  // Of a joinable queue alone.
  condition cond;
  queue_lock cond_lock;
  semaphore unfinished_tasks;

  void make_joinable(condition with, semaphore unfinished) {
    cond = std::move(with);
    cond_lock = queue_lock(cond.lock_of());
    unfinished_tasks = std::move(unfinished);
  }
  bool acquire_place(const deadline& until);
  void reclaim_places();
  void task_done();
};

// What dead processes had is looked for while there is no place.
bool queue::state::acquire_place(const deadline& until) {
  for (;;) {
    if (room->acquire_until(std::chrono::steady_clock::time_point())) return true;
    reclaim_places();
    const auto look = std::chrono::steady_clock::now() + between_looks_for_room;
    if (room->acquire_until(until && *until < look ? *until : look)) return true;
    if (until && std::chrono::steady_clock::now() >= *until) return false;
  }
}

void queue::state::reclaim_places() {
  room->reclaim([this] { task_done(); });
}

void queue::state::task_done() {
  const std::lock_guard guard(cond_lock);
  if (!unfinished_tasks.try_acquire())
    throw python_error("ValueError", "task_done() called too many times");
  if (unfinished_tasks.is_zero()) cond.notify_all();
}

queue queue::create(int maxsize) {
  if (maxsize <= 0) maxsize = sem_lock::longest;
  auto [reader, writer] = pipe(false);
  queue made;
  made.state_ =
      std::make_shared<state>(false, maxsize, reader, writer, queue_lock::create(),
                              queue_lock::create(), bounded_semaphore::create(maxsize), ::getpid());
  return made;
}

bool queue::put_bytes(buffer item, const deadline& until) const {
  state_->out.check();
  if (!state_->acquire_place(until)) return false;
  if (state_->unfinished_tasks) {
    const std::lock_guard guard(state_->cond_lock);
    state_->unfinished_tasks.release();
    state_->room->count_task();
    state_->out.put(std::move(item));
  } else {
    state_->out.put(std::move(item));
  }
  return true;
}

std::optional<buffer> queue::get_bytes(const deadline& until) const {
  state_->out.check();
  auto item = state_->in.receive(until, [this] { state_->reclaim_places(); });
  if (item) state_->room->release();
  return item;
}

std::size_t queue::size() const {
  return static_cast<std::size_t>(state_->maxsize - state_->room->places().get_value());
}
bool queue::empty() const {
  return !state_->in.from().poll();
}
bool queue::full() const {
  return state_->room->places().is_zero();
}

void queue::close() const {
  state_->out.close();
}
void queue::join_thread() const {
  state_->out.join();
}
void queue::cancel_join_thread() const {
  state_->out.cancel_join();
}

joinable_queue joinable_queue::create(int maxsize) {
  joinable_queue made;
  static_cast<queue&>(made) = queue::create(maxsize);
  made.state_->make_joinable(condition::create(), semaphore::create(0));
  return made;
}

void joinable_queue::task_done() const {
  state_->task_done();
}

void joinable_queue::join() const {
  const std::lock_guard guard(state_->cond_lock);
  if (!state_->unfinished_tasks.is_zero()) state_->cond.wait_with(state_->cond_lock);
}

value_view to_value(const simple_queue& from, value_builder& b) {
  assert_spawning("SimpleQueue");
  const std::array<value_view, 4> state{to_value(from.reader(), b), to_value(from.writer_, b),
                                        write_either(from.in_->lock().plain(), b),
                                        write_either(from.wlock_.plain(), b)};
  return write_instance({queues_module, "SimpleQueue"}, b.tuple(state), b);
}

void from_value(value_view v, simple_queue& to) {
  const auto state = state_items(v, {queues_module, "SimpleQueue"}, 4);
  from_value(state[1], to.writer_);
  to.wlock_ = queue_lock(state[3].get<lock>());
  to.in_ = std::make_shared<detail::queue_reader>(state[0].get<connection>(),
                                                  queue_lock(state[2].get<lock>()), to.wlock_);
}

namespace {
constexpr std::size_t queue_items = 8;
// What an executor calls its workers by: a Queue to all but the executor itself.
constexpr global_name safe_queue{"concurrent.futures.process", "_SafeQueue"};
}  // namespace

value_view to_value(const queue& from, value_builder& b) {
  assert_spawning("Queue");
  const queue::state& s = *from.state_;
  const bool joinable = bool(s.unfinished_tasks);
  std::array<value_view, queue_items + 2> state{value_view::boolean(s.ignore_epipe),
                                                value_view::integer(s.maxsize),
                                                to_value(s.in.from(), b),
                                                to_value(s.out.writer(), b),
                                                write_either(s.in.lock().plain(), b),
                                                write_either(s.out.wlock().plain(), b),
                                                to_value(s.room->places(), b),
                                                value_view::integer(s.opid)};
  if (joinable) {
    state[queue_items] = to_value(s.cond, b);
    state[queue_items + 1] = to_value(s.unfinished_tasks, b);
  }
  const auto used = std::span(state).first(joinable ? state.size() : queue_items);
  return write_instance({queues_module, joinable ? "JoinableQueue" : "Queue"}, b.tuple(used), b);
}

value_view to_value(const joinable_queue& from, value_builder& b) {
  return to_value(static_cast<const queue&>(from), b);
}

void from_value(value_view v, queue& to) {
  const bool joinable = as_call(v, {queues_module, "JoinableQueue"}) != nullptr;
  const global_name python_class =
      as_call(v, safe_queue) != nullptr
          ? safe_queue
          : global_name{queues_module, joinable ? "JoinableQueue" : "Queue"};
  const auto state = state_items(v, python_class, joinable ? queue_items + 2 : queue_items);
  to.state_ = std::make_shared<queue::state>(
      state[0].get<bool>(), state[1].get<int>(), state[2].get<connection>(),
      state[3].get<connection>(), queue_lock(state[4].get<lock>()),
      queue_lock(state[5].get<lock>()), state[6].get<bounded_semaphore>(),
      state[7].get<std::int64_t>());
  if (!joinable) return;
  to.state_->make_joinable(state[queue_items].get<condition>(),
                           state[queue_items + 1].get<semaphore>());
}

void from_value(value_view v, joinable_queue& to) {
  state_of(v, {queues_module, "JoinableQueue"});
  from_value(v, static_cast<queue&>(to));
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
