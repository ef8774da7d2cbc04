// SPDX-License-Identifier: BSL-1.0

// Processes and pools of ours in programs that use Asio, which nothing else here needs.
//
//   const int code = co_await async_join(child);
//   const double area = co_await async_submit<double>(workers, function_call("shapes.area", 2, 3));

#ifndef PICKLED_PROCESS_AWAITABLE_HPP
#define PICKLED_PROCESS_AWAITABLE_HPP

#include "pickled/process/pool.hpp"
#include "pickled/process/process.hpp"

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <exception>
#include <fcntl.h>
#include <memory>
#include <utility>

namespace pickled::inline v0::detail {

// Waits until the process has ended; gives its exit code. The process must stay where it is.
inline asio::awaitable<int> async_join(multiprocessing::process& child) {
  // Asio closes its descriptor, and the sentinel is the process's own.
  asio::posix::stream_descriptor sentinel(co_await asio::this_coro::executor,
                                          ::fcntl(child.sentinel(), F_DUPFD_CLOEXEC, 3));
  co_await sentinel.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
  co_return *child.exit_code();
}

// One call, as pool::submit makes it. Completes with (std::exception_ptr, T), by the executor of
// the token's handler; a coroutine gets the T, or the exception thrown.
template <class T = value, class Token = asio::use_awaitable_t<>>
auto async_submit(multiprocessing::pool& workers, multiprocessing::function_call call,
                  Token&& token = Token()) {
  const auto initiate = [&workers](auto handler, multiprocessing::function_call what) {
    const auto executor = asio::get_associated_executor(handler);
    const auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    const auto complete =
        [shared, work = asio::make_work_guard(executor)](multiprocessing::task_outcome outcome) {
          T result{};
          try {
            if (outcome.error) std::rethrow_exception(outcome.error);
            result = outcome.result.template get<T>();
          } catch (...) {
            outcome.error = std::current_exception();
          }
          asio::post(work.get_executor(),
                     [shared, error = outcome.error, result = std::move(result)]() mutable {
                       std::move (*shared)(error, std::move(result));
                     });
        };
    try {
      workers.call(what, complete);
    } catch (...) {
      complete({value(), std::current_exception()});
    }
  };
  return asio::async_initiate<Token, void(std::exception_ptr, T)>(initiate, token, std::move(call));
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROCESS_AWAITABLE_HPP
