// SPDX-License-Identifier: BSL-1.0

// The way to a server, CPython's or ours, and to the objects that it hosts. Mirrors
// multiprocessing.managers.SyncManager as a client uses it.
//
//   auto m = pickled::manager::connect("unix:/run/jobs.sock", authkey);
//   auto counts = m.dict<std::string, int>();                       // a new object
//   auto tasks = m.get<pickled::queue_proxy<>>("get_tasks");        // a registered callable's

#ifndef PICKLED_PROXY_MANAGER_HPP
#define PICKLED_PROXY_MANAGER_HPP

#include "pickled/connection/address.hpp"
#include "pickled/connection/client.hpp"
#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/request.hpp"
#include "pickled/proxy/server_link.hpp"
#include "pickled/proxy/start_options.hpp"
#include "pickled/proxy/types.hpp"

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace pickled::inline v0::detail {
class server_process;
}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

// A class or function of Python's, as an argument: `list` is python_name{"builtins", "list"}.
struct python_name {
  std::string_view module;
  std::string_view name;
};
inline value_view to_value(const python_name& from, value_builder& b) {
  return b.global(from.module, from.name);
}

// Copies share the connections. Thread-safe. Every function throws connection_error where the
// connection failed (unanswered_call, where the server may have done what it was asked for),
// authentication_error where the server has another authkey, remote_error where the server refused:
// an unknown typeid (proxy_errc::no_such_type), a factory that raised, and lock_lost as calls do.
class manager {
 public:
  // `server` is "HOST:PORT", "unix:PATH" or "unix:@NAME". Asks the server for a sign of life; with
  // options.reconnect one that does not listen yet is waited for.
  static manager connect(std::string_view server, std::string_view authkey,
                         const call_options& options = {});
  static manager connect(const address& server, std::string_view authkey,
                         const call_options& options = {});

  // Starts a server of its own, the program `pickled`, in the background. It ends with the last
  // copy of this manager, also if that takes killing it; calls of proxies that are left fail.
  // Should this program die, the server ends when it and its forks are gone and nobody has been
  // connected for some seconds. Python connects to it by server() and the key. Mirrors
  // BaseManager.start. Throws connection_error where there is no such program, or it ends instead
  // of listening: stderr, which it shares, says why.
  static manager start(const start_options& options = {});

  const address& server() const noexcept { return link_->where(); }

  // A new object of a registered typeid. Throws conversion_error where it has not the methods that
  // the proxy calls.
  template <std::derived_from<base_proxy> Proxy = base_proxy, class... Args>
  Proxy create(std::string_view type_id, const Args&... args) const {
    return made<Proxy>(false, type_id, args...);
  }
  // What a registered callable returns, an object that exists already: m.get_tasks(). After a
  // restart of the server the proxy asks for it again by this name and these arguments, as soon as
  // the server says that it does not know the object.
  template <std::derived_from<base_proxy> Proxy = base_proxy, class... Args>
  Proxy get(std::string_view type_id, const Args&... args) const {
    return made<Proxy>(true, type_id, args...);
  }
  // The object of an ident that was learned elsewhere.
  template <std::derived_from<base_proxy> Proxy = base_proxy>
  Proxy attach(std::string type_id, std::string ident) const {
    detail::pickled_proxy about;
    about.proxytype = "AutoProxy";
    if constexpr (requires { Proxy::proxytype; }) about.proxytype = Proxy::proxytype;
    about.referent = {std::move(type_id), server(), std::move(ident)};
    return Proxy(base_proxy(link_, std::move(about), false));
  }

  // Arguments as those of Python's types: m.list(std::vector{1, 2}), m.dict(keyword{"a", 1}). The
  // proxies say what they hold where they are told: m.dict<std::string, int>().
  template <class T = value, class... Args>
  list_proxy<T> list(const Args&... args) const {
    return create<list_proxy<T>>("list", args...);
  }
  template <class K = value, class V = value, class... Args>
  dict_proxy<K, V> dict(const Args&... args) const {
    return create<dict_proxy<K, V>>("dict", args...);
  }
  // CPython's managers have it from 3.14 on.
  template <class T = value, class... Args>
  set_proxy<T> set(const Args&... args) const {
    return create<set_proxy<T>>("set", args...);
  }
  template <class... Args>
  namespace_proxy make_namespace(const Args&... args) const {
    return create<namespace_proxy>("Namespace", args...);
  }
  template <class T = value>
  value_proxy<T> make_value(std::string_view typecode, argument<T> initial) const {
    return create<value_proxy<T>>("Value", typecode, initial);
  }
  template <class T = value>
  array_proxy<T> array(std::string_view typecode, any_argument initial) const {
    return create<array_proxy<T>>("Array", typecode, initial);
  }
  lock_proxy lock() const { return create<lock_proxy>("Lock"); }
  rlock_proxy rlock() const { return create<rlock_proxy>("RLock"); }
  event_proxy event() const { return create<event_proxy>("Event"); }
  semaphore_proxy semaphore(int initial = 1) const {
    return create<semaphore_proxy>("Semaphore", initial);
  }
  semaphore_proxy bounded_semaphore(int initial = 1) const {
    return create<semaphore_proxy>("BoundedSemaphore", initial);
  }
  // With an RLock of its own, or with a lock that is shared.
  condition_proxy condition() const { return create<condition_proxy>("Condition"); }
  template <std::derived_from<base_proxy> Lock>
  condition_proxy condition(const Lock& shared) const {
    return create<condition_proxy>("Condition", shared);
  }
  barrier_proxy barrier(int parties) const { return create<barrier_proxy>("Barrier", parties); }
  // 0 means no bound.
  template <class T = value>
  queue_proxy<T> queue(int maxsize = 0) const {
    return create<queue_proxy<T>>("Queue", maxsize);
  }
  template <class T = value>
  queue_proxy<T> joinable_queue(int maxsize = 0) const {
    return create<queue_proxy<T>>("JoinableQueue", maxsize);
  }

  // Of CPython's managers alone: so many processes that run Python, or one for each processor.
  pool_proxy pool() const { return create<pool_proxy>("Pool"); }
  pool_proxy pool(std::size_t processes) const { return create<pool_proxy>("Pool", processes); }

  // The standard library's containers and queues, which our server has, and CPython's where they
  // were registered there by these names: m.deque<int>(std::vector{1, 2}, keyword{"maxlen", 5}).
  template <class K = value, class... Args>
  counter_proxy<K> counter(const Args&... args) const {
    return create<counter_proxy<K>>("Counter", args...);
  }
  template <class T = value, class... Args>
  deque_proxy<T> deque(const Args&... args) const {
    return create<deque_proxy<T>>("deque", args...);
  }
  template <class K = value, class V = value, class... Args>
  ordered_dict_proxy<K, V> ordered_dict(const Args&... args) const {
    return create<ordered_dict_proxy<K, V>>("OrderedDict", args...);
  }
  // `factory` is what makes an item: python_name{"builtins", "list"}.
  template <class K = value, class V = value, class... Args>
  default_dict_proxy<K, V> default_dict(const python_name& factory, const Args&... args) const {
    return create<default_dict_proxy<K, V>>("defaultdict", factory, args...);
  }
  template <class... Args>
  bytearray_proxy bytearray(const Args&... args) const {
    return create<bytearray_proxy>("bytearray", args...);
  }
  // get gives the smallest item, or the one that was put last.
  template <class T = value>
  queue_proxy<T> priority_queue(int maxsize = 0) const {
    return create<queue_proxy<T>>("PriorityQueue", maxsize);
  }
  template <class T = value>
  queue_proxy<T> lifo_queue(int maxsize = 0) const {
    return create<queue_proxy<T>>("LifoQueue", maxsize);
  }
  template <class T = value>
  queue_proxy<T> simple_queue() const {
    return create<queue_proxy<T>>("SimpleQueue");
  }

  // What the server counts, after it was told of the proxies that have gone.
  std::size_t number_of_objects() const;
  // A line or two for each object, for people.
  std::string debug_info() const;
  // Ends the server, after it was told of the proxies that have gone. What it hosts is gone, and
  // calls of its proxies fail.
  void shutdown() const;

 private:
  friend class call_queue;
  friend class pipeline;

  explicit manager(std::shared_ptr<server_link> link,
                   std::shared_ptr<const detail::server_process> process = nullptr) noexcept
      : link_(std::move(link)), process_(std::move(process)) {}

  template <class Proxy, class... Args>
  Proxy made(bool named, std::string_view type_id, const Args&... args) const {
    std::string proxytype = "AutoProxy";
    if constexpr (requires { Proxy::proxytype; }) proxytype = Proxy::proxytype;
    std::string_view telling_method;
    if constexpr (requires { Proxy::telling_method; }) telling_method = Proxy::telling_method;
    return Proxy(create_with(detail::make_call({}, "create", type_id, args...), type_id, proxytype,
                             telling_method, named));
  }
  base_proxy create_with(buffer request, std::string_view type_id, std::string_view proxytype,
                         std::string_view telling_method, bool named) const;
  value ask_for(std::string_view type_id, const buffer& request) const;

  std::shared_ptr<server_link> link_;
  std::shared_ptr<const detail::server_process> process_;  // where it was started by this program
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_MANAGER_HPP
