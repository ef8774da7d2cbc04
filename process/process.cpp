#include "process/process.hpp"

#include <asio/posix/stream_descriptor.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <atomic>
#include <fcntl.h>
#include <stdexcept>

namespace pickled::multiprocessing {

namespace {

std::atomic<unsigned> made{0};

}  // namespace

process& process::operator=(process&& other) noexcept {
  if (this == &other) return *this;
  finish();
  options_ = std::move(other.options_);
  pickles_ = std::move(other.pickles_);
  popen_ = std::move(other.popen_);
  return *this;
}

process::~process() {
  finish();
}

void process::finish() noexcept {
  if (!popen_) return;
  if (options_.daemon) popen_->send_signal(SIGTERM);
  popen_->wait();
}

void process::prepare(std::string_view target, call_arguments& call, const spawning& scope) {
  if (options_.name.empty()) options_.name = fmt::format("SpawnProcess-{}", ++made);
  value_builder& b = call.builder();
  pickles_ = write_process(
      {options_.name, options_.daemon, write_function(target, b), call.args(), call.kwds()},
      options_.spawn, scope, b);
}

void process::start() {
  if (popen_) throw std::logic_error("cannot start a process twice");
  popen_ = std::make_unique<popen_spawn>(pickles_, options_.spawn);
  pickles_ = {};
}

void process::join() {
  started().wait();
}

std::optional<int> process::exit_code() {
  return popen_ ? popen_->poll() : std::nullopt;
}

asio::awaitable<int> process::async_join() {
  // The descriptor of Asio closes its own, and the sentinel stays.
  asio::posix::stream_descriptor sentinel(co_await asio::this_coro::executor,
                                          ::fcntl(started().sentinel(), F_DUPFD_CLOEXEC, 3));
  co_await sentinel.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
  co_return *exit_code();
}

popen_spawn& process::started() {
  if (!popen_) throw std::logic_error("the process is not started");
  return *popen_;
}

}  // namespace pickled::multiprocessing
