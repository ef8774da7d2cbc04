// SPDX-License-Identifier: BSL-1.0

#include "server/objects/object_table.hpp"

#include "pickled/connection/digest.hpp"
#include "server/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace pickled::inline v0::detail {

namespace {

using time_point = std::chrono::steady_clock::time_point;

// Of what weighs nothing by itself: the object, its entry here, and the memory around them.
constexpr std::size_t least_weight = 512;
// What holds more bytes than this may take milliseconds to destroy.
constexpr std::size_t heavy_weight = std::size_t{256} << 10;

// Unguessable, so that naming an object proves that somebody handed it out.
std::string random_ident() {
  std::array<std::byte, 8> bytes;
  fill_random(bytes);
  return fmt::format("{:016x}", std::bit_cast<std::uint64_t>(bytes));
}

// Idents are random, and nobody else chooses what is in the table: some of their own digits are all
// the hash that is needed.
struct hash_of_ident {
  std::size_t operator()(std::string_view ident) const noexcept {
    std::uint64_t digits = 0;
    if (ident.size() >= sizeof digits) std::memcpy(&digits, ident.data(), sizeof digits);
    return digits;
  }
};

// Objects that nobody shares any more. Nothing is allocated for them.
class dead_objects {
 public:
  dead_objects() noexcept = default;
  dead_objects(dead_objects&&) noexcept = default;
  dead_objects& operator=(dead_objects&&) noexcept = default;
  ~dead_objects() { destroy(); }

  bool empty() const noexcept { return first_ == nullptr; }
  void push(std::unique_ptr<referent> object) noexcept {
    object->next_dead = std::move(first_);
    first_ = std::move(object);
  }
  // Those that come meanwhile as well.
  void destroy() noexcept {
    while (first_ != nullptr) {
      const std::unique_ptr<referent> next = std::move(first_);
      first_ = std::move(next->next_dead);
    }
  }

 private:
  std::unique_ptr<referent> first_;
};

// Set while this thread destroys objects: those whose last share goes meanwhile wait in it.
thread_local dead_objects* disposing = nullptr;

// Destroying an object drops the proxies in its values, which may end the life of further objects:
// they are destroyed after it, so that the stack does not grow with them. `last` are the last
// shares of others to destroy.
template <class Shares>
void dispose(dead_objects dead, Shares& last) noexcept {
  disposing = &dead;
  last.clear();
  dead.destroy();
  disposing = nullptr;
}

}  // namespace

// The end of the last share, and with it a rest, begins in a destructor, where nothing may fail. So
// whatever it needs is made before: with the object, and anew when one that rests is found.
struct object_table::state : std::enable_shared_from_this<state> {
  struct entry;

  struct rest {
    entry* of = nullptr;
    std::size_t weight = 0;
    time_point until;
    std::shared_ptr<referent> object;  // once it is over
  };
  using rests = std::list<rest>;

  // From the making of an object, or from the beginning of its rest, until nobody shares it.
  struct life {
    explicit life(std::shared_ptr<state> from) noexcept : from(std::move(from)) {}
    life(const life&) = delete;
    life& operator=(const life&) = delete;
    ~life() {
      if (object != nullptr) from->let_go(std::move(object));
    }

    const std::shared_ptr<state> from;
    std::unique_ptr<referent> object;
  };

  struct entry {
    std::weak_ptr<referent> object;
    std::shared_ptr<referent> held;  // set while count is not 0, and while it rests
    std::size_t count = 0;
    std::uint64_t finds = 0;     // how often it was looked up while it was not counted
    std::shared_ptr<life> next;  // for its next rest; nullptr while it rests, or where none does
    rests room;                  // likewise: one, but for the time in which it is in `resting`
    rests::iterator where;       // while it is
    bool is_resting() const noexcept { return room.empty(); }
  };

  state(grace period, std::function<void()> disposal)
      : period(period), dispose_elsewhere(std::move(disposal)) {}

  static std::shared_ptr<referent> begin_life(std::shared_ptr<life> l,
                                              std::unique_ptr<referent> object) noexcept;
  std::shared_ptr<life> prepare_rest();
  std::shared_ptr<referent> share(entry& e);
  void begin_rest(entry& e, std::unique_ptr<referent> object, std::size_t weight) noexcept;
  void end_rests(time_point now) noexcept;
  void let_go(std::unique_ptr<referent> last) noexcept;

  const grace period;
  const std::function<void()> dispose_elsewhere;
  std::mutex mutex;
  // A key views the ident in its referent.
  std::unordered_map<std::string_view, entry, hash_of_ident> objects;
  std::map<const registered_type*, std::shared_ptr<referent>> named;
  std::size_t counted = 0;
  rests resting;  // oldest first
  std::size_t resting_bytes = 0;
  // What is to be destroyed by dispose_rested().
  rests ended;
  dead_objects dead;
  bool closed = false;
};

std::shared_ptr<referent> object_table::state::begin_life(
    std::shared_ptr<life> l, std::unique_ptr<referent> object) noexcept {
  l->object = std::move(object);
  referent* const shared = l->object.get();
  return {std::move(l), shared};
}

std::shared_ptr<object_table::state::life> object_table::state::prepare_rest() {
  return period.time.count() == 0 ? nullptr : std::make_shared<life>(shared_from_this());
}

std::shared_ptr<referent> object_table::state::share(entry& e) {
  if (e.is_resting()) {
    e.next = prepare_rest();
    resting_bytes -= e.where->weight;
    e.room.splice(e.room.end(), resting, e.where);
    // One share is left, which keeps it alive: what is returned.
    if (e.count == 0) ++e.finds;
    return std::move(e.held);
  }
  if (e.count == 0) ++e.finds;
  return e.object.lock();
}

void object_table::state::begin_rest(entry& e, std::unique_ptr<referent> object,
                                     std::size_t weight) noexcept {
  e.held = begin_life(std::move(e.next), std::move(object));
  e.object = e.held;
  resting.splice(resting.end(), e.room);
  e.where = std::prev(resting.end());
  e.where->of = &e;
  e.where->weight = weight;
  e.where->until = std::chrono::steady_clock::now() + period.time;
  resting_bytes += weight;
}

// Ends the rest of those whose time is over, and of the oldest while they take too many bytes.
void object_table::state::end_rests(time_point now) noexcept {
  while (!resting.empty() && (resting.front().until <= now || resting_bytes > period.bytes)) {
    rest& oldest = resting.front();
    resting_bytes -= oldest.weight;
    oldest.object = std::move(oldest.of->held);
    objects.erase(oldest.object->ident);
    ended.splice(ended.end(), resting, resting.begin());
  }
}

// Nobody shares `last` any more.
void object_table::state::let_go(std::unique_ptr<referent> last) noexcept {
  // destroy() has taken the objects of those that only mentioned each other.
  const std::size_t weight = last->object == nullptr ? 0 : last->object->weight() + least_weight;
  rests over;
  dead_objects now;
  bool elsewhere = false;
  {
    const std::lock_guard lock(mutex);
    const bool alone = !dispose_elsewhere || closed;
    // An object that never entered, because its ident was taken, finds another's entry here.
    const auto at = objects.find(last->ident);
    if (at != objects.end() && at->second.object.expired()) {
      // What only the values of an object that rested mentioned does not rest once more.
      if (disposing == nullptr && !closed && at->second.next != nullptr)
        begin_rest(at->second, std::move(last), weight);
      else
        objects.erase(at);
    }
    end_rests(time_point::min());
    if (alone) over.splice(over.end(), ended);
    if (last != nullptr) {
      dead_objects& where = disposing != nullptr              ? *disposing
                            : !alone && weight > heavy_weight ? dead
                                                              : now;
      where.push(std::move(last));
    }
    elsewhere = !ended.empty() || !dead.empty();
  }
  if (disposing == nullptr) dispose(std::move(now), over);
  if (elsewhere) dispose_elsewhere();
}

object_table::object_table(grace period, std::function<void()> dispose_elsewhere)
    : state_(std::make_shared<state>(period, std::move(dispose_elsewhere))) {}

object_table::~object_table() {
  state::rests dropped;
  dead_objects dead;
  std::map<const registered_type*, std::shared_ptr<referent>> named;
  {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
    std::swap(named, state_->named);
    for (auto& [ident, e] : state_->objects) {
      e.next.reset();
      if (e.held == nullptr) continue;
      const auto where = e.is_resting() ? e.where : e.room.begin();
      where->object = std::move(e.held);
      if (!e.is_resting()) dropped.splice(dropped.end(), e.room);
    }
    dropped.splice(dropped.end(), state_->resting);
    dropped.splice(dropped.end(), state_->ended);
    dead = std::move(state_->dead);
  }
  dispose(std::move(dead), dropped);
}

std::shared_ptr<referent> object_table::create(const registered_type& type,
                                               std::shared_ptr<hosted> object) {
  for (;;) {
    const std::shared_ptr<referent> made =
        state::begin_life(std::make_shared<state::life>(state_),
                          std::make_unique<referent>(referent{random_ident(), &type, object, {}}));
    std::shared_ptr<state::life> next = state_->prepare_rest();
    state::rests room(1);
    const std::lock_guard lock(state_->mutex);
    const auto [at, inserted] = state_->objects.try_emplace(made->ident);
    if (!inserted) continue;
    at->second.object = made;
    at->second.held = made;
    at->second.count = 1;
    at->second.next = std::move(next);
    at->second.room.swap(room);
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

std::shared_ptr<referent> object_table::incref(std::string_view ident) {
  const std::lock_guard lock(state_->mutex);
  const auto at = state_->objects.find(ident);
  if (at == state_->objects.end()) return nullptr;
  state::entry& e = at->second;
  if (e.count == 0) {
    e.held = state_->share(e);
    if (e.held == nullptr) return nullptr;
    ++state_->counted;
  }
  ++e.count;
  return e.held;
}

object_table::released object_table::decref(std::string_view ident) {
  const std::lock_guard lock(state_->mutex);
  const auto at = state_->objects.find(ident);
  if (at == state_->objects.end()) return {};
  state::entry& e = at->second;
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
  state::rests rested;
  dead_objects dead;
  {
    const std::lock_guard lock(state_->mutex);
    state_->end_rests(now);
    rested.splice(rested.end(), state_->ended);
    dead = std::move(state_->dead);
  }
  dispose(std::move(dead), rested);
}

std::vector<object_table::sight> object_table::look() const {
  std::vector<sight> seen;
  const std::lock_guard lock(state_->mutex);
  if (state_->objects.size() == state_->counted + state_->resting.size()) return seen;
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
  dead_objects dead;
  disposing = &dead;
  for (const sight& s : unreachable)
    s.object->object.reset();
  disposing = nullptr;
  dispose(std::move(dead), unreachable);
  return true;
}

}  // namespace pickled::inline v0::detail
