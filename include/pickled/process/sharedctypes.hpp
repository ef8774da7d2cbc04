// SPDX-License-Identifier: BSL-1.0

// A number, a structure or an array of them between processes: multiprocessing.Value and Array,
// with their lock or without.
//
//   auto counter = pickled::multiprocessing::value<int>::create(0);
//   {
//     const std::lock_guard guard(counter);
//     ++counter.get_obj();
//   }
//
//   value := multiprocessing.sharedctypes.synchronized(ctype, lock) | ctype
//   ctype := multiprocessing.sharedctypes.rebuild_ctype(type, block, int length | None)
//
// The type is one of ctypes; a C++ type stands for each that has its size and sort:
//
//   char      c_char    'c'      bool      c_bool
//   wchar_t   c_wchar   'u'      float     c_float   'f'
//   integers  c_byte 'b' ... c_ulonglong 'Q'         double    c_double  'd'
//
// A struct that PICKLED_DESCRIBE ties to a ctypes.Structure of Python's stands for that, and has to
// have the members of its _fields_ in their order. It is told by name alone: nothing but the size
// is checked.

#ifndef PICKLED_PROCESS_SHAREDCTYPES_HPP
#define PICKLED_PROCESS_SHAREDCTYPES_HPP

#include "pickled/convert/convert.hpp"
#include "pickled/process/heap.hpp"
#include "pickled/process/synchronize.hpp"

#include <algorithm>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

// What ctypes says of a C type.
struct ctype {
  char sort = 0;  // c(har), w(char), b(ool), i(nt), u(nsigned), f(loat), s(tructure)
  std::size_t size = 0;
  global_name structure = {};

  friend bool operator==(const ctype&, const ctype&) = default;
};

template <class T>
concept structure =
    described_class<T> && std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T>;

template <class T>
requires(std::is_arithmetic_v<T> || structure<T>) constexpr ctype ctype_of() noexcept {
  if constexpr (structure<T>)
    return {'s', sizeof(T), detail::description_of<T>().python_class};
  else if constexpr (std::same_as<T, char>)
    return {'c', sizeof(T)};
  else if constexpr (std::same_as<T, wchar_t>)
    return {'w', sizeof(T)};
  else if constexpr (std::same_as<T, bool>)
    return {'b', sizeof(T)};
  else if constexpr (std::floating_point<T>)
    return {'f', sizeof(T)};
  else
    return {std::signed_integral<T> ? 'i' : 'u', sizeof(T)};
}

// What value and array have in common: the memory, and the lock where there is one.
class synchronized_base {
 public:
  // Python's get_lock(): an RLock by default.
  const sem_lock& get_lock() const noexcept { return lock_; }
  // So that std::lock_guard takes it. Without a lock they do nothing.
  void lock() const {
    if (lock_) lock_.lock();
  }
  bool try_lock() const { return !lock_ || lock_.try_lock(); }
  void unlock() const {
    if (lock_) lock_.unlock();
  }

 protected:
  synchronized_base() = default;

  value_view write(ctype type, std::optional<std::size_t> length, value_builder& b) const;
  // Throws conversion_error for another type, and for an array where `is_array` says otherwise.
  void read(value_view v, ctype type, bool is_array);

  shared_block memory_;
  sem_lock lock_;
};

// Copies are the same object. One that was made by default refers to nothing.
template <class T>
class value : public synchronized_base {
 public:
  value() = default;
  static value create(T initial = {}) { return create_with(initial, rlock::create()); }
  // Python's lock=False.
  static value create_raw(T initial = {}) { return create_with(initial, {}); }
  static value create_with(T initial, const sem_lock& lock) {
    value made;
    made.memory_ = shared_block::allocate(sizeof(T));
    made.lock_ = lock;
    made.get_obj() = initial;
    return made;
  }

  // Python's property `value`: each takes the lock.
  T get() const {
    const std::lock_guard guard(*this);
    return get_obj();
  }
  void set(const T& to) const {
    const std::lock_guard guard(*this);
    get_obj() = to;
  }
  // The object itself, for who has the lock.
  T& get_obj() const noexcept { return *reinterpret_cast<T*>(memory_.memory().data()); }

 private:
  friend value_view to_value(const value& from, value_builder& b) {
    return from.write(ctype_of<T>(), std::nullopt, b);
  }
  friend void from_value(value_view v, value& to) { to.read(v, ctype_of<T>(), false); }
};

// Copies are the same array.
template <class T>
class array : public synchronized_base {
 public:
  array() = default;
  // Zeroed.
  static array create(std::size_t size) { return create_with(size, rlock::create()); }
  static array create(std::span<const T> initial) {
    array made = create(initial.size());
    std::copy(initial.begin(), initial.end(), made.get_obj().begin());
    return made;
  }
  static array create_raw(std::size_t size) { return create_with(size, {}); }
  static array create_with(std::size_t size, const sem_lock& lock) {
    array made;
    made.memory_ = shared_block::allocate(size * sizeof(T));
    made.lock_ = lock;
    return made;
  }

  std::size_t size() const noexcept { return memory_.memory().size() / sizeof(T); }
  // Each takes the lock. Precondition: index < size().
  T get(std::size_t index) const {
    const std::lock_guard guard(*this);
    return get_obj()[index];
  }
  void set(std::size_t index, const T& to) const {
    const std::lock_guard guard(*this);
    get_obj()[index] = to;
  }
  std::vector<T> to_vector() const requires(!std::same_as<T, bool>) {
    const std::lock_guard guard(*this);
    const auto items = get_obj();
    return {items.begin(), items.end()};
  }
  // The items themselves, for who has the lock.
  std::span<T> get_obj() const noexcept {
    return {reinterpret_cast<T*>(memory_.memory().data()), size()};
  }

 private:
  friend value_view to_value(const array& from, value_builder& b) {
    return from.write(ctype_of<T>(), from.size(), b);
  }
  friend void from_value(value_view v, array& to) { to.read(v, ctype_of<T>(), true); }
};

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_SHAREDCTYPES_HPP
