// SPDX-License-Identifier: BSL-1.0

#include "program/authkey.hpp"

#include "pickled/connection/digest.hpp"
#include "pickled/connection/socket.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace pickled::inline v0::detail {

namespace {

constexpr std::size_t longest_key = 4096;

std::string key_directory() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && ::access(runtime, W_OK | X_OK) == 0) return runtime;
  return std::filesystem::temp_directory_path().string();
}

std::string to_hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte b : bytes)
    text += fmt::format("{:02x}", static_cast<unsigned>(b));
  return text;
}

}  // namespace

std::string read_authkey_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw std::runtime_error(fmt::format("cannot open {}: {}", path, last_error().message()));
  std::string key(longest_key + 2, '\0');
  file.read(key.data(), static_cast<std::streamsize>(key.size()));
  if (file.bad()) throw std::runtime_error(fmt::format("cannot read {}", path));
  key.resize(static_cast<std::size_t>(file.gcount()));
  if (key.ends_with('\n')) key.pop_back();
  if (key.empty()) throw std::runtime_error(fmt::format("{} is empty", path));
  if (key.size() > longest_key)
    throw std::runtime_error(fmt::format("{} is longer than {} bytes", path, longest_key));
  return key;
}

std::string authkey_from_hex(std::string_view digits) {
  std::string key;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    unsigned byte = 0;
    const char* const end = digits.data() + i + 2;
    if (std::from_chars(digits.data() + i, end, byte, 16).ptr != end) break;
    key.push_back(static_cast<char>(byte));
  }
  if (key.empty() || key.size() * 2 != digits.size())
    throw std::runtime_error("not an even number of hex digits");
  return key;
}

random_authkey::random_authkey() : path_(key_directory() + "/pickled-authkey-XXXXXX") {
  std::array<std::byte, 32> random;
  fill_random(random);
  key_ = to_hex(random);
  const descriptor file(::mkstemp(path_.data()));  // of mode 0600
  if (!file) throw std::system_error(last_error(), "cannot make " + path_);
  const std::string content = key_ + '\n';
  if (::write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()))
    throw std::system_error(last_error(), "cannot write " + path_);
}

random_authkey::~random_authkey() {
  ::unlink(path_.c_str());
}

}  // namespace pickled::inline v0::detail
