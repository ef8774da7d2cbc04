// SPDX-License-Identifier: BSL-1.0

// A bytearray in a server. CPython's server shows the operators ([], size, contains) only where it
// was told to by `exposed=`.

#ifndef PICKLED_PROXY_BYTEARRAY_PROXY_HPP
#define PICKLED_PROXY_BYTEARRAY_PROXY_HPP

#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/item_reference.hpp"
#include "pickled/proxy/slice.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// An index may be negative: -1 is the last byte. Where there is no such byte, python_error
// IndexError. All bytes at once are get_value<std::vector<std::byte>>().
class bytearray_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "AutoProxy";
  static constexpr std::string_view telling_method = "startswith";
  using value_type = std::uint8_t;
  using bytes = std::span<const std::byte>;

  bytearray_proxy() = default;
  explicit bytearray_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  std::size_t size() const { return call_as<std::size_t>("__len__"); }
  bool empty() const { return size() == 0; }
  bool contains(bytes part) const { return call_as<bool>("__contains__", part); }

  auto operator[](std::ptrdiff_t index) const {
    return item_reference<bytearray_proxy, std::ptrdiff_t, std::uint8_t>(*this, index);
  }
  template <class T = std::uint8_t>
  T get(std::ptrdiff_t index) const {
    return call_as<T>("__getitem__", index);
  }
  std::uint8_t at(std::ptrdiff_t index) const { return get(index); }
  std::vector<std::byte> get(const slice& range) const {
    return call_as<std::vector<std::byte>>("__getitem__", range);
  }
  void set(std::ptrdiff_t index, std::uint8_t byte) const { call("__setitem__", index, byte); }
  void set(const slice& range, bytes with) const { call("__setitem__", range, with); }

  void push_back(std::uint8_t byte) const { call("append", byte); }
  void extend(bytes more) const { call("extend", more); }
  void insert(std::ptrdiff_t index, std::uint8_t byte) const { call("insert", index, byte); }
  std::uint8_t pop(std::ptrdiff_t index = -1) const { return call_as<std::uint8_t>("pop", index); }
  void erase(std::ptrdiff_t index) const { call("__delitem__", index); }
  void erase(const slice& range) const { call("__delitem__", range); }
  void clear() const { call("clear"); }
  void reverse() const { call("reverse"); }

  // Where `part` is for the first time, or the last; nullopt where it is not.
  std::optional<std::size_t> find(bytes part) const { return place(call("find", part)); }
  std::optional<std::size_t> rfind(bytes part) const { return place(call("rfind", part)); }
  std::size_t count(bytes part) const { return call_as<std::size_t>("count", part); }
  bool starts_with(bytes part) const { return call_as<bool>("startswith", part); }
  bool ends_with(bytes part) const { return call_as<bool>("endswith", part); }
  std::string hex() const { return call_as<std::string>("hex"); }

 private:
  static std::optional<std::size_t> place(const value& found) {
    const auto index = found.get<std::ptrdiff_t>();
    return index < 0 ? std::nullopt : std::optional(static_cast<std::size_t>(index));
  }
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_BYTEARRAY_PROXY_HPP
