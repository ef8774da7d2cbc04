// SPDX-License-Identifier: BSL-1.0

// What each client process has of this server: its sessions, the references it counted, and what it
// may hold; and what becomes of all that once it is dead. CPython has nothing like it: there a
// crashed client's references and locks are lost.
//
//   enter() ──▶ counted(), called(), acquired() … ──▶ leave()          of each session
//   died() ──▶ settled when its last session has left, or by settle_silent()
//
// References by process are a side table: the counts that clients see are the object table's.
//
// Thread-safe. No method of an object runs while the mutex is held.

#ifndef PICKLED_SERVER_CLIENTS_CLIENTS_HPP
#define PICKLED_SERVER_CLIENTS_CLIENTS_HPP

#include "server/clients/client_process.hpp"
#include "server/objects/object_table.hpp"
#include "server/types/hosted.hpp"
#include "server/types/owner.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace pickled::inline v0::detail {

// What is kept of one client process, and of one session. Guarded by the mutex of `clients`, except
// for what a session's thread alone uses. What is told of the dead moves as whole nodes, for which
// nothing is allocated: a session can always leave.
struct session_books;

// An object that a session may hold, and by which call it came to that.
struct claim {
  std::weak_ptr<hosted> object;
  std::string type_id;
  std::string ident;
};
using claims = std::map<const hosted*, claim>;

// What a session may hold, when it has ended or nobody uses it any more.
struct holder {
  owner who;
  std::string peer;
  claims held;
};

// References that a process has to one object, and whether they outlive it, since open sessions of
// others have called the object.
struct counted_references {
  std::size_t count = 0;  // 0 where all were given back
  bool owed = false;
};

struct process_books {
  static constexpr std::chrono::steady_clock::rep alive = 0;

  std::shared_ptr<const client_process> process;
  std::map<std::string, counted_references, std::less<>> references;
  std::size_t references_kept = 0;  // when they were last looked through
  std::set<session_books*> open;
  std::list<holder> left;  // sessions that have ended
  // When it was found dead, on the steady clock. Read by its sessions without the mutex.
  std::atomic<std::chrono::steady_clock::rep> died{alive};
};

struct session_books {
  holder self;
  // One empty node as long as anything is held: in it that moves to the process when this ends.
  std::list<holder> spare;
  std::size_t held_kept = 0;  // objects, when they were last looked through
  // What an object that is acquired next will need. Of the session's thread alone.
  claims::node_type next_claim;
  std::list<holder> next_spare;
  std::function<void()> orphaned;
  std::set<std::string> called;
  std::size_t called_kept = 0;  // when they were last looked through
  // nullptr: unknown. Changed by the session's thread alone.
  std::shared_ptr<process_books> process;
  std::string last_called;  // of the session's thread alone
  // While its process is still to be found, as descriptors were short: its pid, else 0; and when it
  // had connected. Of the session's thread alone.
  int sought = 0;
  std::uint64_t connected = 0;  // in the ticks of process_identity::start_time
};

class clients {
 public:
  using watch_function = std::function<void(std::shared_ptr<process_books>)>;

  // `watch` is told of every process that appears, on the thread of its session, and is to call
  // died() when that is dead.
  clients(object_table& objects, watch_function watch,
          client_process::wait_status_source wait_status = wait_status_of);
  clients(const clients&) = delete;
  clients& operator=(const clients&) = delete;
  ~clients();
  // The server ends: nothing is settled any more.
  void close() noexcept;

  // A session of the process with this pid begins; 0 where that is unknown. `orphaned` is called,
  // from any thread, each time that the session's process is found dead while it is still open.
  std::shared_ptr<session_books> enter(std::uint64_t number, int pid, std::string peer,
                                       std::function<void()> orphaned);
  // It has ended. To be called once.
  void leave(session_books& s) noexcept;

  // Who the session's process is, as far as it is known. Looks again where descriptors were short.
  process_identity process_of(session_books& s);

  // What a session does, on its thread: it created or counted an object, gave a reference back,
  // called it.
  void counted(session_books& s, const std::string& ident);
  void uncounted(session_books& s, std::string_view ident) noexcept;
  void called(session_books& s, const std::string& ident);
  // It is about to call what may acquire something for it, now or later; and then it has called it,
  // and `object`, which is that or its lock, was acquired or may be.
  void may_acquire(session_books& s, const referent& called);
  void acquired(session_books& s, const std::shared_ptr<hosted>& object) noexcept;

  // Whether its process has been dead for so long that somebody else, who shares the connection
  // since a fork, must have sent what arrives.
  bool is_orphan(const session_books& s) const;
  // From now on nothing is known of its process. What it holds is its own until it leaves.
  void disown(session_books& s);

  // The process is dead. False where no session is left. Where this throws, which is for want of
  // memory, nothing has been settled yet: settle_silent() does it.
  bool died(process_books& c);
  // Settles what its silent sessions hold, which others keep open, and calls their `orphaned`.
  // False where no session is left. Where this throws, call it again.
  bool settle_silent(process_books& c);

 private:
  struct reckoning;

  void look_for_process(session_books& s);
  std::shared_ptr<process_books> client_of(int pid, std::uint64_t connected);
  void detach(session_books& s, reckoning& due) noexcept;
  void take(process_books& c, reckoning& due);
  static void hand_over(session_books& s, std::list<holder>& to) noexcept;
  void forget_calls(session_books& s, reckoning& due) noexcept;
  void forget_call(const std::string& ident, reckoning& due) noexcept;
  void prune(session_books& s) noexcept;
  void prune(process_books& c) noexcept;
  std::optional<int> status_of(const client_process& process) const noexcept;
  void settle(reckoning due) noexcept;
  void drop(const std::string& ident, std::size_t count) noexcept;

  object_table& objects_;
  const watch_function watch_;
  const client_process::wait_status_source wait_status_;
  std::atomic<bool> closed_{false};

  std::mutex mutex_;
  std::unordered_map<int, std::shared_ptr<process_books>> by_pid_;  // the living
  std::unordered_map<std::string, std::size_t> callers_;  // open sessions that called an ident
  std::map<std::string, std::size_t> owed_;               // references of the dead to those
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_CLIENTS_CLIENTS_HPP
