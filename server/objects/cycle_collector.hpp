// SPDX-License-Identifier: BSL-1.0

// Finds objects that only each other's values mention, as after `d['me'] = d`: no count of shares
// ever frees them, and in CPython they live for ever.
//
// An object is reachable if it is counted, rests, or is shared by something that is no value of a
// hosted object (a running or a waiting call, a proxy in a reply), or if a reachable one mentions
// it. What is not, and is not looked up for the grace period either, is destroyed.

#ifndef PICKLED_SERVER_OBJECTS_CYCLE_COLLECTOR_HPP
#define PICKLED_SERVER_OBJECTS_CYCLE_COLLECTOR_HPP

#include "server/objects/object_table.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace pickled::inline v0::detail {

// Used by one thread at a time; the objects may be used meanwhile.
class cycle_collector {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  cycle_collector(object_table& objects, std::chrono::milliseconds grace)
      : objects_(objects), grace_(grace) {}

  // Looks at all objects, unless it did so lately: no more than a hundredth of one thread's time
  // goes into it.
  void run(time_point now);

 private:
  struct suspect {
    time_point since;  // when it was first found unreachable
    std::uint64_t finds;
  };

  void collect(time_point now);

  object_table& objects_;
  const std::chrono::milliseconds grace_;
  std::unordered_map<std::string, suspect> suspects_;
  time_point next_{};
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_OBJECTS_CYCLE_COLLECTOR_HPP
