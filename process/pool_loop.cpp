// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/pool_loop.hpp"

#include "pickled/convert/convert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

using namespace std::chrono_literals;

// What waits at a worker behind the task that it runs, and how long while another has nothing to
// do.
constexpr std::size_t most_in_flight = 32;
constexpr std::size_t largest_waiting = std::size_t{64} << 10;
constexpr auto longest_wait = 1ms;

constexpr unsigned most_failed_starts = 3;
constexpr unsigned most_killed_starts = 20;  // by somebody else, who may soon be content
constexpr auto patience = 1s;                // between a request to end and SIGKILL
// Between two parts of one answer, which are written one after the other.
constexpr auto longest_pause = 5s;
constexpr int tick = 50;  // milliseconds, where there is something to look after

void finish(pool_task& task, task_outcome outcome) {
  if (const auto done = std::exchange(task.done, nullptr)) done(std::move(outcome));
}
void fail(pool_task& task, const std::exception_ptr& error) {
  finish(task, {value(), error});
}

std::exception_ptr terminated() {
  return std::make_exception_ptr(broken_pool("the pool was terminated"));
}

}  // namespace

pool_loop::pool_loop(worker_group python, worker_group cpp, std::uint64_t max_tasks_per_child)
    : max_tasks_(max_tasks_per_child), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_) throw std::system_error(detail::last_error(), "cannot start a pool");
  const bool has_cpp = cpp.count != 0;
  group_of(worker_kind::python).about = std::move(python);
  group_of(worker_kind::cpp).about = std::move(cpp);
  std::promise<void> starting;
  std::future<void> started = starting.get_future();
  thread_ = std::thread([this, starting = std::move(starting)]() mutable { run(starting); });
  try {
    started.get();
    if (has_cpp) cpp_functions_ = listing_.get_future().get();
  } catch (...) {
    terminate();
    thread_.join();
    throw;
  }
}

pool_loop::~pool_loop() {
  if (!thread_.joinable()) return;
  bool closed;
  {
    const std::lock_guard guard(mutex_);
    closed = phase_ == phase::closed;
  }
  if (!closed) terminate();
  thread_.join();
}

void pool_loop::submit(std::vector<pool_task> tasks) {
  bool are_first;
  {
    const std::lock_guard guard(mutex_);
    if (phase_ != phase::open)
      throw broken_pool(phase_ == phase::closed ? "the pool is closed" : "the pool was terminated");
    are_first = submitted_.empty();
    if (are_first)
      submitted_ = std::move(tasks);
    else
      std::move(tasks.begin(), tasks.end(), std::back_inserter(submitted_));
  }
  // Those before them have woken it, and it takes all.
  if (are_first) wake();
}

void pool_loop::close() {
  {
    const std::lock_guard guard(mutex_);
    phase_ = std::max(phase_, phase::closed);
  }
  wake();
}

void pool_loop::terminate() {
  {
    const std::lock_guard guard(mutex_);
    phase_ = phase::terminated;
  }
  wake();
}

void pool_loop::join() {
  if (thread_.joinable()) thread_.join();
}

std::vector<worker_info> pool_loop::workers() const {
  const std::lock_guard guard(mutex_);
  std::vector<worker_info> all = ended_;
  all.insert(all.end(), living_.begin(), living_.end());
  return all;
}

void pool_loop::wake() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void pool_loop::run(std::promise<void>& starting) {
  try {
    for (const worker_kind kind : {worker_kind::python, worker_kind::cpp})
      for (std::size_t i = 0; i != group_of(kind).about.count; ++i)
        start_worker(kind);
    publish();
    starting.set_value();
  } catch (...) {
    for (worker& w : workers_) {
      w.link.send_signal(SIGKILL);
      w.link.wait();
    }
    workers_.clear();
    starting.set_exception(std::current_exception());
    return;
  }
  for (;;) {
    try {
      turn();
      if (seen_ != phase::open && workers_.empty() && !has_work(worker_kind::python) &&
          !has_work(worker_kind::cpp))
        break;
    } catch (...) {
      // No memory, or no descriptors: nothing more is run, but everybody is told.
      for (group& g : groups_)
        break_group(g, std::current_exception());
    }
  }
  publish();
}

void pool_loop::turn() {
  take_submitted();
  if (seen_ == phase::terminated) terminate_workers();
  start_workers();
  assign(worker_kind::python);
  assign(worker_kind::cpp);
  end_idle_workers();
  for (worker& w : workers_)
    w.link.write_some();
  if (workers_.empty() && seen_ != phase::open) return;
  wait_for_events();
}

// Replaces those that have ended, while there may be something for them to do.
void pool_loop::start_workers() {
  if (seen_ == phase::terminated) return;
  for (const worker_kind kind : {worker_kind::python, worker_kind::cpp}) {
    group& g = group_of(kind);
    const auto alive = static_cast<std::size_t>(std::count_if(
        workers_.begin(), workers_.end(), [&](const worker& w) { return w.link.kind() == kind; }));
    if (g.broken || alive >= g.about.count) continue;
    if (seen_ == phase::closed && g.waiting.empty()) continue;
    for (std::size_t i = alive; i != g.about.count && !g.broken; ++i) {
      try {
        start_worker(kind);
      } catch (const std::system_error&) {
        fail_start(g, std::current_exception());
        break;
      }
    }
  }
}

void pool_loop::start_worker(worker_kind kind) {
  const group& g = group_of(kind);
  workers_.emplace_back(
      worker_link(kind, fmt::format("SpawnPoolWorker-{}", ++started_), g.about.spawn));
  worker& w = workers_.back();
  // It is ready when it has answered, and every worker can answer one of these.
  if (kind == worker_kind::cpp) {
    send_internal(w, function_call("pickled.functions"));
  } else if (g.about.initializer) {
    w.initializing = true;
    send_internal(w, *g.about.initializer);
  } else {
    send_internal(w, function_call("builtins.dict"));
  }
}

void pool_loop::send_internal(worker& w, const function_call& call) {
  pool_task task;
  task.function = call.name();
  task.message = write_task(0, w.link.kind(), call);
  w.link.send(std::move(task));
}

void pool_loop::take_submitted() {
  std::vector<pool_task> tasks;
  {
    const std::lock_guard guard(mutex_);
    tasks.swap(submitted_);
    seen_ = phase_;
  }
  for (pool_task& task : tasks) {
    group& g = group_of(task.kind);
    if (g.broken)
      fail(task, g.broken);
    else
      g.waiting.push_back(std::move(task));
  }
}

void pool_loop::assign(worker_kind kind) {
  group& g = group_of(kind);
  for (;;) {
    worker* w = worker_for(kind);
    if (w == nullptr) return;
    const std::size_t in_flight = w->link.in_flight().size();
    if (g.waiting.empty() && in_flight == 0) take_back(kind);
    if (g.waiting.empty()) return;
    pool_task& next = g.waiting.front();
    if (in_flight != 0 && next.message.size() > largest_waiting) return;
    pool_task task = std::move(next);
    g.waiting.pop_front();
    give(*w, std::move(task));
  }
}

// The one with least to do, if it has room for a task.
pool_loop::worker* pool_loop::worker_for(worker_kind kind) {
  worker* best = nullptr;
  for (worker& w : workers_) {
    if (w.link.kind() != kind) continue;
    if (!w.ready || w.link.told_to_end() || w.link.at_end()) continue;
    if (max_tasks_ != 0 && w.given >= max_tasks_) continue;
    if (best == nullptr || w.link.in_flight().size() < best->link.in_flight().size()) best = &w;
  }
  return best == nullptr || best->link.in_flight().size() < most_in_flight ? best : nullptr;
}

// What waits behind a task that takes long is for who has nothing to do.
void pool_loop::take_back(worker_kind kind) {
  group& g = group_of(kind);
  if (g.broken) return;
  const clock::time_point now = clock::now();
  for (worker& w : workers_) {
    if (w.link.kind() != kind || !has_waiting(w) || now - w.since < longest_wait) continue;
    std::vector<pool_task> tasks = w.link.take_back();
    w.given -= tasks.size();
    g.waiting.insert(g.waiting.end(), std::make_move_iterator(tasks.begin()),
                     std::make_move_iterator(tasks.end()));
  }
}

bool pool_loop::has_waiting(const worker& w) noexcept {
  return w.ready && !w.link.told_to_end() && w.link.in_flight().size() > 1;
}

// Whether a task waits at one worker while another is idle.
bool pool_loop::may_take_back(worker_kind kind) {
  const worker* w = worker_for(kind);
  if (w == nullptr || !w->link.in_flight().empty()) return false;
  return std::any_of(workers_.begin(), workers_.end(), [&](const worker& each) {
    return each.link.kind() == kind && has_waiting(each);
  });
}

void pool_loop::give(worker& w, pool_task task) {
  if (w.link.in_flight().empty()) w.since = clock::now();
  ++w.given;
  w.link.send(std::move(task));
}

void pool_loop::end_idle_workers() {
  for (worker& w : workers_) {
    if (w.link.told_to_end()) continue;
    const std::size_t idle = w.ready ? 0 : 1;
    if (w.link.in_flight().size() > idle) continue;
    const group& g = group_of(w.link.kind());
    const bool spent = max_tasks_ != 0 && w.given >= max_tasks_;
    if (spent || g.broken || (seen_ != phase::open && g.waiting.empty())) w.link.send_end();
  }
}

void pool_loop::wait_for_events() {
  std::vector<pollfd> events{{wake_.get(), POLLIN, 0}};
  int timeout = -1;
  for (const worker& w : workers_) {
    events.insert(events.end(),
                  {w.link.readable(), {w.link.sentinel(), POLLIN, 0}, w.link.writable()});
    if (w.kill_at || w.stuck_at) timeout = tick;
  }
  for (const group& g : groups_)
    if (!g.broken && g.failed_starts != 0) timeout = tick;
  if (may_take_back(worker_kind::python) || may_take_back(worker_kind::cpp))
    timeout = static_cast<int>(longest_wait.count());
  if (::poll(events.data(), events.size(), timeout) < 0) {
    if (errno == EINTR) return;
    throw std::system_error(detail::last_error(), "cannot wait for workers");
  }
  if (events[0].revents != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake_.get(), &count, sizeof count);
  }
  bool any_ended = false;
  for (std::size_t i = 0; i != workers_.size(); ++i) {
    worker& w = workers_[i];
    const bool ended = events[3 * i + 2].revents != 0;
    // Its last answers come before its end.
    if (events[3 * i + 1].revents != 0 || ended) receive(w);
    look_after(w);
    any_ended = any_ended || ended;
  }
  if (any_ended) {
    std::vector<worker> living;
    std::vector<worker> dead;
    for (worker& w : workers_)
      (w.link.exit_code() ? dead : living).push_back(std::move(w));
    workers_ = std::move(living);
    for (worker& w : dead)
      handle_end(w, *w.link.exit_code());
  }
  publish();
}

void pool_loop::receive(worker& w) {
  std::vector<buffer> messages = w.link.read_some();
  if (!messages.empty()) w.since = clock::now();
  for (buffer& message : messages)
    if (!w.mad) handle_answer(w, std::move(message));
  if (!w.mad && w.link.reads_nonsense())
    end_mad(w, std::make_exception_ptr(broken_pool("a worker talks nonsense")));
  w.stuck_at.reset();
  if (!w.mad && w.link.is_amid_answer()) w.stuck_at = clock::now() + longest_pause;
}

// What no event tells of.
void pool_loop::look_after(worker& w) {
  const clock::time_point now = clock::now();
  if (w.link.at_end() && !w.kill_at) w.kill_at = now + patience;
  if (w.kill_at && *w.kill_at <= now) {
    w.link.send_signal(SIGKILL);
    w.kill_at = now + patience;
  }
  if (!w.stuck_at || *w.stuck_at > now) return;
  if (w.link.is_stopped()) {
    w.stuck_at = now + longest_pause;
    return;
  }
  w.stuck_at.reset();
  end_mad(w, std::make_exception_ptr(broken_pool("a worker breaks off in an answer")));
}

void pool_loop::handle_answer(worker& w, buffer message) {
  // An answer to nothing, or to what it cannot have read: it is out of its mind.
  if (!w.link.first_is_written()) {
    end_mad(w, std::make_exception_ptr(broken_pool("a worker answers what it was not asked")));
    return;
  }
  pool_task task = w.link.take_first();
  task_outcome outcome;
  try {
    task_answer answer = read_answer(std::move(message), task.function);
    if (answer.id != task.id) throw std::runtime_error("a worker answered another task");
    outcome = std::move(answer.outcome);
  } catch (const std::exception&) {
    outcome.error = std::current_exception();
    end_mad(w, outcome.error);
    if (!w.ready) return;
  }
  if (!w.ready) {
    handle_start(w, std::move(outcome));
    return;
  }
  ++w.answered;
  finish(task, std::move(outcome));
}

void pool_loop::handle_start(worker& w, task_outcome outcome) {
  group& g = group_of(w.link.kind());
  if (w.link.kind() == worker_kind::cpp && !w.listed) {
    w.listed = true;
    names functions;
    try {
      if (outcome.error) std::rethrow_exception(outcome.error);
      functions = outcome.result.get<names>();
    } catch (const std::exception&) {
      end_mad(w, std::current_exception());
      return;
    }
    const auto& initializer = g.about.initializer;
    const bool has_initializer = initializer && functions.count(initializer->name()) != 0;
    if (!std::exchange(listing_set_, true)) listing_.set_value(std::move(functions));
    if (has_initializer) {
      w.initializing = true;
      send_internal(w, *initializer);
      return;
    }
  }
  if (w.initializing && outcome.error) {
    break_group(g, outcome.error);
    return;
  }
  w.ready = true;
  g.failed_starts = 0;
  g.killed_starts = 0;
}

void pool_loop::handle_end(worker& w, int exit_code) {
  group& g = group_of(w.link.kind());
  {
    const std::lock_guard guard(mutex_);
    ended_.push_back({w.link.kind(), w.link.pid(), w.answered, false});
  }
  std::deque<pool_task>& in_flight = w.link.in_flight();
  if (!w.ready) {
    // What it was asked is ours.
    if (w.link.told_to_end() || seen_ == phase::terminated) return;
    const auto why = std::make_exception_ptr(broken_pool(fmt::format(
        "a worker cannot be started: pid {} {}", w.link.pid(), describe_exit(exit_code))));
    if (exit_code != -SIGKILL)
      fail_start(g, why);
    else if (++g.killed_starts >= most_killed_starts)
      break_group(g, why);
    return;
  }
  if (in_flight.empty()) return;
  if (g.broken || seen_ == phase::terminated) {
    const std::exception_ptr why = g.broken ? g.broken : terminated();
    for (pool_task& task : in_flight)
      fail(task, why);
    return;
  }
  pool_task& running = in_flight.front();
  const bool again = running.retries > 0;
  if (again)
    --running.retries;
  else
    fail(running, std::make_exception_ptr(worker_died(running.function, w.link.pid(), exit_code)));
  // The others had not begun. They go back to where they were.
  const auto first = in_flight.begin() + (again ? 0 : 1);
  g.waiting.insert(g.waiting.begin(), std::make_move_iterator(first),
                   std::make_move_iterator(in_flight.end()));
}

// It gets nothing more to do, and is replaced.
void pool_loop::end_mad(worker& w, const std::exception_ptr& why) {
  w.mad = true;
  w.link.end_now();
  if (!w.ready) fail_start(group_of(w.link.kind()), why);
}

// Something may be wrong with one worker, but not with several in a row.
void pool_loop::fail_start(group& g, const std::exception_ptr& why) {
  if (++g.failed_starts >= most_failed_starts) break_group(g, why);
}

void pool_loop::break_group(group& g, const std::exception_ptr& why) {
  if (!g.broken) g.broken = why;
  for (pool_task& task : std::exchange(g.waiting, {}))
    fail(task, g.broken);
  if (&g == &group_of(worker_kind::cpp) && !std::exchange(listing_set_, true))
    listing_.set_exception(g.broken);
}

void pool_loop::terminate_workers() {
  const std::exception_ptr why = terminated();
  for (group& g : groups_)
    break_group(g, why);
  for (worker& w : workers_) {
    // Nobody waits for them to be dead. What they were sent is still needed, as it may be half out.
    for (pool_task& task : w.link.in_flight())
      fail(task, why);
    if (w.kill_at) continue;
    w.link.send_signal(SIGTERM);
    w.kill_at = clock::now() + patience;
  }
}

bool pool_loop::has_work(worker_kind kind) const noexcept {
  return !group_of(kind).waiting.empty();
}

void pool_loop::publish() {
  const std::lock_guard guard(mutex_);
  living_.clear();
  for (const worker& w : workers_)
    living_.push_back({w.link.kind(), w.link.pid(), w.answered, true});
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
