// SPDX-License-Identifier: BSL-1.0

#include "server/clients/clients.hpp"

#include "server/objects/referent.hpp"
#include "server/registry.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <exception>
#include <new>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

using steady_clock = std::chrono::steady_clock;

// The ends of a dead process' connections are known by then, unless others keep them open.
constexpr std::chrono::seconds ends_arrive{1};
// Books with fewer entries than twice this are not looked through.
constexpr std::size_t few = 64;

std::uint64_t now_as_start_time() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  const auto nanoseconds = static_cast<std::uint64_t>(now.tv_nsec);
  return static_cast<std::uint64_t>(now.tv_sec) * ticks + nanoseconds * ticks / 1'000'000'000;
}

const char* text_of(settlement settled) noexcept {
  switch (settled) {
    case settlement::kept: return "stays held";
    case settlement::released: return "is released";
    case settlement::poisoned: return "is poisoned";
    case settlement::held_nothing:
    case settlement::deferred: break;
  }
  return "";
}

std::string name_of(const holder& gone) {
  const int pid = gone.who.process.pid;
  return pid == 0 ? fmt::format("{} (its process is unknown)", gone.peer)
                  : fmt::format("pid {}", pid);
}

// Has the object decide what becomes of what the client who is gone holds of it, and tells the log
// in one line. Where there is no memory for it, the object stays as it is.
settlement settle_claim(const claim& held, const holder& gone, departure how,
                        std::optional<int> wait_status) noexcept {
  const std::shared_ptr<hosted> object = held.object.lock();
  if (object == nullptr) return settlement::held_nothing;
  settlement settled = settlement::kept;
  try {
    settled = object->owner_gone(gone.who, how);
    if (settled != settlement::held_nothing && settled != settlement::deferred)
      spdlog::warn("{} {} {}: its holder, {}, {}", held.type_id, held.ident, text_of(settled),
                   name_of(gone), how_text(how, wait_status));
  } catch (const std::exception& e) {
    spdlog::error("{}: what its holder has left: {}", held.ident, e.what());
  }
  return settled;
}

}  // namespace

// What is to be done once the mutex is free.
struct clients::reckoning {
  std::shared_ptr<const client_process> process;
  std::list<holder> holders;
  std::map<std::string, counted_references, std::less<>> references;
  std::multimap<std::string, std::size_t> dropped;  // which were owed, until nobody calls any more
};

clients::clients(object_table& objects, watch_function watch,
                 client_process::wait_status_source wait_status)
    : objects_(objects), watch_(std::move(watch)), wait_status_(wait_status) {}

clients::~clients() = default;

void clients::close() noexcept {
  closed_ = true;
}

std::shared_ptr<session_books> clients::enter(std::uint64_t number, int pid, std::string peer,
                                              std::function<void()> orphaned) {
  auto s = std::make_shared<session_books>();
  s->self.who.session = number;
  s->self.peer = std::move(peer);
  s->orphaned = std::move(orphaned);
  s->sought = pid;
  s->connected = now_as_start_time();
  look_for_process(*s);
  return s;
}

process_identity clients::process_of(session_books& s) {
  look_for_process(s);
  return s.self.who.process;
}

void clients::look_for_process(session_books& s) {
  if (s.sought == 0) return;
  std::shared_ptr<process_books> found;
  try {
    found = client_of(s.sought, s.connected);
  } catch (const std::system_error&) {
    return;
  }
  if (found != nullptr) {
    const std::lock_guard lock(mutex_);
    found->open.insert(&s);
    s.process = std::move(found);
    s.self.who.process = s.process->process->identity();
  }
  s.sought = 0;
}

// Of the process that had this pid when its connection was made, and not of one that was started
// since.
std::shared_ptr<process_books> clients::client_of(int pid, std::uint64_t connected) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = by_pid_.find(pid);
    if (known != by_pid_.end() && known->second->process->identity().start_time <= connected &&
        !known->second->process->dead())
      return known->second;
  }
  auto made = std::make_shared<process_books>();
  made->process = client_process::open(pid);
  if (made->process == nullptr || made->process->identity().start_time > connected) return nullptr;
  const bool dead = made->process->dead();
  {
    const std::lock_guard lock(mutex_);
    const auto known = by_pid_.find(pid);
    // Another session of the process may have been faster, or have found it alive.
    if (known != by_pid_.end() && (dead || !known->second->process->dead())) return known->second;
    if (dead) {
      // It was killed just now. What it asked for in its last moment is all that it has.
      made->died = steady_clock::now().time_since_epoch().count();
      return made;
    }
    by_pid_.insert_or_assign(pid, made);
  }
  try {
    if (watch_) watch_(made);
  } catch (...) {
    // Its death would go unseen.
    const std::lock_guard lock(mutex_);
    by_pid_.erase(pid);
    throw;
  }
  return made;
}

void clients::leave(session_books& s) noexcept {
  claims held;
  {
    const std::lock_guard lock(mutex_);
    held.swap(s.self.held);
  }
  if (closed_) held.clear();
  std::erase_if(held, [&](const auto& item) {
    return settle_claim(item.second, s.self, departure::session_ended, {}) != settlement::deferred;
  });
  reckoning due;
  {
    const std::lock_guard lock(mutex_);
    forget_calls(s, due);
    if (s.process != nullptr) {
      s.self.held.swap(held);
      hand_over(s, s.process->left);
      detach(s, due);
    }
  }
  settle(std::move(due));
}

void clients::counted(session_books& s, const std::string& ident) {
  look_for_process(s);
  if (s.process == nullptr) return;
  {
    const std::lock_guard lock(mutex_);
    ++s.process->references[ident].count;
    if (s.process->references.size() <= 2 * std::max(few, s.process->references_kept)) return;
  }
  prune(*s.process);
}

void clients::uncounted(session_books& s, std::string_view ident) noexcept {
  if (s.process == nullptr) return;
  const std::lock_guard lock(mutex_);
  const auto at = s.process->references.find(ident);
  if (at != s.process->references.end() && at->second.count != 0) --at->second.count;
}

void clients::called(session_books& s, const std::string& ident) {
  if (s.last_called == ident) return;
  bool many = false;
  {
    const std::lock_guard lock(mutex_);
    const auto [at, inserted] = s.called.insert(ident);
    if (!inserted) return;
    try {
      ++callers_[ident];
    } catch (...) {
      s.called.erase(at);
      throw;
    }
    many = s.called.size() > 2 * std::max(few, s.called_kept);
  }
  s.last_called = ident;
  if (many) prune(s);
}

void clients::may_acquire(session_books& s, const referent& called) {
  if (s.next_spare.empty()) s.next_spare.push_back({{}, s.self.peer, {}});
  if (!s.next_claim.empty() && s.next_claim.mapped().ident == called.ident) return;
  claims made;
  made.try_emplace(nullptr, claim{{}, called.type->type_id, called.ident});
  s.next_claim = made.extract(made.begin());
}

void clients::acquired(session_books& s, const std::shared_ptr<hosted>& object) noexcept {
  const std::lock_guard lock(mutex_);
  const auto known = s.self.held.find(object.get());
  if (known != s.self.held.end() && !known->second.object.expired()) return;
  if (known != s.self.held.end()) s.self.held.erase(known);
  if (s.spare.empty()) s.spare.splice(s.spare.end(), s.next_spare);
  s.next_claim.key() = object.get();
  s.next_claim.mapped().object = object;
  s.self.held.insert(std::move(s.next_claim));
  if (s.self.held.size() <= 2 * std::max(few, s.held_kept)) return;
  std::erase_if(s.self.held, [](const auto& item) { return item.second.object.expired(); });
  s.held_kept = s.self.held.size();
}

bool clients::is_orphan(const session_books& s) const {
  if (s.process == nullptr) return false;
  const auto died = s.process->died.load();
  return died != process_books::alive &&
         steady_clock::now() - steady_clock::time_point(steady_clock::duration(died)) > ends_arrive;
}

void clients::disown(session_books& s) {
  reckoning due;
  {
    const std::lock_guard lock(mutex_);
    detach(s, due);
    s.process = nullptr;
    s.self.who.process = {};
    s.sought = 0;
  }
  s.last_called.clear();
  settle(std::move(due));
}

bool clients::died(process_books& c) {
  reckoning due;
  {
    const std::lock_guard lock(mutex_);
    c.died = steady_clock::now().time_since_epoch().count();
    const auto at = by_pid_.find(c.process->identity().pid);
    if (at != by_pid_.end() && at->second.get() == &c) by_pid_.erase(at);
    if (!c.open.empty()) return true;
    take(c, due);
  }
  settle(std::move(due));
  return false;
}

bool clients::settle_silent(process_books& c) {
  reckoning due;
  std::vector<std::function<void()>> orphaned;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    for (const session_books* s : c.open)
      orphaned.push_back(s->orphaned);
    take(c, due);
  }
  settle(std::move(due));
  for (const auto& tell : orphaned)
    tell();
  return !orphaned.empty();
}

// Where there is no memory for what is to be settled, settle_silent() comes back to it.
void clients::detach(session_books& s, reckoning& due) noexcept {
  process_books& c = *s.process;
  c.open.erase(&s);
  try {
    if (c.died != process_books::alive && c.open.empty()) take(c, due);
  } catch (const std::bad_alloc&) {
    spdlog::error("pid {}: what it held stays for now", c.process->identity().pid);
  }
}

// All that there is to settle of a dead process. What may fail is done first, and changes nothing.
void clients::take(process_books& c, reckoning& due) {
  for (const auto& [ident, references] : c.references)
    if (references.count != 0 && callers_.contains(ident)) owed_.try_emplace(ident, 0);
  due.process = c.process;
  due.holders.splice(due.holders.end(), c.left);
  for (session_books* s : c.open) {
    hand_over(*s, due.holders);
    forget_calls(*s, due);
  }
  due.references.swap(c.references);
  for (auto& [ident, references] : due.references) {
    if (references.count == 0 || !callers_.contains(ident)) continue;
    owed_.find(ident)->second += references.count;
    references.owed = true;
  }
}

// What the session may hold is no longer its own.
void clients::hand_over(session_books& s, std::list<holder>& to) noexcept {
  if (s.self.held.empty()) return;
  holder& gone = s.spare.front();
  gone.who = s.self.who;
  gone.held.swap(s.self.held);
  to.splice(to.end(), s.spare);
}

void clients::forget_calls(session_books& s, reckoning& due) noexcept {
  for (; !s.called.empty(); s.called.erase(s.called.begin()))
    forget_call(*s.called.begin(), due);
}

void clients::forget_call(const std::string& ident, reckoning& due) noexcept {
  const auto at = callers_.find(ident);
  if (--at->second != 0) return;
  callers_.erase(at);
  const auto owed = owed_.find(ident);
  if (owed != owed_.end()) due.dropped.insert(owed_.extract(owed));
}

// Forgets the calls of objects that are no more. Without memory for that it is done another time.
void clients::prune(session_books& s) noexcept {
  std::vector<std::string> idents;
  try {
    const std::lock_guard lock(mutex_);
    idents.assign(s.called.begin(), s.called.end());
  } catch (const std::bad_alloc&) {
    return;
  }
  std::erase_if(idents, [&](const std::string& ident) { return objects_.knows(ident); });
  reckoning due;
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& ident : idents)
      if (s.called.erase(ident) != 0) forget_call(ident, due);
    s.called_kept = s.called.size();
  }
  settle(std::move(due));
}

// Forgets what was given back of objects that are no more; likewise.
void clients::prune(process_books& c) noexcept {
  std::vector<std::string> idents;
  try {
    const std::lock_guard lock(mutex_);
    for (const auto& [ident, references] : c.references)
      if (references.count == 0) idents.push_back(ident);
  } catch (const std::bad_alloc&) {
    return;
  }
  std::erase_if(idents, [&](const std::string& ident) { return objects_.knows(ident); });
  const std::lock_guard lock(mutex_);
  for (const std::string& ident : idents)
    c.references.erase(ident);
  c.references_kept = c.references.size();
}

std::optional<int> clients::status_of(const client_process& process) const noexcept {
  try {
    return wait_status_(process);
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
}

void clients::settle(reckoning due) noexcept {
  if (closed_) return;
  if (!due.holders.empty()) {
    const auto status = status_of(*due.process);
    const bool owes =
        std::ranges::any_of(due.references, [](const auto& r) { return r.second.count != 0; });
    for (const holder& gone : due.holders)
      for (const auto& [address, held] : gone.held) {
        const auto at = due.references.find(held.ident);
        const bool gave_back = at != due.references.end() && at->second.count == 0;
        settle_claim(held, gone, how_it_ended(status, owes, gave_back), status);
      }
  }
  for (const auto& [ident, references] : due.references)
    if (!references.owed) drop(ident, references.count);
  for (const auto& [ident, count] : due.dropped)
    drop(ident, count);
}

void clients::drop(const std::string& ident, std::size_t count) noexcept {
  for (std::size_t i = 0; i != count; ++i)
    objects_.decref(ident);
}

}  // namespace pickled::inline v0::detail
