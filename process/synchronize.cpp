// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/synchronize.hpp"

#include "pickled/connection/digest.hpp"
#include "pickled/connection/socket.hpp"
#include "pickled/convert/convert.hpp"
#include "pickled/process/reduction.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/value/as_call.hpp"
#include "pickled/value/attribute.hpp"
#include "process/resource_tracker.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <optional>
#include <semaphore.h>
#include <span>
#include <string_view>
#include <thread>
#include <unistd.h>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

constexpr std::string_view synchronize_module = "multiprocessing.synchronize";
constexpr int most_semaphore_names = 100;  // that are tried before it is given up

// "/mp-" and eight characters: SemLock._make_name with the prefix that a process has by default.
std::string make_semaphore_name() {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
  std::array<std::byte, 8> random;
  detail::fill_random(random);
  std::string name = "/mp-";
  for (const std::byte byte : random)
    name += letters[std::to_integer<std::size_t>(byte) % letters.size()];
  return name;
}

[[noreturn]] void throw_assertion(std::string_view message) {
  throw python_error("AssertionError", message);
}

timespec to_timespec(const std::chrono::steady_clock::time_point& at) {
  // The steady clock is CLOCK_MONOTONIC.
  const auto since = std::max(at.time_since_epoch(), std::chrono::steady_clock::duration(0));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
  const std::chrono::nanoseconds rest = since - seconds;
  return {seconds.count(), rest.count()};
}

}  // namespace

struct sem_lock::state {
  state(kind what, int maxvalue, std::string name, ::sem_t* open,
        std::optional<detail::resource_tracker> tracker) noexcept
      : what(what), maxvalue(maxvalue), name(std::move(name)), semaphore(open), tracker(tracker) {}
  ~state() {
    ::sem_close(semaphore);
    // A child of fork has its parent's.
    if (!tracker || ::getpid() != creator) return;
    ::sem_unlink(name.c_str());
    tracker->remove(name, detail::resource_tracker::resource::semaphore);
  }
  bool is_mine() const noexcept { return count > 0 && last == std::this_thread::get_id(); }
  void acquired() noexcept {
    last = std::this_thread::get_id();
    ++count;
  }

  const kind what;
  const int maxvalue;
  const std::string name;
  ::sem_t* const semaphore;
  const std::optional<detail::resource_tracker> tracker;  // of the process that made it alone
  const pid_t creator = ::getpid();
  std::atomic<int> count = 0;
  std::atomic<std::thread::id> last;

  // Those of this process by name: what is pickled in two places is one lock, with one count.
  static inline std::mutex mutex;
  static inline std::map<std::string, std::weak_ptr<state>, std::less<>> known;

  static std::shared_ptr<state> share(std::shared_ptr<state> made) {
    const std::lock_guard guard(mutex);
    std::erase_if(known, [](const auto& entry) { return entry.second.expired(); });
    known[made->name] = made;
    return made;
  }
  static std::shared_ptr<state> find(const std::string& name) {
    const std::lock_guard guard(mutex);
    const auto found = known.find(name);
    return found == known.end() ? nullptr : found->second.lock();
  }
};

sem_lock sem_lock::create(kind what, int value, int maxvalue) {
  const detail::resource_tracker tracker = detail::resource_tracker::of_process();
  for (int tried = 0; tried != most_semaphore_names; ++tried) {
    const std::string name = make_semaphore_name();
    ::sem_t* made = ::sem_open(name.c_str(), O_CREAT | O_EXCL, 0600, static_cast<unsigned>(value));
    if (made != SEM_FAILED) {
      tracker.add(name, detail::resource_tracker::resource::semaphore);
      return sem_lock(state::share(std::make_shared<state>(what, maxvalue, name, made, tracker)));
    }
    if (errno != EEXIST) break;
  }
  throw std::system_error(detail::last_error(), "cannot make a semaphore in /dev/shm");
}

sem_lock sem_lock::open(kind what, int maxvalue, const std::string& name) {
  if (auto known = state::find(name)) return sem_lock(std::move(known));
  ::sem_t* found = ::sem_open(name.c_str(), 0);
  if (found == SEM_FAILED)
    throw std::system_error(detail::last_error(),
                            fmt::format("cannot open the semaphore {}", name));
  return sem_lock(state::share(std::make_shared<state>(what, maxvalue, name, found, std::nullopt)));
}

sem_lock::kind sem_lock::what() const noexcept {
  return state_->what;
}
int sem_lock::maxvalue() const noexcept {
  return state_->maxvalue;
}
const std::string& sem_lock::name() const noexcept {
  return state_->name;
}

bool sem_lock::acquire_until(const deadline& until) const {
  if (try_acquire()) return true;
  for (;;) {
    int failed;
    if (until) {
      const timespec end = to_timespec(*until);
      failed = ::sem_clockwait(state_->semaphore, CLOCK_MONOTONIC, &end);
    } else {
      failed = ::sem_wait(state_->semaphore);
    }
    if (failed == 0) break;
    if (errno == ETIMEDOUT) return false;
    if (errno != EINTR)
      throw std::system_error(detail::last_error(), "cannot wait for a semaphore");
  }
  state_->acquired();
  return true;
}

bool sem_lock::try_acquire() const {
  if (state_->what == kind::recursive_mutex && state_->is_mine()) {
    ++state_->count;
    return true;
  }
  while (::sem_trywait(state_->semaphore) != 0) {
    if (errno == EAGAIN) return false;
    if (errno != EINTR)
      throw std::system_error(detail::last_error(), "cannot wait for a semaphore");
  }
  state_->acquired();
  return true;
}

void sem_lock::release() const {
  if (state_->what == kind::recursive_mutex) {
    if (!state_->is_mine())
      throw_assertion("attempt to release recursive lock not owned by thread");
    if (state_->count > 1) {
      --state_->count;
      return;
    }
  } else if (get_value() >= state_->maxvalue) {
    throw python_error("ValueError", "semaphore or lock released too many times");
  }
  // Before another thread may count itself.
  --state_->count;
  if (::sem_post(state_->semaphore) != 0) throw std::system_error(detail::last_error(), "sem_post");
}

void sem_lock::adopt() const noexcept {
  state_->acquired();
}

int sem_lock::count() const noexcept {
  return state_->count;
}
bool sem_lock::is_mine() const noexcept {
  return state_->is_mine();
}
int sem_lock::get_value() const {
  int value = 0;
  if (::sem_getvalue(state_->semaphore, &value) != 0)
    throw std::system_error(detail::last_error(), "sem_getvalue");
  return value;
}

condition condition::create() {
  return create(rlock::create());
}

condition condition::create(const sem_lock& with) {
  condition made;
  made.lock_ = with;
  made.sleeping_count_ = semaphore::create(0);
  made.woken_count_ = semaphore::create(0);
  made.wait_semaphore_ = semaphore::create(0);
  return made;
}

bool condition::wait_until(const deadline& until) const {
  if (!lock_.is_mine()) throw_assertion("must acquire() condition before using wait()");
  sleeping_count_.release();
  const int count = lock_.count();
  for (int i = 0; i != count; ++i)
    lock_.release();
  const bool notified = wait_semaphore_.acquire_until(until);
  woken_count_.release();
  for (int i = 0; i != count; ++i)
    lock_.acquire();
  return notified;
}

void condition::notify(int count) const {
  if (!lock_.is_mine()) throw_assertion("lock is not owned");
  if (wait_semaphore_.try_acquire())
    throw_assertion("notify: Should not have been able to acquire _wait_semaphore");
  // Those whose time had passed since the last notification count no more.
  while (woken_count_.try_acquire())
    if (!sleeping_count_.try_acquire())
      throw_assertion("notify: Bug in sleeping_count.acquire- res should not be False");
  int sleepers = 0;
  while (sleepers < count && sleeping_count_.try_acquire()) {
    wait_semaphore_.release();
    ++sleepers;
  }
  if (sleepers == 0) return;
  for (int i = 0; i != sleepers; ++i)
    woken_count_.acquire();
  // What was meant for those whose time has just passed.
  while (wait_semaphore_.try_acquire()) {
  }
}

event event::create() {
  event made;
  made.cond_ = condition::create(multiprocessing::lock::create());
  made.flag_ = semaphore::create(0);
  return made;
}

bool event::flagged() const {
  if (!flag_.try_acquire()) return false;
  flag_.release();
  return true;
}

bool event::is_set() const {
  const std::lock_guard guard(cond_);
  return flagged();
}

void event::set() const {
  const std::lock_guard guard(cond_);
  flag_.try_acquire();
  flag_.release();
  cond_.notify_all();
}

void event::clear() const {
  const std::lock_guard guard(cond_);
  flag_.try_acquire();
}

bool event::wait_until(const deadline& until) const {
  const std::lock_guard guard(cond_);
  if (flagged()) return true;
  cond_.wait_until(until);
  return flagged();
}

namespace {

value_view write_lock(const sem_lock& from, std::string_view name, value_builder& b) {
  assert_spawning(name);
  // The first is an address in the process that made it, which means nothing to any other.
  const std::array<value_view, 4> state{value_view::integer(0),
                                        value_view::integer(static_cast<int>(from.what())),
                                        value_view::integer(from.maxvalue()), b.str(from.name())};
  return write_instance({synchronize_module, name}, b.tuple(state), b);
}

sem_lock read_lock(value_view v, std::string_view class_name) {
  const auto state = state_items(v, {synchronize_module, class_name}, 4);
  int what = 0;
  int maxvalue = 0;
  from_value(state[1], what);
  from_value(state[2], maxvalue);
  if (what != 0 && what != 1) throw conversion_error("the kind of a SemLock", state[1]);
  if (!state[3].is(kind::str))
    throw conversion_error("a lock that has a name, as those of the spawn context do", state[3]);
  return sem_lock::open(static_cast<sem_lock::kind>(what), maxvalue,
                        std::string(state[3].as_str()));
}

}  // namespace

value_view write_either(const sem_lock& from, value_builder& b) {
  const bool recursive = from.what() == sem_lock::kind::recursive_mutex;
  return write_lock(from, recursive ? "RLock" : "Lock", b);
}
sem_lock read_either(value_view v) {
  const bool recursive = as_call(v, {synchronize_module, "RLock"}) != nullptr;
  return read_lock(v, recursive ? "RLock" : "Lock");
}

value_view to_value(const lock& from, value_builder& b) {
  return write_lock(from, "Lock", b);
}
value_view to_value(const rlock& from, value_builder& b) {
  return write_lock(from, "RLock", b);
}
value_view to_value(const semaphore& from, value_builder& b) {
  return write_lock(from, "Semaphore", b);
}
value_view to_value(const bounded_semaphore& from, value_builder& b) {
  return write_lock(from, "BoundedSemaphore", b);
}

void from_value(value_view v, lock& to) {
  to = lock(read_lock(v, "Lock"));
}
void from_value(value_view v, rlock& to) {
  to = rlock(read_lock(v, "RLock"));
}
void from_value(value_view v, semaphore& to) {
  const bool bounded = as_call(v, {synchronize_module, "BoundedSemaphore"}) != nullptr;
  to = semaphore(read_lock(v, bounded ? "BoundedSemaphore" : "Semaphore"));
}
void from_value(value_view v, bounded_semaphore& to) {
  to = bounded_semaphore(read_lock(v, "BoundedSemaphore"));
}

value_view to_value(const condition& from, value_builder& b) {
  assert_spawning("Condition");
  const bool recursive = from.lock_.what() == sem_lock::kind::recursive_mutex;
  const std::array<value_view, 4> state{
      write_lock(from.lock_, recursive ? "RLock" : "Lock", b), to_value(from.sleeping_count_, b),
      to_value(from.woken_count_, b), to_value(from.wait_semaphore_, b)};
  return write_instance({synchronize_module, "Condition"}, b.tuple(state), b);
}

void from_value(value_view v, condition& to) {
  const auto state = state_items(v, {synchronize_module, "Condition"}, 4);
  to.lock_ = read_either(state[0]);
  from_value(state[1], to.sleeping_count_);
  from_value(state[2], to.woken_count_);
  from_value(state[3], to.wait_semaphore_);
}

value_view to_value(const event& from, value_builder& b) {
  const std::array<dict_entry, 2> state{dict_entry{b.str("_cond"), to_value(from.cond_, b)},
                                        dict_entry{b.str("_flag"), to_value(from.flag_, b)}};
  return write_instance({synchronize_module, "Event"}, b.dict(state), b);
}

void from_value(value_view v, event& to) {
  const value_view state = state_of(v, {synchronize_module, "Event"});
  from_value(item_of(state, "_cond"), to.cond_);
  from_value(item_of(state, "_flag"), to.flag_);
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
