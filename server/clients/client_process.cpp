// SPDX-License-Identifier: BSL-1.0

#include "server/clients/client_process.hpp"

#include "connection/process_stat.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace pickled::inline v0::detail {
namespace {

// Newer than the headers of the oldest system that this is built on.
constexpr long pidfd_open_number = 434;  // the same for every architecture

struct pidfd_info {
  std::uint64_t mask;
  std::uint64_t cgroup;
  std::uint32_t ids[11];
  std::int32_t exit_code;
};
static_assert(sizeof(pidfd_info) == 64);
constexpr std::uint64_t pidfd_info_exit = 1U << 3U;
constexpr unsigned long pidfd_get_info = _IOWR(0xff, 11, pidfd_info);

struct known_process {
  process_stat stat;
  bool trusted = false;  // whether exit_code is shown to us, rather than 0
};

bool is_shortage(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOMEM;
}

[[noreturn]] void throw_shortage() {
  throw std::system_error(last_error(), "cannot look for a process");
}

std::optional<known_process> look_for(int pid) {
  const descriptor file(::open(fmt::format("/proc/{}/stat", pid).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && is_shortage(errno)) throw_shortage();
  struct stat about;
  if (!file || ::fstat(file.get(), &about) != 0) return std::nullopt;
  const auto found = read_process_stat(file.get());
  if (!found) return std::nullopt;
  return known_process{*found, ::geteuid() == 0 || about.st_uid == ::geteuid()};
}

// Of a process whose parent has waited for it.
std::optional<int> status_of_reaped(int pidfd) noexcept {
  pidfd_info info{};
  info.mask = pidfd_info_exit;
  if (::ioctl(pidfd, pidfd_get_info, &info) != 0) return std::nullopt;
  if ((info.mask & pidfd_info_exit) == 0) return std::nullopt;
  return info.exit_code;
}

std::optional<int> status_of_zombie(const process_identity& who) {
  const auto found = look_for(who.pid);
  if (!found || found->stat.start_time != who.start_time || found->stat.state != 'Z')
    return std::nullopt;
  return found->trusted ? std::optional(found->stat.exit_code) : std::nullopt;
}

}  // namespace

std::shared_ptr<const client_process> client_process::open(int pid) {
  if (pid <= 0) return nullptr;
  descriptor pidfd(static_cast<int>(::syscall(pidfd_open_number, pid, 0)));
  if (!pidfd && is_shortage(errno)) throw_shortage();
  if (!pidfd && errno != ESRCH) return nullptr;
  const auto found = look_for(pid);
  const process_identity who{pid, found ? found->stat.start_time : 0};
  auto process = std::make_shared<const client_process>(who, std::move(pidfd));
  // A pid is not used again while its process lives: what was read is about this one.
  return found || process->dead() ? process : nullptr;
}

bool client_process::dead() const noexcept {
  if (!pidfd_) return true;
  pollfd ask{pidfd_.get(), POLLIN, 0};
  return ::poll(&ask, 1, 0) == 1;
}

std::optional<int> wait_status_of(const client_process& process) try {
  if (const auto status = status_of_reaped(process.descriptor_of_death())) return status;
  if (const auto status = status_of_zombie(process.identity())) return status;
  // Its parent may have waited for it in between.
  return status_of_reaped(process.descriptor_of_death());
} catch (const std::system_error&) {
  return std::nullopt;
}

departure how_it_ended(std::optional<int> wait_status, bool owes, bool gave_back) noexcept {
  if (owes || (wait_status && WIFSIGNALED(*wait_status))) return departure::process_crashed;
  if (gave_back || (wait_status && *wait_status == 0)) return departure::process_left;
  return departure::process_ended;
}

std::string how_text(departure how, std::optional<int> wait_status) {
  if (how == departure::session_ended) return "hung up";
  if (!wait_status) return "died";
  return WIFSIGNALED(*wait_status) ? fmt::format("was killed by signal {}", WTERMSIG(*wait_status))
                                   : fmt::format("exited with {}", WEXITSTATUS(*wait_status));
}

}  // namespace pickled::inline v0::detail
