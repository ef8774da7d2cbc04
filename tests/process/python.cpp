// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/python.hpp"

#include "connection/temporary_directory.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

using namespace pickled;
using namespace pickled::detail;

namespace fs = std::filesystem;

namespace {

// A variable of the environment for the length of a test; nullptr unsets it.
class variable {
 public:
  variable(std::string name, const char* value) : name_(std::move(name)) {
    if (const char* before = std::getenv(name_.c_str())) before_ = before;
    set(value);
  }
  ~variable() { set(before_.empty() ? nullptr : before_.c_str()); }

 private:
  void set(const char* value) const {
    value == nullptr ? ::unsetenv(name_.c_str()) : ::setenv(name_.c_str(), value, 1);
  }
  std::string name_;
  std::string before_;
};

// A process that runs `program` under the name `started_as`, until the test ends.
class running {
 public:
  running(const fs::path& program, const char* started_as) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execl(program.c_str(), started_as, "60", nullptr);
      ::_exit(1);
    }
    // The pipe ends when the program has begun.
    ::close(ends[1]);
    char nothing;
    REQUIRE(::read(ends[0], &nothing, 1) == 0);
    ::close(ends[0]);
  }
  ~running() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

struct fixture {
  temporary_directory directory;
  variable given{"PICKLED_PYTHON", nullptr};
  variable path{"PATH", directory.path().c_str()};

  // A program in the directory that sleeps.
  fs::path program(const char* name) const {
    const fs::path made = fs::path(directory.path()) / name;
    fs::copy_file("/bin/sleep", made);
    return made;
  }
  fs::path link(const char* name, const fs::path& to) const {
    const fs::path made = fs::path(directory.path()) / name;
    fs::create_directories(made.parent_path());
    fs::create_symlink(to, made);
    return made;
  }
};

}  // namespace

TEST_CASE_METHOD(fixture, "the Python that the environment names comes first", "[process]") {
  const variable named("PICKLED_PYTHON", "/opt/python");
  CHECK(find_python(::getpid()) == "/opt/python");
}

TEST_CASE_METHOD(fixture, "children run the Python of their parent", "[process]") {
  const fs::path python = program("python3.12");
  SECTION("by the path that it was started with") {
    const fs::path environment = link("venv/bin/python", python);
    const running parent(python, environment.c_str());
    CHECK(find_python(parent.pid()) == environment);
  }
  SECTION("by the name that it was started with") {
    const fs::path name = link("python", python);
    const running parent(python, "python");
    CHECK(find_python(parent.pid()) == name);
  }
  SECTION("by its file, where that name means another") {
    program("python3");
    const running parent(python, "python3");
    CHECK(find_python(parent.pid()) == python);
  }
}

TEST_CASE_METHOD(fixture, "without a Python for a parent the path is searched", "[process]") {
  const running parent(program("application"), "application");
  CHECK(find_python(parent.pid()).empty());
  const fs::path python = program("python3");
  CHECK(find_python(parent.pid()) == python);
}

TEST_CASE_METHOD(fixture, "without any Python nothing can be passed on", "[process]") {
  const variable named("PICKLED_PYTHON", "/nowhere/python");
  CHECK_THROWS_WITH(exec_python({}), "cannot run /nowhere/python: No such file or directory");
}
