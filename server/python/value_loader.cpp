// SPDX-License-Identifier: BSL-1.0

#include "server/python/value_loader.hpp"

#include "pickle/codec/scalar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

// What it answers is a line or two.
constexpr std::size_t longest_answer = std::size_t{1} << 20;

// Proxies of other managers are not connected, and what prints prints to the log. An exception that
// is none of Python's own, or cannot be made of its text, comes as a RuntimeError with its name.
constexpr const char* code = R"(
import os, pickle
requests, answers = os.fdopen(os.dup(0), 'rb'), os.dup(0)
os.dup2(os.open(os.devnull, os.O_RDWR), 0)
os.dup2(2, 1)

class Loader(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) == ('multiprocessing.managers', 'RebuildProxy'):
            return lambda *args: None
        return super().find_class(module, name)

def described(error):
    kind = type(error)
    try:
        text = str(error.args[0] if isinstance(error, KeyError) and error.args else error)[:10000]
    except Exception:
        text = ''
    if kind is pickle.UnpicklingError:
        return 'pickle.UnpicklingError\n' + text
    try:
        if kind.__module__ == 'builtins' and isinstance(error, Exception) and type(kind(text)) is kind:
            return kind.__name__ + '\n' + text
    except Exception:
        pass
    return 'RuntimeError\n%s.%s: %s' % (kind.__module__, kind.__qualname__, text)

import io
while True:
    size = int.from_bytes(requests.read(8), 'little')
    if not size:
        break
    answer = b''
    try:
        Loader(io.BytesIO(requests.read(size))).load()
    except BaseException as error:
        answer = described(error).encode('utf-8', 'backslashreplace')
    answer = len(answer).to_bytes(8, 'little') + answer
    while answer:
        answer = answer[os.write(answers, answer):]
)";

// The server's own, less its key: what runs there is the clients'.
std::vector<char*> environment() {
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (!std::string_view(*variable).starts_with("PICKLED_AUTHKEY")) variables.push_back(*variable);
  variables.push_back(nullptr);
  return variables;
}

struct spawn_settings {
  spawn_settings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~spawn_settings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  spawn_settings(const spawn_settings&) = delete;
  spawn_settings& operator=(const spawn_settings&) = delete;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

}  // namespace

value_loader::~value_loader() {
  end();
  stop();
}

std::string value_loader::load(const spliced& pickle, std::chrono::milliseconds limit) {
  const time_point until = std::chrono::steady_clock::now() + limit;
  try {
    if (!socket_) start();
    std::array<std::byte, 8> length{};
    store_little_endian(length.data(), pickle.size(), length.size());
    send(length, until);
    pickle.for_each_piece([&](bytes_view piece) { send(piece, until); });
    receive(length.data(), length.size(), until);
    const std::uint64_t answered = load_little_endian(length.data(), length.size());
    if (answered > longest_answer) throw failure("what loads values gave no answer");
    std::string answer(answered, '\0');
    receive(reinterpret_cast<std::byte*>(answer.data()), answer.size(), until);
    return answer;
  } catch (...) {
    stop();
    throw;
  }
}

void value_loader::start() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw failure(fmt::format("{} cannot be started: {}", interpreter_, std::strerror(errno)));
  descriptor ours(ends[0]);
  const descriptor theirs(ends[1]);
  spawn_settings how;
  posix_spawn_file_actions_adddup2(&how.actions, theirs.get(), STDIN_FILENO);
  // In a group of its own, so that Ctrl-C is not for it, and what it starts ends with it.
  posix_spawnattr_setflags(&how.attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup(&how.attributes, 0);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&how.attributes, &signals);
  sigaddset(&signals, SIGPIPE);
  sigaddset(&signals, SIGINT);
  posix_spawnattr_setsigdefault(&how.attributes, &signals);
  std::string words[] = {interpreter_, "-c", code};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  std::vector<char*> variables = environment();
  const std::lock_guard lock(mutex_);
  if (ended_) throw failure("the server ends");
  const int error = ::posix_spawnp(&pid_, interpreter_.c_str(), &how.actions, &how.attributes,
                                   arguments, variables.data());
  if (error != 0) {
    pid_ = 0;
    throw failure(fmt::format("{} cannot be started: {}", interpreter_, std::strerror(error)));
  }
  socket_ = std::move(ours);
}

void value_loader::stop() noexcept {
  socket_ = descriptor();
  const std::lock_guard lock(mutex_);
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

// The thread that waits for an answer sees the end of the stream, and reaps.
void value_loader::end() noexcept {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

void value_loader::wait(short events, time_point until) {
  using std::chrono::milliseconds;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    if (left <= milliseconds::zero()) throw failure("Python took too long to load this value");
    pollfd one{socket_.get(), events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(left.count()));
    if (ready > 0) return;
    if (ready < 0 && errno != EINTR) throw failure(std::strerror(errno));
  }
}

void value_loader::send(bytes_view bytes, time_point until) {
  while (!bytes.empty()) {
    const ssize_t sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0)
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    else if (errno == EAGAIN || errno == EWOULDBLOCK)
      wait(POLLOUT, until);
    else if (errno != EINTR)
      throw failure("the Python that loads values has ended");
  }
}

void value_loader::receive(std::byte* to, std::size_t size, time_point until) {
  while (size != 0) {
    const ssize_t received = ::recv(socket_.get(), to, size, MSG_DONTWAIT);
    if (received > 0) {
      to += received;
      size -= static_cast<std::size_t>(received);
    } else if (received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      wait(POLLIN, until);
    } else if (received == 0 || errno != EINTR) {
      throw failure("the Python that loads values ended while it loaded this one");
    }
  }
}

}  // namespace pickled::inline v0::detail
