// SPDX-License-Identifier: BSL-1.0

#include "process/resource_sharer.hpp"

#include "connection/temporary_directory.hpp"
#include "pickled/connection/connection_errc.hpp"
#include "pickled/connection/digest.hpp"
#include "pickled/process/listener.hpp"
#include "pickled/proxy/server_link.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <optional>
#include <sys/socket.h>
#include <thread>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace pickled::inline v0::detail {

namespace {

constexpr char acknowledgement = 'A';
constexpr std::chrono::seconds patience{5};
// Descriptors may be given back in that time.
constexpr std::chrono::milliseconds pause{100};

// One message of a byte, with room for one descriptor beside it.
struct handle_message {
  std::byte data{1};
  iovec piece{&data, 1};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};

  handle_message() noexcept {
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  handle_message(const handle_message&) = delete;
  handle_message& operator=(const handle_message&) = delete;
};

class resource_sharer {
 public:
  resource_sharer()
      : listener_(address::unix_path(arbitrary_socket_path(directory_.path())),
                  authkey_of_process()),
        thread_([this] { serve(); }) {}
  resource_sharer(const resource_sharer&) = delete;
  resource_sharer& operator=(const resource_sharer&) = delete;
  ~resource_sharer() {
    listener_.close();
    thread_.join();
  }

  ticket add(descriptor shared) {
    const std::lock_guard guard(mutex_);
    shared_.emplace(++key_, std::move(shared));
    return {listener_.local(), key_};
  }

 private:
  descriptor take(std::int64_t key) {
    const std::lock_guard guard(mutex_);
    const auto found = shared_.find(key);
    if (found == shared_.end()) return {};
    descriptor taken = std::move(found->second);
    shared_.erase(found);
    return taken;
  }

  void serve() {
    for (;;) {
      try {
        serve_one(listener_.accept());
      } catch (const std::system_error& error) {
        if (error.code() == std::errc::operation_canceled) return;
        if (error.code() == std::errc::too_many_files_open) std::this_thread::sleep_for(pause);
      } catch (const std::exception&) {
        // Whoever that was, it does not know what to ask.
      }
    }
  }

  void serve_one(const multiprocessing::connection& receiver) {
    if (!receiver.poll(patience)) return;
    const auto [key, pid] = receiver.recv<std::pair<std::int64_t, std::int64_t>>();
    const descriptor shared = take(key);
    if (!shared) return;
    send_handle(receiver, shared.get());
    // It acknowledges or ends; to close before it does would be an error for the first.
    receiver.poll(patience);
  }

  temporary_directory directory_;
  multiprocessing::listener listener_;
  std::mutex mutex_;
  std::int64_t key_ = 0;
  std::map<std::int64_t, descriptor> shared_;
  std::thread thread_;
};

}  // namespace

void send_handle(const multiprocessing::connection& to, int fd) {
  handle_message message;
  cmsghdr* const control = CMSG_FIRSTHDR(&message.header);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(control), &fd, sizeof fd);
  if (::sendmsg(to.fileno(), &message.header, MSG_NOSIGNAL) < 0)
    throw std::system_error(last_error(), "cannot send a descriptor");
}

descriptor recv_handle(const multiprocessing::connection& from) {
  handle_message message;
  ssize_t count;
  do
    count = ::recvmsg(from.fileno(), &message.header, MSG_CMSG_CLOEXEC);
  while (count < 0 && errno == EINTR);
  if (count < 0) throw std::system_error(last_error(), "cannot receive a descriptor");
  const cmsghdr* const control = CMSG_FIRSTHDR(&message.header);
  if (count == 0) throw std::system_error(connection_errc::end_of_file);
  if (control == nullptr || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS ||
      control->cmsg_len != CMSG_LEN(sizeof(int)))
    // A process with no number left for it gets the message without.
    throw std::system_error(make_error_code(std::errc::too_many_files_open),
                            "no descriptor came with the message");
  int fd;
  std::memcpy(&fd, CMSG_DATA(control), sizeof fd);
  return descriptor(fd);
}

ticket share_descriptor(int fd) {
  descriptor copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) throw std::system_error(last_error(), "cannot share a descriptor");
  set_up_libcrypto();
  static resource_sharer sharer;
  return sharer.add(std::move(copy));
}

descriptor redeem(const ticket& from) {
  const multiprocessing::connection owner =
      multiprocessing::client(from.owner, authkey_of_process());
  owner.send(std::pair(from.key, static_cast<std::int64_t>(::getpid())));
  descriptor received = recv_handle(owner);
  // An owner before 3.14 has closed its end, and does not hear it.
  [[maybe_unused]] const ssize_t sent = ::send(owner.fileno(), &acknowledgement, 1, MSG_NOSIGNAL);
  return received;
}

}  // namespace pickled::inline v0::detail
