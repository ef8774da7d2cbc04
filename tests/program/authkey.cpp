// SPDX-License-Identifier: BSL-1.0

#include "program/authkey.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

using namespace pickled;
using namespace pickled::detail;
using namespace std::string_literals;

namespace {

struct key_file {
  std::string path = "/tmp/pickled-tests-key-" + std::to_string(::getpid());

  explicit key_file(std::string_view content) {
    std::ofstream(path, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
  }
  ~key_file() { std::filesystem::remove(path); }
};

std::string read(std::string_view content) {
  const key_file file(content);
  return read_authkey_file(file.path);
}

}  // namespace

TEST_CASE("a key file is its bytes less one final newline", "[server]") {
  CHECK(read("secret") == "secret");
  CHECK(read("secret\n") == "secret");
  CHECK(read("secret\n\n") == "secret\n");
  CHECK(read("\0\xff\n "s) == "\0\xff\n "s);
  CHECK(read(std::string(4096, 'k') + '\n').size() == 4096);
}

TEST_CASE("a key file that is of no use is named", "[server]") {
  CHECK_THROWS_WITH(read(""), Catch::Contains("is empty"));
  CHECK_THROWS_WITH(read("\n"), Catch::Contains("is empty"));
  CHECK_THROWS_WITH(read(std::string(4097, 'k')), Catch::Contains("longer than 4096 bytes"));
  CHECK_THROWS_WITH(read_authkey_file("/nowhere/key"),
                    "cannot open /nowhere/key: No such file or directory");
}

TEST_CASE("a key may be given in hex", "[server]") {
  CHECK(authkey_from_hex("00ff7A") == "\0\xffz"s);
  for (const char* wrong : {"", "0", "0g", "000", "0x00", "-1", " 1"})
    CHECK_THROWS_AS(authkey_from_hex(wrong), std::runtime_error);
}

TEST_CASE("a random key is in a file of its own for this user only", "[server]") {
  std::string path;
  {
    const random_authkey one;
    const random_authkey other;
    path = one.path();
    CHECK(one.key().size() == 64);
    CHECK(one.key() != other.key());
    CHECK(read_authkey_file(path) == one.key());
    struct stat file {};
    REQUIRE(::stat(path.c_str(), &file) == 0);
    CHECK((file.st_mode & 07777) == 0600);
  }
  CHECK_FALSE(std::filesystem::exists(path));
}
