// SPDX-License-Identifier: BSL-1.0

#include "server/python/value_verifier.hpp"

#include "frozen/freezer.hpp"
#include "pickled/python/python_error.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <unistd.h>

using namespace pickled;
using namespace pickled::detail;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

// Stands for Python: a shell script that is given the same descriptor.
class script {
 public:
  explicit script(const std::string& text) {
    std::ofstream(path_) << "#!/bin/sh\n" << text << '\n';
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
  }
  ~script() {
    std::filesystem::remove(path_);
    std::filesystem::remove(path_ + ".ran");
  }
  script(const script&) = delete;
  script& operator=(const script&) = delete;

  const std::string& path() const { return path_; }

 private:
  static std::string unique() {
    static int made = 0;
    return (std::filesystem::temp_directory_path() /
            ("pickled-loader-" + std::to_string(::getpid()) + '-' + std::to_string(++made)))
        .string();
  }
  const std::string path_ = unique();
};

// When it is first started, it takes the first pickle (None, of twelve bytes with its length). Then
// it does as `text` says.
std::string after_none(const std::string& text) {
  return R"(if [ ! -e "$0.ran" ]; then
  : >"$0.ran"
  dd bs=1 count=12 of=/dev/null 2>/dev/null
  printf '\0\0\0\0\0\0\0\0' >&0
fi
)" + text;
}

arguments instance() {
  frozen f;
  REQUIRE_FALSE(freeze(as_bytes("\x80\4cm\nC\n)R."s), {}, f));
  return arguments({f});
}

std::string refusal(value_verifier& verifier) {
  arguments args = instance();
  try {
    verifier.verify(args);
    return {};
  } catch (const python_error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("only what names something is verified", "[server]") {
  CHECK(value_verifier::concerns(instance()));
  CHECK_FALSE(value_verifier::concerns(arguments({frozen::integer(1), frozen::str("C")})));
  CHECK_FALSE(value_verifier::concerns(arguments()));
}

TEST_CASE("what is no Python is told at the start", "[server]") {
  CHECK_THROWS_WITH(value_verifier("/nowhere/python"),
                    "/nowhere/python cannot be started: No such file or directory");
  CHECK_THROWS_AS(value_verifier("true"), value_loader::failure);
}

TEST_CASE("a Python that ends or hangs is an error, and started again", "[server]") {
  const script ends(after_none("exit 3"));
  value_verifier ending(ends.path());
  for (int i = 0; i != 3; ++i)
    CHECK_THAT(refusal(ending), Catch::StartsWith("RuntimeError: not stored: the Python that "));

  const script hangs(after_none("exec sleep 1000"));
  value_verifier hanging(hangs.path(), 300ms);
  for (int i = 0; i != 2; ++i)
    CHECK(refusal(hanging) == "RuntimeError: not stored: Python took too long to load this value");
}

TEST_CASE("the end of a server ends what is being loaded", "[server]") {
  const script hangs(after_none("exec sleep 1000"));
  value_verifier verifier(hangs.path());
  std::string said;
  std::thread loading([&] { said = refusal(verifier); });
  verifier.end();
  loading.join();
  CHECK_THAT(said, Catch::StartsWith("RuntimeError: not stored: the "));
}
