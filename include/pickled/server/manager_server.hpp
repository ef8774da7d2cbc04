// SPDX-License-Identifier: BSL-1.0

// A manager's server inside a program, which hosts the program's own objects beside those of
// multiprocessing's SyncManager. Mirrors multiprocessing.managers.Server.
//
//   pickled::manager_server s({.address = ..., .authkey = ...}, std::move(types));
//   s.publish("bank", std::make_shared<account>());
//   s.run();
//
// Calls of the program's objects run on threads that are there for them alone, one at a time for
// each object, unless a method is `concurrent`. They may block: no other client waits for that, as
// long as there are threads left. Whatever they throw is an exception of the client that called.
//
// A method may call objects of its own server by proxies, and wait for that. Such calls have
// threads of their own, however many there are. One that would wait for itself, since the object
// that it calls runs the call which waits for it, or one that waits for that one's, is a
// RuntimeError at once, and as many as 100 calls each within another are a RecursionError. This is
// known of the thread that runs a method alone: a circle through another process, or through
// another thread of this one, is waited for as long as with_timeout says. A method that is called
// back while its object runs another one is to be `concurrent`.
//
// An object that was made for a client, and that no client has a proxy of any more, is destroyed
// some seconds later, by a thread of the server; its destructor must not wait for anything.

#ifndef PICKLED_SERVER_MANAGER_SERVER_HPP
#define PICKLED_SERVER_MANAGER_SERVER_HPP

#include "pickled/connection/address.hpp"
#include "pickled/server/type_registry.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

struct manager_server_options {
  // Where it listens; a port of the loopback interface that the system picks, if nothing is said.
  pickled::address address = {};
  // The key that clients have to know. Must not be empty.
  std::string authkey = {};
  // Threads that read and answer; each serves many connections.
  unsigned io_threads = 1;
  // Threads that run what clients call, at least 2, beside those of calls from within. One client
  // process has at most all but one of them, so that it never holds up all others.
  unsigned call_threads = 8;
  // Bytes of all values that clients keep here, and of what objects of the program's classes tell
  // of themselves (class_definition::weight). When they are used up, nothing is made or stored any
  // more: MemoryError. 0 is no limit.
  std::uint64_t max_memory = 0;
  // Whether dict, list, Queue, Lock and the other types of SyncManager can be made, too.
  bool sync_manager_types = true;
  // Whether a client may end the server (BaseManager.shutdown).
  bool remote_shutdown = true;
  // Signals that end it in order while run() runs: {SIGINT, SIGTERM} for a program that does
  // nothing else. They are handled by the program if this is empty.
  std::vector<int> stop_on = {};
};

class manager_server {
 public:
  // Listens from here on. Throws std::system_error that names the address, and
  // std::invalid_argument for an empty authkey, or where `types` has a typeid of SyncManager's.
  manager_server(manager_server_options options, type_registry types);
  manager_server(const manager_server&) = delete;
  manager_server& operator=(const manager_server&) = delete;
  // Waits for methods that still run, see is_busy().
  ~manager_server();

  // Where it listens, with the port that the system picked.
  pickled::address address() const;

  // From now on clients find `object` by that name: Python by register('bank') and manager.bank(),
  // C++ by manager.get<base_proxy>("bank"). T is a class of the registry. May be called from any
  // thread, also while the server runs. Throws std::invalid_argument where the name is taken, or
  // the class unknown.
  template <class T>
  void publish(std::string_view name, std::shared_ptr<T> object) {
    publish_object(name, {std::move(object), typeid(T)});
  }

  // The same with a new object of a typeid that is made without arguments, mostly one of
  // SyncManager's: publish("jobs", "Queue"). Throws std::invalid_argument where there is none, and
  // python_error where it cannot be made so.
  void publish(std::string_view name, std::string_view type_id);

  // Serves until it is stopped, by stop(), a signal or a client. To be called once. Has removed the
  // file of its socket when it returns.
  void run();
  // Whether a method still runs. After run() nobody is told of its result, and a program that does
  // not want to wait for it ends by std::_Exit.
  bool is_busy() const;
  // May be called from any thread, and more than once.
  void stop();

 private:
  struct implementation;

  void publish_object(std::string_view name, detail::served_pointer object);

  std::unique_ptr<implementation> implementation_;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_SERVER_MANAGER_SERVER_HPP
