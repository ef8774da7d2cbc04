// SPDX-License-Identifier: BSL-1.0

// C++ types from and to Python's values: get, to_value, loads<T> and dumps(T).
//
//   auto counts = pickled::loads<std::map<std::string, int>>(bytes);
//   pickled::buffer pickle = pickled::dumps(counts);
//   int n = value.get<int>();
//
// The headers of convert/ list which types there are and what each becomes; a program adds its
// own by PICKLED_DESCRIBE (convert/describe.hpp) or by two functions (convert/core.hpp).
// Not included, because they cost something to compile: convert/big_integer.hpp.

#ifndef PICKLED_CONVERT_CONVERT_HPP
#define PICKLED_CONVERT_CONVERT_HPP

#include "pickled/codec/pickler.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/convert/choice.hpp"
#include "pickled/convert/chrono.hpp"
#include "pickled/convert/core.hpp"
#include "pickled/convert/describe.hpp"
#include "pickled/convert/describe_enum.hpp"
#include "pickled/convert/mapping.hpp"
#include "pickled/convert/ndarray.hpp"
#include "pickled/convert/scalar.hpp"
#include "pickled/convert/sequence.hpp"
#include "pickled/convert/text.hpp"
#include "pickled/convert/tuple.hpp"

#include <concepts>
#include <memory>
#include <string_view>
#include <system_error>

PICKLED_BEGIN_NAMESPACE

// Every function here that throws has a form with a std::error_code, which returns nothing where
// the other one throws; where in a value the reason lies, only the exception tells.

// Throws conversion_error.
template <class T>
T get(value_view v) {
  static_assert(readable<T>,
                "no from_value(value_view, T&) for this type, or it has no default constructor: "
                "describe it with PICKLED_DESCRIBE, or write the function in its namespace");
  T result{};
  from_value(v, result);
  return result;
}

template <class T>
T get(value_view v, std::error_code& error) {
  return detail::catch_error(error, [v] { return get<T>(v); });
}

template <class T>
T value_view::get() const {
  return pickled::get<T>(*this);
}

template <class T>
T value::get() const& {
  if constexpr (std::same_as<T, value>) {
    return *this;
  } else {
    return pickled::get<T>(view_);
  }
}

template <class T>
T value::get() const&& {
  static_assert(!borrows<T>, "this type points into the value: keep the value in a variable");
  return static_cast<const value&>(*this).get<T>();
}

template <class T>
requires(!std::same_as<T, value::item>) value::item::item(const T& from)
noexcept
    : from_(std::addressof(from)), write_([](const void* of, value_builder& b) {
        if constexpr (writable<T>) return to_value(*static_cast<const T*>(of), b);
        return value_view();
      }) {
  static_assert(writable<T>,
                "no to_value(const T&, value_builder&) for this type: describe it with "
                "PICKLED_DESCRIBE, or write the function in its namespace");
}

template <class T>
void value::push_back(const T& item) {
  value_builder builder = builder_of_list();
  builder.append(view_, to_value(item, builder));
}

template <class T>
const value::reference& value::reference::operator=(const T& item) const {
  check();
  value_builder builder(*holder_.owner());
  const value_view made = to_value(item, builder);
  if (!replace(made)) builder.insert(holder_, to_value(*key_, builder), made);
  return *this;
}

// A value with an arena of its own. Throws conversion_error.
template <class T>
value to_value(const T& from) {
  static_assert(writable<T>,
                "no to_value(const T&, value_builder&) for this type: describe it with "
                "PICKLED_DESCRIBE, or write the function in its namespace");
  auto owner = std::make_shared<arena>();
  value_builder builder(*owner);
  const value_view view = to_value(from, builder);
  return value(view, std::move(owner));
}

template <class T>
value to_value(const T& from, std::error_code& error) {
  return detail::catch_error(error, [&] { return to_value(from); });
}

template <class T>
void value::patch(std::string_view path, const T& item) {
  if (!put(path, item)) *this = to_value(item);
}

template <class T>
requires(!std::convertible_to<const T&, value_view>) value::value(const T& from)
    : value(to_value(from)) {}

// pickle.loads into a C++ type. Throws unpickling_error or conversion_error.
template <class T>
T loads(bytes_view input, const load_options& options = {}) {
  static_assert(!borrows<T>, "this type points into the value: load a value first");
  return loads(input, options).get<T>();
}
template <class T>
T loads(bytes_view input, std::error_code& error, const load_options& options = {}) {
  return detail::catch_error(error, [&] { return loads<T>(input, options); });
}
// The same of bytes that were read into a string.
template <class T>
T loads(std::string_view input, const load_options& options = {}) {
  return loads<T>(as_bytes(input), options);
}
template <class T>
T loads(std::string_view input, std::error_code& error, const load_options& options = {}) {
  return loads<T>(as_bytes(input), error, options);
}

// pickle.dumps of a C++ type. Throws conversion_error, and as dumps of a value.
template <class T>
requires(!std::convertible_to<const T&, value_view>) buffer
    dumps(const T& from, const dump_options& options = {}) {
  return dumps(to_value(from), options);
}
template <class T>
requires(!std::convertible_to<const T&, value_view>) buffer
    dumps(const T& from, std::error_code& error, const dump_options& options = {}) {
  return detail::catch_error(error, [&] { return dumps(from, options); });
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_CONVERT_HPP
