// SPDX-License-Identifier: BSL-1.0

// What all proxies share: a counted reference to an object in a server, and calls of its methods.
// Mirrors managers.BaseProxy.

#ifndef PICKLED_PROXY_BASE_PROXY_HPP
#define PICKLED_PROXY_BASE_PROXY_HPP

#include "pickled/connection/token.hpp"
#include "pickled/convert/call_arguments.hpp"
#include "pickled/convert/convert.hpp"
#include "pickled/proxy/remote_error.hpp"
#include "pickled/proxy/request.hpp"
#include "pickled/proxy/server_link.hpp"
#include "pickled/proxy/unconverted_item.hpp"
#include "pickled/value/value.hpp"

#include <chrono>
#include <concepts>
#include <exception>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {
class remote_object;
}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

// Copies are cheap, refer to the same object, and count as one for the server: the last to go
// has the count given back. Proxies may be used by many threads at once.
//
// Every call throws
//   python_error      what the referent raised: KeyError, IndexError, queue.Empty, ...
//   remote_error      where the server knows no such object or method, or cannot send the result
//   connection_error  where the connection failed, or the time for the call passed
//                     (std::errc::timed_out); its text names the server and the method
//   unanswered_call   which is one, where the call was sent before: it may have been made
//   lock_lost         where the connection failed earlier, and locks of this thread went with it
//   conversion_error  where the result does not fit the C++ type; unconverted_item where the call
//                     had taken it out of the referent
//   empty_proxy       where the proxy refers to nothing
// All of them are pickled::error, whose code() tells one reason from another.
class base_proxy {
 public:
  // Refers to nothing; to be assigned to.
  base_proxy() = default;
  // An object that the server has counted for us already, or one that is to be counted.
  // `asked` is the request that gave it, where that gives it again after a restart of the server.
  base_proxy(std::shared_ptr<server_link> link, detail::pickled_proxy about, bool counted,
             buffer asked = {});

  explicit operator bool() const noexcept { return self_ != nullptr; }
  const std::string& type_id() const;
  // Another one after a restart of the server, where the proxy found its object again; what was
  // returned before stays valid as long as the proxy.
  const std::string& ident() const;
  const address& server() const;

  // Any method that the referent exposes; keyword arguments by keyword{"name", argument}. A method
  // that answers by proxy (an iterator, a pool's result) gives a value to get<base_proxy>() of,
  // which keeps that object alive.
  template <class... Args>
  value call(std::string_view method, const Args&... args) const {
    return call_with(detail::make_call(ident(), method, args...), method);
  }

  // The same, and what it returns as a T. Where that does not fit, what() of the conversion_error
  // names the call: "Account.deposit(5): expected int, got str", "dict['k'][0].x: ...".
  template <class T, class... Args>
  T call_as(std::string_view method, const Args&... args) const {
    value result = call(method, args...);
    return name_call([&] { return std::move(result).template get<T>(); }, method, args...);
  }

  // The same proxy, whose calls give up after `limit`, connecting for them included; what they
  // asked for may still happen. With typed proxies: with_timeout(d, 2s).get<int>("k").
  void set_timeout(std::optional<std::chrono::milliseconds> limit) noexcept { timeout_ = limit; }

  // A copy of the referent itself.
  template <class T = value>
  T get_value() const {
    return call_as<T>("#GETVALUE");
  }
  // Python's text of the referent.
  std::string repr() const;
  // As Python prints a proxy: that text, or where it cannot be had, of what is known here. Throws
  // nothing but std::bad_alloc.
  std::string str() const;
  friend std::ostream& operator<<(std::ostream& out, const base_proxy& of);

  // Whether both refer to the same object.
  friend bool operator==(const base_proxy& a, const base_proxy& b) noexcept;

 protected:
  // A call whose exception of this name, one of Python's builtins, of its module queue or of
  // multiprocessing's own, is an
  // ordinary answer: nullopt then, without an exception on its way here.
  template <class... Args>
  std::optional<value> call_unless(std::string_view exception, std::string_view method,
                                   const Args&... args) const {
    return answer_unless(exception, detail::make_call(ident(), method, args...), method);
  }

  // Reads what a call returned; what does not fit names the call.
  template <class Read, class... Args>
  auto name_call(const Read& read, std::string_view method, const Args&... args) const {
    try {
      return read();
    } catch (conversion_error& error) {
      call_arguments given;
      (given.add(args), ...);
      error.name(spell_call(method, given));
      throw;
    }
  }

  // Calls that take out of the referent what they return.
  template <class T, class... Args>
  T take_as(std::string_view method, const Args&... args) const {
    value item = call(method, args...);
    return name_call([&] { return take<T>(std::move(item)); }, method, args...);
  }
  template <class T, class... Args>
  std::optional<T> take_unless(std::string_view exception, std::string_view method,
                               const Args&... args) const {
    std::optional<value> item = call_unless(exception, method, args...);
    return name_call([&] { return take<T>(std::move(item)); }, method, args...);
  }

  // A call of a method that answers by proxy: of that object, which the server has counted for us.
  // Throws conversion_error where it answers otherwise.
  template <class... Args>
  base_proxy call_for_proxy(std::string_view method, const Args&... args) const {
    return proxy_of(ask(detail::make_call(ident(), method, args...), method));
  }

  // Many calls of one method in one round trip, one after the other, with each of `first` and then
  // `rest`: what each returned, or nullopt where it raised that exception. Where any of them throws
  // something else, what the first such call threw is thrown once all are made.
  template <class First, class... Rest>
  std::vector<std::optional<value>> call_many_unless(std::string_view exception,
                                                     std::string_view method, const First& first,
                                                     const Rest&... rest) const {
    std::vector<buffer> requests;
    for (const auto& each : first)
      requests.push_back(detail::make_call(ident(), method, each, rest...));
    return answers_unless(exception, std::move(requests), method);
  }

  // A call that means what an earlier one did to the referent. Throws lock_lost where that is gone,
  // although its name was found again.
  value call_of_same(std::string_view method) const {
    return result_of(ask(detail::make_call(ident(), method), method, true));
  }

  // For locks that belong to the connection which acquired them.
  void note_acquired() const noexcept;
  void note_released() const noexcept;
  // How many such locks of this thread are known to be lost; has the next call tell of them.
  int take_lost() const;
  void note_lost(int locks) const noexcept;
  // For calls of destructors: they take some seconds at most, and connecting is tried once.
  void hurry() noexcept;

 private:
  friend value_view to_value(const base_proxy& from, value_builder& b);
  friend std::optional<base_proxy> borrow_proxy(value_view v);

  friend class call_queue;
  friend class pipeline;

  explicit base_proxy(std::shared_ptr<const detail::remote_object> self) noexcept
      : self_(std::move(self)) {}

  const detail::remote_object& self() const {
    if (self_ == nullptr) throw empty_proxy();
    return *self_;
  }
  // Of a call that begins now.
  detail::call_limits limits() const;
  // With `of_same`, as call_of_same.
  answer ask(const buffer& request, std::string_view method, bool of_same = false) const;
  answer ask_once(const buffer& request, std::string_view method,
                  const detail::call_limits& limits) const;
  // Whether the object that the server did not find for `request` was found by its name.
  bool found_again(const buffer& request, const remote_error& error,
                   const detail::call_limits& limits) const;
  bool object_moved(const std::exception_ptr& failure, const buffer& request,
                    const detail::call_limits& limits) const;
  // The same request to where the object is now.
  buffer readdressed(const buffer& request) const;
  value call_with(const buffer& request, std::string_view method) const;
  std::optional<value> answer_unless(std::string_view exception, const buffer& request,
                                     std::string_view method) const;
  std::vector<std::optional<value>> answers_unless(std::string_view exception,
                                                   std::vector<buffer> requests,
                                                   std::string_view method) const;
  // "dict['k']", "Queue.get(True, 1.0)".
  std::string spell_call(std::string_view method, call_arguments& given) const;
  value result_of(answer given) const;
  base_proxy proxy_of(answer given) const;
  detail::pickled_proxy created_by(const answer& given) const;
  template <class F>
  auto naming_call(std::string_view method, const F& called) const;

  std::shared_ptr<const detail::remote_object> self_;
  std::optional<std::chrono::milliseconds> timeout_;  // of the server's options where there is none
  bool hurried_ = false;
};

// A copy of a proxy whose calls give up after `limit`, with std::system_error of
// std::errc::timed_out: with_timeout(tasks, 2s).get<job>().
template <std::derived_from<base_proxy> Proxy>
Proxy with_timeout(Proxy of, std::chrono::milliseconds limit) {
  of.set_timeout(limit);
  return of;
}

// A proxy travels inside values as itself: the receiver calls the same object.
value_view to_value(const base_proxy& from, value_builder& b);

// What a proxy inside a value refers to; asks the server for a count. `proxytype` is empty, or the
// class that it has to be; `telling_method` is empty, or one that it has to have where it says
// which it has.
base_proxy rebuild_proxy(value_view v, std::string_view proxytype, std::string_view telling_method);

// The same for calls that are made at once, and for less: without a count, which costs a call, and
// with CPython's server a connection of its own. The object is kept by what held the proxy; should
// that let go of it meanwhile, the call throws remote_error no_such_object. nullopt for what is no
// proxy.
std::optional<base_proxy> borrow_proxy(value_view v);

// Throws conversion_error also where the server is not known: connect a manager to it first, or
// set_authkey.
template <std::derived_from<base_proxy> Proxy>
void from_value(value_view v, Proxy& to) {
  if constexpr (requires { Proxy::proxytype; }) {
    to = Proxy(rebuild_proxy(v, Proxy::proxytype, Proxy::telling_method));
  } else {
    to = Proxy(rebuild_proxy(v, {}, {}));
  }
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_BASE_PROXY_HPP
