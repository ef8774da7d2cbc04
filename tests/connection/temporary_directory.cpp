// SPDX-License-Identifier: BSL-1.0

#include "connection/temporary_directory.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace pickled;
using namespace pickled::detail;

namespace fs = std::filesystem;

namespace {

// $TMPDIR for the length of a test.
struct temporary_base {
  explicit temporary_base(const std::string& path) {
    if (const char* before = std::getenv("TMPDIR")) before_ = before;
    ::setenv("TMPDIR", path.c_str(), 1);
  }
  ~temporary_base() {
    before_.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before_.c_str(), 1);
  }

 private:
  std::string before_;
};

}  // namespace

TEST_CASE("a temporary directory is private, and goes with what is in it", "[connection]") {
  fs::path path;
  {
    const temporary_directory directory;
    path = directory.path();
    CHECK(path.filename().string().starts_with("pymp-"));
    CHECK(fs::status(path).permissions() == fs::perms::owner_all);
    std::ofstream(arbitrary_socket_path(directory.path())) << "x";
    CHECK_FALSE(fs::is_empty(path));
  }
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a temporary directory is where TMPDIR says", "[connection]") {
  const temporary_directory outer;
  const temporary_base base(outer.path());
  CHECK(fs::path(temporary_directory().path()).parent_path() == outer.path());
}

TEST_CASE("a socket's path is never too long", "[connection]") {
  const temporary_directory outer;
  const fs::path deep = fs::path(outer.path()) / std::string(80, 'x');
  fs::create_directory(deep);
  for (const std::string& where : {deep.string(), std::string("/nowhere/at/all")}) {
    const temporary_base base(where);
    const temporary_directory directory;
    CHECK(arbitrary_socket_path(directory.path()).size() < 108);
    CHECK(fs::path(directory.path()).parent_path() == "/tmp");
  }
}

TEST_CASE("names of sockets differ", "[connection]") {
  const std::string one = arbitrary_socket_path("/run");
  CHECK(one.starts_with("/run/listener-"));
  CHECK(one.size() == std::string("/run/listener-12345678").size());
  CHECK(one != arbitrary_socket_path("/run"));
}
