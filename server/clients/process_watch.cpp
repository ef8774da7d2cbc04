// SPDX-License-Identifier: BSL-1.0

#include "server/clients/process_watch.hpp"

#include "pickled/connection/socket.hpp"

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <chrono>
#include <new>
#include <system_error>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

// How long the connections of the dead may be silent before what they hold is settled.
constexpr std::chrono::seconds silence{5};
constexpr std::chrono::seconds look_again{1};

// A descriptor on an event loop that belongs to somebody else, who closes it.
class lent_descriptor {
 public:
  lent_descriptor(asio::io_context& loop, int file) : on_loop_(loop, file) {}
  lent_descriptor(const lent_descriptor&) = delete;
  lent_descriptor& operator=(const lent_descriptor&) = delete;
  ~lent_descriptor() { on_loop_.release(); }

  asio::posix::stream_descriptor& operator*() noexcept { return on_loop_; }

 private:
  asio::posix::stream_descriptor on_loop_;
};

asio::awaitable<std::error_code> death_of(asio::io_context& loop, const client_process& process) {
  lent_descriptor death(loop, process.descriptor_of_death());
  std::error_code error;
  co_await (*death).async_wait(asio::posix::descriptor_base::wait_read,
                               asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

asio::awaitable<void> watch(asio::io_context& loop, clients& all,
                            std::shared_ptr<process_books> c) {
  const std::error_code error = co_await death_of(loop, *c->process);
  if (error) {
    spdlog::error("cannot watch pid {}: {}", c->process->identity().pid, error.message());
    co_return;
  }
  const auto some_left = [&](bool (clients::*settle)(process_books&)) {
    try {
      return (all.*settle)(*c);
    } catch (const std::bad_alloc&) {
      return true;
    }
  };
  if (!some_left(&clients::died)) co_return;
  asio::steady_timer pause(loop, silence);
  do {
    co_await pause.async_wait(asio::use_awaitable);
    pause.expires_after(look_again);
  } while (some_left(&clients::settle_silent));
}

}  // namespace

void watch_process(asio::io_context& loop, clients& all, std::shared_ptr<process_books> c) {
  asio::post(loop, [&loop, &all, c = std::move(c)]() mutable {
    auto watching = watch(loop, all, std::move(c));
    asio::co_spawn(loop, std::move(watching), asio::detached);
  });
}

}  // namespace pickled::inline v0::detail
