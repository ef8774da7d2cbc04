// SPDX-License-Identifier: BSL-1.0

// Where a server listens: an IPv4 host and port, or a unix socket by path or abstract name. These
// are the families that CPython's clients know on POSIX; nothing here looks a name up.

#ifndef PICKLED_CONNECTION_ADDRESS_HPP
#define PICKLED_CONNECTION_ADDRESS_HPP

#include "pickled/namespace.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

PICKLED_BEGIN_NAMESPACE

class address {
 public:
  enum class family {
    inet,           // ('127.0.0.1', 5000)
    unix_path,      // '/run/manager.sock'
    unix_abstract,  // b'\0name', Linux only
  };

  // A port of the loopback interface that the system picks.
  address() : address(family::inet, "127.0.0.1", 0) {}
  static address inet(std::string host, std::uint16_t port) {
    return {family::inet, std::move(host), port};
  }
  static address unix_path(std::string path) { return {family::unix_path, std::move(path), 0}; }
  // `name` without the NUL before it.
  static address unix_abstract(std::string name) {
    return {family::unix_abstract, std::move(name), 0};
  }

  // "HOST:PORT" (an empty HOST means every interface), "unix:PATH" or "unix:@NAME";
  // `connection_errc::bad_address` for anything else, IPv6 among it.
  [[nodiscard]] static std::error_code parse(std::string_view text, address& result);
  // What parse takes.
  std::string text() const;

  address::family family() const noexcept { return family_; }
  // The host as it was spelled, the path, or the abstract name.
  const std::string& name() const noexcept { return name_; }
  std::uint16_t port() const noexcept { return port_; }

  // Whether only this machine can reach it: unix sockets, localhost and 127.0.0.0/8.
  bool is_loopback() const;
  // One spelling for the ways to spell one address: numbers in dotted form, "localhost" as
  // 127.0.0.1, "" as 0.0.0.0, other names in lower case, paths without "//", "." and "..".
  address canonical() const;

  // Compares spellings.
  friend bool operator==(const address&, const address&) = default;

 private:
  address(enum family f, std::string name, std::uint16_t port)
      : family_(f), name_(std::move(name)), port_(port) {}

  enum family family_;
  std::string name_;
  std::uint16_t port_;
};

// Whether both mean one place, however each is spelled.
inline bool same_place(const address& a, const address& b) {
  return a.canonical() == b.canonical();
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONNECTION_ADDRESS_HPP
