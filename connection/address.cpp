// SPDX-License-Identifier: BSL-1.0

#include "pickled/connection/address.hpp"

#include "pickle/value/utf8.hpp"
#include "pickled/connection/connection_errc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <filesystem>
#include <netinet/in.h>
#include <optional>
#include <sys/un.h>

PICKLED_BEGIN_NAMESPACE
namespace {

constexpr std::string_view unix_prefix = "unix:";

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

// The number that a host name spells without being looked up, in the order of the network.
std::optional<in_addr> numeric(const std::string& host) {
  if (host.empty()) return in_addr{htonl(INADDR_ANY)};
  if (lower(host) == "localhost") return in_addr{htonl(INADDR_LOOPBACK)};
  in_addr number{};
  // inet_aton stops at white space; no host name has any.
  if (host.find_first_of(" \t\n") != std::string::npos || inet_aton(host.c_str(), &number) == 0)
    return std::nullopt;
  return number;
}

bool valid_socket_name(std::string_view name) {
  // sun_path holds a path with its NUL, or an abstract name with the NUL before it.
  return !name.empty() && name.size() < sizeof(sockaddr_un::sun_path) &&
         name.find('\0') == std::string_view::npos;
}

bool valid_host(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return c > ' ' && c != ':' && c != '/' && c != '[' && c != ']' && c != 0x7f;
  });
}

}  // namespace

std::error_code address::parse(std::string_view text, address& result) {
  // It is sent to Python as a str.
  if (!detail::is_utf8(text)) return connection_errc::bad_address;
  if (text.starts_with(unix_prefix)) {
    std::string_view name = text.substr(unix_prefix.size());
    const bool abstract = name.starts_with('@');
    if (abstract) name.remove_prefix(1);
    if (!valid_socket_name(name)) return connection_errc::bad_address;
    result = abstract ? unix_abstract(std::string(name)) : unix_path(std::string(name));
    return {};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return connection_errc::bad_address;
  const std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || !valid_host(host))
    return connection_errc::bad_address;
  result = inet(std::string(host), port);
  return {};
}

std::string address::text() const {
  switch (family_) {
    case family::inet: return fmt::format("{}:{}", name_, port_);
    case family::unix_path: return fmt::format("{}{}", unix_prefix, name_);
    case family::unix_abstract: return fmt::format("{}@{}", unix_prefix, name_);
  }
  return {};
}

bool address::is_loopback() const {
  if (family_ != family::inet) return true;
  const auto number = numeric(name_);
  return number && ntohl(number->s_addr) >> 24 == IN_LOOPBACKNET;
}

address address::canonical() const {
  switch (family_) {
    case family::unix_abstract: return *this;
    case family::unix_path: return unix_path(std::filesystem::path(name_).lexically_normal());
    case family::inet: break;
  }
  const auto number = numeric(name_);
  if (!number) return inet(lower(name_), port_);
  std::string dotted(INET_ADDRSTRLEN, '\0');
  inet_ntop(AF_INET, &*number, dotted.data(), INET_ADDRSTRLEN);
  dotted.resize(dotted.find('\0'));
  return inet(std::move(dotted), port_);
}

PICKLED_END_NAMESPACE
