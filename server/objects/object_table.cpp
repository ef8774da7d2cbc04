#include "server/objects/object_table.hpp"

#include "connection/digest.hpp"
#include "server/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace pickled {

namespace {

using time_point = std::chrono::steady_clock::time_point;
using shared_objects = std::vector<std::shared_ptr<referent>>;
using dead_objects = std::vector<std::unique_ptr<referent>>;

// Of what weighs nothing by itself: the object, its entry here, and the memory around them.
constexpr std::size_t least_weight = 512;

struct entry {
  std::weak_ptr<referent> object;
  std::shared_ptr<referent> held;  // set while count is not 0, and while it rests
  std::size_t count = 0;
  std::uint64_t rest = 0;   // the number of its rest; 0 while somebody else shares it
  std::uint64_t finds = 0;  // how often it was looked up while it was not counted
};

struct rest {
  std::string ident;
  std::uint64_t number;
  std::size_t weight;
  time_point until;
};

// Unguessable, so that naming an object proves that somebody handed it out.
std::string random_ident() {
  std::array<std::byte, 8> bytes;
  fill_random(bytes);
  return fmt::format("{:016x}", std::bit_cast<std::uint64_t>(bytes));
}

// Set while this thread destroys objects: those whose last share goes meanwhile wait in it.
thread_local dead_objects* disposing = nullptr;

// Destroying an object drops the proxies in its values, which may end the life of further objects:
// they are destroyed after it, so that the stack does not grow with them. `last` are the last
// shares of others to destroy.
void dispose(dead_objects dead, shared_objects last = {}) {
  disposing = &dead;
  last.clear();
  while (!dead.empty()) {
    const std::unique_ptr<referent> next = std::move(dead.back());
    dead.pop_back();
  }
  disposing = nullptr;
}

}  // namespace

struct object_table::state {
  explicit state(grace period) : period(period) {}

  std::shared_ptr<referent> share(entry& e);
  void begin_rest(entry& e, std::shared_ptr<referent> object, std::size_t weight);
  void end_rests(time_point now, shared_objects& rested);

  const grace period;
  std::mutex mutex;
  // A key views the ident in its referent.
  std::unordered_map<std::string_view, entry> objects;
  std::map<const registered_type*, std::shared_ptr<referent>> named;
  std::size_t counted = 0;
  std::deque<rest> rests;  // oldest first; those of objects found again are still in it
  std::uint64_t last_rest = 0;
  std::size_t resting = 0;  // objects
  std::size_t resting_bytes = 0;
  bool closed = false;
};

// What runs when nobody shares a referent any more.
struct object_table::leave {
  std::shared_ptr<state> from;

  void operator()(referent* object) const {
    std::unique_ptr<referent> last(object);
    // What mentioned only itself has no object any more.
    const std::size_t weight = last->object == nullptr ? 0 : last->object->weight() + least_weight;
    shared_objects rested;
    {
      const std::lock_guard lock(from->mutex);
      // An object that never entered, because its ident was taken, finds another's entry here.
      const auto at = from->objects.find(last->ident);
      if (at != from->objects.end() && at->second.object.expired()) {
        // What goes with an object that rested has had its time.
        if (disposing == nullptr && !from->closed && from->period.time.count() != 0)
          from->begin_rest(at->second, std::shared_ptr<referent>(last.release(), *this), weight);
        else
          from->objects.erase(at);
      }
      from->end_rests(time_point::min(), rested);
    }
    dead_objects dead;
    if (last != nullptr) dead.push_back(std::move(last));
    if (disposing == nullptr)
      dispose(std::move(dead), std::move(rested));
    else
      std::ranges::move(dead, std::back_inserter(*disposing));
  }
};

std::shared_ptr<referent> object_table::state::share(entry& e) {
  if (e.count == 0) ++e.finds;
  std::shared_ptr<referent> object = e.object.lock();
  if (e.rest != 0) {
    e.held.reset();
    e.rest = 0;
    --resting;
  }
  return object;
}

void object_table::state::begin_rest(entry& e, std::shared_ptr<referent> object,
                                     std::size_t weight) {
  const time_point until = std::chrono::steady_clock::now() + period.time;
  rests.push_back({object->ident, ++last_rest, weight, until});
  resting_bytes += weight;
  ++resting;
  e.rest = last_rest;
  e.object = object;
  e.held = std::move(object);
}

// Those whose time is over, and the oldest while there are too many bytes.
void object_table::state::end_rests(time_point now, shared_objects& rested) {
  while (!rests.empty() && (rests.front().until <= now || resting_bytes > period.bytes)) {
    const rest& oldest = rests.front();
    const auto at = objects.find(oldest.ident);
    if (at != objects.end() && at->second.rest == oldest.number) {
      rested.push_back(std::move(at->second.held));
      objects.erase(at);
      --resting;
    }
    resting_bytes -= oldest.weight;
    rests.pop_front();
  }
}

object_table::object_table(grace period) : state_(std::make_shared<state>(period)) {}

object_table::~object_table() {
  shared_objects dropped;
  std::map<const registered_type*, std::shared_ptr<referent>> named;
  {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
    std::swap(named, state_->named);
    for (auto& [ident, e] : state_->objects)
      if (e.held != nullptr) dropped.push_back(std::move(e.held));
  }
  dispose({}, std::move(dropped));
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

void object_table::add_named(const registered_type& type) {
  const std::shared_ptr<referent> made = create(type, type.named);
  {
    const std::lock_guard lock(state_->mutex);
    state_->named.emplace(&type, made);
  }
  decref(made->ident);
}

std::shared_ptr<referent> object_table::create_named(const registered_type& type) {
  std::shared_ptr<referent> object;
  {
    const std::lock_guard lock(state_->mutex);
    object = state_->named.at(&type);
  }
  incref(object->ident);
  return object;
}

std::shared_ptr<referent> object_table::find(std::string_view ident) const {
  const std::lock_guard lock(state_->mutex);
  const auto at = state_->objects.find(ident);
  return at == state_->objects.end() ? nullptr : state_->share(at->second);
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
    e.held = state_->share(e);
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
  if (e.count == 0) return {!e.object.expired(), nullptr};
  if (--e.count != 0) return {true, nullptr};
  --state_->counted;
  return {true, std::move(e.held)};
}

std::size_t object_table::alive() const {
  const std::lock_guard lock(state_->mutex);
  return state_->objects.size();
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
  shared_objects rested;
  {
    const std::lock_guard lock(state_->mutex);
    state_->end_rests(now, rested);
  }
  dispose({}, std::move(rested));
}

std::vector<object_table::sight> object_table::look() const {
  std::vector<sight> seen;
  const std::lock_guard lock(state_->mutex);
  if (state_->objects.size() == state_->counted + state_->resting) return seen;
  seen.reserve(state_->objects.size());
  for (const auto& [ident, e] : state_->objects) {
    const long shares = e.object.use_count();
    // The last share of one that has none is just going.
    if (std::shared_ptr<referent> object = e.object.lock())
      seen.push_back({std::move(object), e.held != nullptr, shares, e.finds});
  }
  return seen;
}

bool object_table::destroy(std::vector<sight> unreachable) {
  {
    const std::lock_guard lock(state_->mutex);
    const auto untouched = [this](const sight& s) {
      const auto at = state_->objects.find(s.object->ident);
      return at != state_->objects.end() && at->second.held == nullptr &&
             at->second.finds == s.finds;
    };
    if (!std::ranges::all_of(unreachable, untouched)) return false;
    for (const sight& s : unreachable)
      state_->objects.erase(s.object->ident);
  }
  shared_objects last;
  dead_objects dead;
  disposing = &dead;
  for (sight& s : unreachable) {
    s.object->object.reset();
    last.push_back(std::move(s.object));
  }
  disposing = nullptr;
  dispose(std::move(dead), std::move(last));
  return true;
}

}  // namespace pickled
