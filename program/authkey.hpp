// SPDX-License-Identifier: BSL-1.0

// Where the server's key comes from: a file, the environment, or chance.

#ifndef PICKLED_PROGRAM_AUTHKEY_HPP
#define PICKLED_PROGRAM_AUTHKEY_HPP

#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

// The bytes of the file less one final newline. Throws std::runtime_error, which names the file,
// where it cannot be read, is empty, or is longer than a key may be (4096 bytes).
std::string read_authkey_file(const std::string& path);

// From pairs of hex digits. Throws std::runtime_error.
std::string authkey_from_hex(std::string_view digits);

// A random key in a new file that only this user can read, in $XDG_RUNTIME_DIR or the directory for
// temporary files. The file goes with this.
class random_authkey {
 public:
  // Throws std::system_error.
  random_authkey();
  random_authkey(const random_authkey&) = delete;
  random_authkey& operator=(const random_authkey&) = delete;
  ~random_authkey();

  // 64 hex digits: the key itself, not its encoding.
  const std::string& key() const noexcept { return key_; }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string key_;
  std::string path_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROGRAM_AUTHKEY_HPP
