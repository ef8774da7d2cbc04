// SPDX-License-Identifier: BSL-1.0

#include "connection/temporary_directory.hpp"

#include "pickled/connection/digest.hpp"
#include "pickled/connection/socket.hpp"

#include <array>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace pickled::inline v0::detail {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view directory_name = "pymp-XXXXXX";
constexpr std::string_view socket_name = "listener-XXXXXXXX";

// $TMPDIR, unless a socket in it would have too long a path.
fs::path base_directory() {
  constexpr std::size_t longest =
      sizeof(sockaddr_un::sun_path) - 1 - 1 - directory_name.size() - 1 - socket_name.size();
  std::error_code error;
  const fs::path base = fs::temp_directory_path(error);
  return error || base.native().size() > longest ? "/tmp" : base;
}

}  // namespace

temporary_directory::temporary_directory()
    : maker_(::getpid()), path_(base_directory() / directory_name) {
  if (::mkdtemp(path_.data()) == nullptr)
    throw std::system_error(last_error(), "cannot make " + path_);
}

temporary_directory::~temporary_directory() {
  if (maker_ != ::getpid()) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string arbitrary_socket_path(const std::string& directory) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz012345";
  std::array<std::byte, 8> random;
  fill_random(random);
  std::string name(socket_name);
  for (std::size_t i = 0; i != random.size(); ++i)
    name[name.size() - 1 - i] = letters[std::to_integer<std::size_t>(random[i]) % letters.size()];
  return directory + '/' + name;
}

}  // namespace pickled::inline v0::detail
