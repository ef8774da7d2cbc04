// SPDX-License-Identifier: BSL-1.0

// What makes open files travel inside values: multiprocessing.reduction.DupFd, and the moment of
// context.set_spawning_popen.
//
//   duplicate := multiprocessing.popen_spawn_posix._DupFd() with state {'fd': n}
//              | a ticket of resource_sharer.hpp
//   socket    := multiprocessing.reduction._rebuild_socket(duplicate, int family, int type,
//                                                          int protocol)
//
// The first is for a child that is being spawned, and inherits the descriptor n under its number;
// the second for any process that has the same authkey.

#ifndef PICKLED_PROCESS_REDUCTION_HPP
#define PICKLED_PROCESS_REDUCTION_HPP

#include "pickled/connection/socket.hpp"
#include "pickled/value/value.hpp"

#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

// Of all that use one open file; the last to go closes it.
using shared_descriptor = std::shared_ptr<descriptor>;

// While it lives, what its thread pickles is for a child that is about to be spawned, and collects
// here the descriptors that this child has to inherit. The values that are built meanwhile must
// live as long: a connection that stands in two of them is one for the child.
class spawning {
 public:
  spawning() noexcept;
  ~spawning();
  spawning(const spawning&) = delete;
  spawning& operator=(const spawning&) = delete;

  std::span<const shared_descriptor> inherited() const noexcept { return inherited_; }

  // That of this thread which was made last; nullptr where none lives.
  static spawning* current() noexcept;
  // What was built around that open file; None at first.
  value_view& built_around(const shared_descriptor& file) { return built_[file.get()]; }

 private:
  friend value_view write_descriptor(const shared_descriptor& from, value_builder& b);

  std::vector<shared_descriptor> inherited_;
  std::map<const descriptor*, value_view> built_;
  spawning* outer_;
};

// CPython's context.assert_spawning: throws python_error RuntimeError for a `type` that is passed
// to children as they start and in no other way.
void assert_spawning(std::string_view type);

// An open file for the one receiver of what is built. Throws std::system_error.
value_view write_descriptor(const shared_descriptor& from, value_builder& b);
// The open file. It is the same however often it is read, until nobody uses it. Throws
// conversion_error for what is no descriptor, and std::system_error where there is none of its
// number, or it cannot be had of its owner (any more).
shared_descriptor read_descriptor(value_view v);

// What Python sees as a socket.socket.
struct socket {
  shared_descriptor file;
  int family = 0;
  int type = 0;
  int protocol = 0;
};

value_view to_value(const socket& from, value_builder& b);
void from_value(value_view v, socket& to);

// The state that a BUILD gave an instance of the class. Throws conversion_error for anything else.
value_view state_of(value_view v, const global_name& python_class);
// The same where it has to be a tuple of at least `size` items.
std::span<const value_view> state_items(value_view v, const global_name& python_class,
                                        std::size_t size);
// An instance that is made without a call: cls.__new__(cls), then __setstate__(state).
value_view write_instance(const global_name& python_class, value_view state, value_builder& b);

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_REDUCTION_HPP
