// SPDX-License-Identifier: BSL-1.0

// Serves what a crew of processes, in Python or C++, needs to work together.
// Usage: crew_server ADDRESS AUTHKEY, with ADDRESS as HOST:PORT or unix:PATH; it prints where it
// listens.

#include <pickled/proxy/queue_proxy.hpp>
#include <pickled/server.hpp>
#include <pickled/server/async.hpp>

#include <asio/awaitable.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <csignal>
#include <cstddef>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

// Opens when it has been counted down to 0. All of it runs on the thread of the coroutines.
class latch {
 public:
  explicit latch(int count) : count_(count) {}

  asio::awaitable<int> count_down() {
    if (--count_ == 0 && opened_) opened_->cancel();
    co_return count_;
  }
  // However many clients wait here, they take no thread.
  asio::awaitable<void> wait() {
    if (!opened_)
      opened_.emplace(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    std::error_code woken;
    while (count_ > 0)
      co_await opened_->async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }

 private:
  int count_;
  std::optional<asio::steady_timer> opened_;
};

// Hands out jobs to the queues of the crew, in turn.
class dispatcher {
 public:
  using jobs = pickled::queue_proxy<std::string>;

  void hire(jobs of) { crew_.push_back(std::move(of)); }
  // Returns whose it is.
  jobs give(const std::string& job) {
    if (crew_.empty()) throw std::out_of_range("nobody is hired");
    const jobs& next = crew_[given_++ % crew_.size()];
    next.put(job);
    return next;
  }

 private:
  std::vector<jobs> crew_;
  std::size_t given_ = 0;
};

int main(int argc, char** argv) {
  using pickled::arg;
  if (argc != 3) return 2;
  pickled::manager_server_options options{.authkey = argv[2], .stop_on = {SIGINT, SIGTERM}};
  if (const auto error = pickled::address::parse(argv[1], options.address)) {
    std::cerr << argv[1] << ": " << error.message() << '\n';
    return 2;
  }
  pickled::type_registry types;
  types.add<latch>("Latch", "Opens when it has been counted down.")
      .constructor<int>(arg("count"))
      .method("count_down", &latch::count_down, "What is left.")
      .method("wait", &latch::wait);
  types.add<dispatcher>("Dispatcher")
      .constructor<>()
      .method("hire", &dispatcher::hire, arg("jobs"))
      .method("give", &dispatcher::give, arg("job"));
  pickled::manager_server server(std::move(options), std::move(types));
  std::cout << server.address().text() << std::endl;
  server.run();
}
