// SPDX-License-Identifier: BSL-1.0

// The classes of a program by their C++ types, with the method tables that the server looks into.
// Read-only once made; shared by the objects of these classes.

#ifndef PICKLED_SERVER_CLASSES_SERVED_TYPES_HPP
#define PICKLED_SERVER_CLASSES_SERVED_TYPES_HPP

#include "frozen/freezer.hpp"
#include "frozen/memory_in_use.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/server/type_registry.hpp"
#include "server/classes/served_coroutine.hpp"
#include "server/registry.hpp"
#include "server/types/arguments.hpp"
#include "server/types/hosted.hpp"

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>
#include <vector>

namespace pickled::inline v0::detail {

struct served_type {
  const served_class& definition;
  std::vector<method_entry> entries;
  std::vector<const served_function*> functions;  // of the entries
  registered_type registered;

  const served_function& function_of(const method_entry& entry) const noexcept {
    return *functions[static_cast<std::size_t>(&entry - entries.data())];
  }
};

// What an object of the program's weighs, however often it is hosted. Thread-safe.
class served_weight {
 public:
  std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  void set(std::size_t bytes) noexcept {
    const std::lock_guard guard(mutex_);
    memory_.set(bytes);
    bytes_.store(bytes, std::memory_order_relaxed);
  }

 private:
  std::mutex mutex_;
  memory_share memory_;
  std::atomic<std::size_t> bytes_ = 0;
};

class served_types : public std::enable_shared_from_this<served_types> {
 public:
  explicit served_types(type_registry types);
  served_types(const served_types&) = delete;
  served_types& operator=(const served_types&) = delete;

  // Throws std::invalid_argument where a typeid is taken, or a singleton's class unknown.
  void register_all(registry& into) const;

  // Throws std::invalid_argument where the class is unknown, or there is no object.
  std::shared_ptr<hosted> host(const served_pointer& object) const;
  // Has `weight` be what the object weighs now. What the program throws then leaves it as it is.
  static void weigh(const served_class& of, const void* object, served_weight& weight) noexcept;
  // The type that `host` makes such an object of; nullptr where it is unknown.
  const served_type* find(std::type_index type) const noexcept;

  // Calls a function for a client: `self` is its object, if it is a method. What it returns is
  // built by `b`. Throws python_error alone.
  served_result call(const served_function& f, void* self, const arguments& args,
                     value_builder& b) const;
  // The same of a coroutine: what starts it.
  coroutine_body::start prepare(const served_function& f, void* self, const arguments& args,
                                value_builder& b) const;
  // What it has returned, at rest. Proxies of the server's own objects are known as such. Throws
  // python_error.
  frozen at_rest(value_view returned) const;
  // From now on the objects are those of a server, which finds them by their ident.
  void serve_in(std::function<std::shared_ptr<void>(std::string_view)> find,
                coroutine_thread& coroutines);
  coroutine_thread& coroutines() const noexcept { return *coroutines_; }
  // What was thrown by the program, for Python.
  python_error to_python(const std::exception_ptr& thrown) const;

 private:
  void add(const served_class& definition);
  template <class Run>
  auto for_client(const served_function& f, const arguments& args, value_builder& b,
                  const Run& run) const;
  std::shared_ptr<hosted> hosted_result(const served_result& made) const;
  std::shared_ptr<hosted> await(const served_function& f, const arguments& args) const;
  std::shared_ptr<served_weight> weight_of(const served_class& of, const void* object) const;

  const type_registry types_;
  freeze_options freezing_;
  coroutine_thread* coroutines_ = nullptr;
  std::map<std::type_index, served_type> by_class_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<const void*, std::weak_ptr<served_weight>> weights_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_CLASSES_SERVED_TYPES_HPP
