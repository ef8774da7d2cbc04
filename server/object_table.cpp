#include "server/object_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <sys/random.h>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace pickled {

namespace {

using time_point = std::chrono::steady_clock::time_point;
using dead_objects = std::vector<std::unique_ptr<referent>>;

// Of what weighs nothing by itself: the object, its entry here, and the memory around them.
constexpr std::size_t least_weight = 512;

struct entry {
  std::weak_ptr<referent> object;
  std::shared_ptr<referent> held;  // set while count is not 0
  std::size_t count = 0;
  std::unique_ptr<referent> resting;  // set while nobody shares it
  std::uint64_t rest = 0;             // which of its rests that is
};

struct rest {
  std::string ident;
  std::uint64_t number;
  std::size_t weight;
  time_point until;
};

// Unguessable, so that naming an object proves that somebody handed it out.
std::string random_ident() {
  std::uint64_t bits = 0;
  ssize_t got = -1;
  do {
    got = ::getrandom(&bits, sizeof bits, 0);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof bits) throw std::system_error(errno, std::generic_category(), "getrandom");
  return fmt::format("{:016x}", bits);
}

// Set while this thread destroys objects: those whose last share goes meanwhile wait in it.
thread_local dead_objects* disposing = nullptr;

// Destroying an object drops the proxies in its values, which may end the life of further objects:
// they are destroyed after it, so that the stack does not grow with them.
void dispose(dead_objects dead) {
  disposing = &dead;
  while (!dead.empty()) {
    const std::unique_ptr<referent> next = std::move(dead.back());
    dead.pop_back();
  }
  disposing = nullptr;
}

}  // namespace

struct object_table::state {
  explicit state(grace period) : period(period) {}

  std::shared_ptr<referent> share(entry& e, const std::shared_ptr<state>& self);
  void begin_rest(entry& e, std::unique_ptr<referent> object, std::size_t weight);
  void end_rests(time_point now, dead_objects& dead);

  const grace period;
  std::mutex mutex;
  // A key views the ident in its referent.
  std::unordered_map<std::string_view, entry> objects;
  std::size_t counted = 0;
  std::deque<rest> rests;  // oldest first; those of objects found again are still in it
  std::uint64_t last_rest = 0;
  std::size_t resting_bytes = 0;
  bool closed = false;
};

// What runs when nobody shares a referent any more.
struct object_table::leave {
  std::shared_ptr<state> from;

  void operator()(referent* object) const {
    std::unique_ptr<referent> last(object);
    const std::size_t weight = last->object->weight() + least_weight;
    dead_objects dead;
    {
      const std::lock_guard lock(from->mutex);
      // An object that never entered, because its ident was taken, finds another's entry here.
      const auto at = from->objects.find(last->ident);
      if (at != from->objects.end() && at->second.object.expired()) {
        // What goes with an object that rested has had its time.
        if (disposing == nullptr && !from->closed && from->period.time.count() != 0)
          from->begin_rest(at->second, std::move(last), weight);
        else
          from->objects.erase(at);
      }
      from->end_rests(time_point::min(), dead);
    }
    if (last != nullptr) dead.push_back(std::move(last));
    if (disposing == nullptr)
      dispose(std::move(dead));
    else
      std::ranges::move(dead, std::back_inserter(*disposing));
  }
};

std::shared_ptr<referent> object_table::state::share(entry& e, const std::shared_ptr<state>& self) {
  std::shared_ptr<referent> object = e.object.lock();
  if (object == nullptr && e.resting != nullptr) {
    object = std::shared_ptr<referent>(e.resting.release(), leave{self});
    e.object = object;
  }
  return object;
}

void object_table::state::begin_rest(entry& e, std::unique_ptr<referent> object,
                                     std::size_t weight) {
  const time_point until = std::chrono::steady_clock::now() + period.time;
  rests.push_back({object->ident, ++last_rest, weight, until});
  resting_bytes += weight;
  e.rest = last_rest;
  e.resting = std::move(object);
}

// Those whose time is over, and the oldest while there are too many bytes.
void object_table::state::end_rests(time_point now, dead_objects& dead) {
  while (!rests.empty() && (rests.front().until <= now || resting_bytes > period.bytes)) {
    const rest& oldest = rests.front();
    const auto at = objects.find(oldest.ident);
    if (at != objects.end() && at->second.resting != nullptr && at->second.rest == oldest.number) {
      dead.push_back(std::move(at->second.resting));
      objects.erase(at);
    }
    resting_bytes -= oldest.weight;
    rests.pop_front();
  }
}

object_table::object_table(grace period) : state_(std::make_shared<state>(period)) {}

object_table::~object_table() {
  std::vector<std::shared_ptr<referent>> dropped;
  dead_objects dead;
  {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
    for (auto& [ident, e] : state_->objects)
      if (e.held != nullptr) dropped.push_back(std::move(e.held));
    state_->end_rests(time_point::max(), dead);
  }
  dispose(std::move(dead));
}

std::shared_ptr<referent> object_table::create(const registered_type& type,
                                               std::shared_ptr<hosted> object) {
  for (;;) {
    const std::shared_ptr<referent> made(new referent{random_ident(), &type, object},
                                         leave{state_});
    const std::lock_guard lock(state_->mutex);
    const auto [at, inserted] = state_->objects.try_emplace(made->ident);
    if (!inserted) continue;
    at->second.object = made;
    at->second.held = made;
    at->second.count = 1;
    ++state_->counted;
    return made;
  }
}

std::shared_ptr<referent> object_table::find(std::string_view ident) const {
  const std::lock_guard lock(state_->mutex);
  const auto at = state_->objects.find(ident);
  return at == state_->objects.end() ? nullptr : state_->share(at->second, state_);
}

bool object_table::knows(std::string_view ident) const {
  const std::lock_guard lock(state_->mutex);
  return state_->objects.contains(ident);
}

bool object_table::incref(std::string_view ident) {
  const std::lock_guard lock(state_->mutex);
  const auto at = state_->objects.find(ident);
  if (at == state_->objects.end()) return false;
  entry& e = at->second;
  if (e.count == 0) {
    e.held = state_->share(e, state_);
    if (e.held == nullptr) return false;
    ++state_->counted;
  }
  ++e.count;
  return true;
}

object_table::released object_table::decref(std::string_view ident) {
  const std::lock_guard lock(state_->mutex);
  const auto at = state_->objects.find(ident);
  if (at == state_->objects.end()) return {};
  entry& e = at->second;
  if (e.count == 0) return {e.resting != nullptr || !e.object.expired(), nullptr};
  if (--e.count != 0) return {true, nullptr};
  --state_->counted;
  return {true, std::move(e.held)};
}

std::size_t object_table::number_of_objects() const {
  const std::lock_guard lock(state_->mutex);
  return state_->counted;
}

std::vector<object_table::counted> object_table::counted_objects() const {
  std::vector<counted> found;
  {
    const std::lock_guard lock(state_->mutex);
    found.reserve(state_->counted);
    for (const auto& [ident, e] : state_->objects)
      if (e.count != 0) found.push_back({e.held, e.count});
  }
  std::ranges::sort(found, {},
                    [](const counted& c) -> const std::string& { return c.object->ident; });
  return found;
}

void object_table::dispose_rested(time_point now) {
  dead_objects dead;
  {
    const std::lock_guard lock(state_->mutex);
    state_->end_rests(now, dead);
  }
  dispose(std::move(dead));
}

}  // namespace pickled
