// The books that `clients` keeps: of one client process, and of one session. Guarded by its mutex,
// except for what a session's thread alone uses.

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
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

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

struct process_books {
  static constexpr std::chrono::steady_clock::rep alive = 0;

  std::shared_ptr<const client_process> process;
  std::unordered_map<std::string, std::size_t> references;  // 0 where all were given back
  std::size_t references_kept = 0;                          // when they were last looked through
  std::set<session_books*> open;
  std::vector<holder> left;  // sessions that have ended
  // When it was found dead, on the steady clock. Read by its sessions without the mutex.
  std::atomic<std::chrono::steady_clock::rep> died{alive};
};

struct session_books {
  holder self;
  std::size_t held_kept = 0;  // objects, when they were last looked through
  std::function<void()> orphaned;
  std::unordered_set<std::string> called;
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
