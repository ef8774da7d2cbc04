// SPDX-License-Identifier: BSL-1.0

// Which hosted objects are alive, by ident, and how many references clients say they have: the twin
// of id_to_obj, id_to_refcount and id_to_local_proxy_obj of CPython's Server.
//
// The table itself holds an object as long as its count is 1 or more. Everything else that keeps it
// alive (a proxy inside a value, a running call) simply shares it: while anybody does, its ident
// answers and can be counted again. When nobody does any more, it rests for a grace period, since a
// client may be about to count a proxy that it was just sent; then it is destroyed, and what its
// values mention goes with it, in a loop, however deep they were nested.
//
// Thread-safe. The mutex is held for looking up, inserting and counting only, never while an
// object's method, factory or destructor runs.

#ifndef PICKLED_SERVER_OBJECTS_OBJECT_TABLE_HPP
#define PICKLED_SERVER_OBJECTS_OBJECT_TABLE_HPP

#include "server/objects/referent.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

class object_table {
 public:
  struct counted {
    std::shared_ptr<referent> object;
    std::size_t count;
  };
  struct released {
    bool known = false;  // false: CPython answers KeyError
    // The object, where this was its last counted reference. Dropping it may destroy many objects.
    std::shared_ptr<referent> object;
  };

  // How long, and up to how many bytes together, objects rest; the oldest go first.
  struct grace {
    std::chrono::milliseconds time{0};
    std::size_t bytes = std::size_t{64} << 20;
  };

  // Where `dispose_elsewhere` is given, large objects and those whose rest is cut short are not
  // destroyed by the thread that lets go of them: it is called instead, from any thread, and must
  // not throw, and some time after dispose_rested() is to be called.
  explicit object_table(grace period, std::function<void()> dispose_elsewhere = {});
  object_table() : object_table(grace()) {}
  object_table(const object_table&) = delete;
  object_table& operator=(const object_table&) = delete;
  ~object_table();

  // Gives `object` an ident and a count of 1.
  std::shared_ptr<referent> create(const registered_type& type, std::shared_ptr<hosted> object);
  // Makes the referent of a named type, which lives as long as the table, with a count of 0.
  void add_named(const registered_type& type);
  // That referent, with one more reference. Precondition: it was added.
  std::shared_ptr<referent> create_named(const registered_type& type);
  // nullptr where no object of that ident is alive. One that rests is found, and rests anew after.
  std::shared_ptr<referent> find(std::string_view ident) const;
  // Whether an object of that ident is alive. It goes on resting.
  bool knows(std::string_view ident) const;

  // nullptr where it is unknown. An object that only values mention is counted again from 1.
  std::shared_ptr<referent> incref(std::string_view ident);
  // On an object that only values mention, nothing happens.
  released decref(std::string_view ident);

  // All that are not destroyed yet, those without a count among them.
  std::size_t alive() const;
  // How many have a count of 1 or more, and which, in the order of their idents.
  std::size_t number_of_objects() const;
  std::vector<counted> counted_objects() const;

  // Destroys what has rested for long enough by `now`, and what was left for another thread.
  void dispose_rested(std::chrono::steady_clock::time_point now);

  // An object at one moment.
  struct sight {
    std::shared_ptr<referent> object;
    bool held;            // it is counted, or rests
    long shares;          // how many there were, this one not among them
    std::uint64_t finds;  // how often it was looked up while it was not counted
  };
  // All objects, or nothing if all are held. Those that rest go on resting.
  std::vector<sight> look() const;
  // Destroys objects that only each other's values mention. Where one of them is held by now, or
  // was looked up since it was seen, nothing happens and the answer is false.
  bool destroy(std::vector<sight> unreachable);

 private:
  struct state;

  std::shared_ptr<state> state_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_OBJECTS_OBJECT_TABLE_HPP
