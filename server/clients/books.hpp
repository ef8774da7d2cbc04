// SPDX-License-Identifier: BSL-1.0

// The books that `clients` keeps: of one client process, and of one session. Guarded by its mutex,
// except for what a session's thread alone uses. What is told of the dead moves as whole nodes, for
// which nothing is allocated: a session can always leave.

#ifndef PICKLED_SERVER_CLIENTS_BOOKS_HPP
#define PICKLED_SERVER_CLIENTS_BOOKS_HPP

#include "server/clients/client_process.hpp"
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
#include <set>
#include <string>

namespace pickled {

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
  std::map<std::string, counted_references> references;
  std::size_t references_kept = 0;  // when they were last looked through
  std::set<session_books*> open;
  std::list<holder> left;  // sessions that have ended
  // When it was found dead, on the steady clock. Read by its sessions without the mutex.
  std::atomic<std::chrono::steady_clock::rep> died{alive};
};

struct session_books {
  holder self;
  // One, empty, wherever something is held: takes that to where it is looked after from then on.
  std::list<holder> spare;
  std::size_t held_kept = 0;  // objects, when they were last looked through
  // What an object that is acquired next will need. Of the session's thread alone.
  claims::node_type next_claim;
  std::list<holder> next_spare;
  std::function<void()> orphaned;
  std::set<std::string> called;
  std::size_t called_kept = 0;  // when they were last looked through
  std::shared_ptr<process_books>
      process;              // nullptr: unknown. Changed by the session's thread alone
  std::string last_called;  // of the session's thread alone
  // While its process is still to be found, as descriptors were short: its pid, else 0; and when it
  // had connected. Of the session's thread alone.
  int sought = 0;
  std::uint64_t connected = 0;  // in the ticks of process_identity::start_time
};

}  // namespace pickled

#endif  // PICKLED_SERVER_CLIENTS_BOOKS_HPP
