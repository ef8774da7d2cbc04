// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/python.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <vector>

PICKLED_BEGIN_NAMESPACE

namespace {

namespace fs = std::filesystem;

// Where a shell would find `name`; only files that `accept` takes count.
template <class Accept>
std::string search_path(const std::string& name, Accept accept) {
  if (name.find('/') != std::string::npos) return accept(name) ? name : std::string();
  const char* directories = std::getenv("PATH");
  std::istringstream path(directories == nullptr ? "" : directories);
  for (std::string directory; std::getline(path, directory, ':');) {
    const std::string candidate = (directory.empty() ? "." : directory) + '/' + name;
    if (::access(candidate.c_str(), X_OK) == 0 && accept(candidate)) return candidate;
  }
  return {};
}

std::string python_of(pid_t process) {
  const fs::path directory = fmt::format("/proc/{}", process);
  std::error_code error;
  const fs::path running = fs::read_symlink(directory / "exe", error);
  if (error || !running.filename().string().starts_with("python")) return {};
  std::ifstream command_line(directory / "cmdline", std::ios::binary);
  std::string started_as;
  std::getline(command_line, started_as, '\0');
  std::string found = search_path(started_as, [&](const std::string& candidate) {
    return fs::equivalent(candidate, running, error);
  });
  if (found.empty() && fs::exists(running, error)) found = running;
  return found;
}

}  // namespace

std::string find_python(pid_t parent) {
  const char* given = std::getenv("PICKLED_PYTHON");
  if (given != nullptr && *given != '\0') return given;
  std::string found = python_of(parent);
  if (found.empty()) found = find_executable("python3");
  return found;
}

std::string find_executable(const std::string& name) {
  return search_path(name, [](const std::string&) { return true; });
}

void exec_python(std::span<const std::string> arguments) {
  std::string python = find_python(::getppid());
  if (python.empty())
    throw std::runtime_error("there is no Python to pass this on to: set PICKLED_PYTHON");
  std::vector<std::string> copies(arguments.begin(), arguments.end());
  std::vector<char*> argv{python.data()};
  for (std::string& argument : copies)
    argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execv(python.c_str(), argv.data());
  throw std::runtime_error(fmt::format("cannot run {}: {}", python, std::strerror(errno)));
}

PICKLED_END_NAMESPACE
