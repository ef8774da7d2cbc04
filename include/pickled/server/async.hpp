// SPDX-License-Identifier: BSL-1.0

// Coroutines of Asio as methods and functions that Python calls; nothing else of
// <pickled/server/...> needs Asio. To be included where these are registered:
//
//   asio::awaitable<int> account::await_balance(int least);
//   types.add<account>("Account").method("await_balance", &account::await_balance, arg("least"));
//
// While it waits, a coroutine costs its caller's connection, and no thread. All coroutines of a
// server run on one thread, one at a time between two co_awaits, so what they alone use needs no
// mutex; co_await asio::this_coro::executor is where they run. They are `concurrent`: the other
// methods of the object are called meanwhile, on threads of their own. A coroutine whose caller is
// gone is cancelled, with asio::cancellation_type::terminal. What it throws is told as of other
// methods. One that has not ended when the server is destroyed is destroyed, where it waits.
//
// A function (type_registry::function) may be a coroutine, too; but its caller's request holds one
// of the `call_threads` meanwhile, and it is not cancelled.

#ifndef PICKLED_SERVER_ASYNC_HPP
#define PICKLED_SERVER_ASYNC_HPP

#include "pickled/server/served_class.hpp"
#include "pickled/server/served_coroutine.hpp"

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

PICKLED_BEGIN_NAMESPACE

namespace detail {

class asio_event_loop final : public event_loop {
 public:
  static std::unique_ptr<event_loop> make() { return std::make_unique<asio_event_loop>(); }

  void run() override { context_.run(); }
  void stop() noexcept override { context_.stop(); }
  void post(std::function<void()> task) override { asio::post(context_, std::move(task)); }
  asio::io_context& context() noexcept { return context_; }

 private:
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
};

template <class T, class Executor>
struct coroutine_of<asio::awaitable<T, Executor>> {
  static constexpr bool is_one = true;
  using result = T;

  template <class... Args, class Call>
  static coroutine_body body(Call call) {
    using arguments = std::tuple<std::remove_cvref_t<Args>...>;
    const auto prepare = [call = std::make_shared<const Call>(std::move(call))](
                             const signature& parameters, void* self,
                             std::span<const value_view> bound) -> coroutine_body::start {
      auto given = std::make_shared<arguments>();
      parameters.read(bound, *given);
      return [call, self, given](std::shared_ptr<coroutine_call> of) {
        start<Args...>(call, self, given, std::move(of));
      };
    };
    return {asio_event_loop::make, prepare};
  }

 private:
  template <class... Args, class Call, class Arguments>
  static void start(std::shared_ptr<const Call> call, void* self, std::shared_ptr<Arguments> given,
                    std::shared_ptr<coroutine_call> of) {
    const auto signal = std::make_shared<asio::cancellation_signal>();
    of->cancel = [signal] { signal->emit(asio::cancellation_type::terminal); };
    auto ended = [of, signal](const std::exception_ptr& why) {
      of->cancel = nullptr;
      if (why) of->failed(why);
    };
    asio::io_context& context = static_cast<asio_event_loop&>(of->loop()).context();
    asio::co_spawn(context.get_executor(),
                   run<Args...>(std::move(call), self, std::move(given), of),
                   asio::bind_cancellation_slot(signal->slot(), std::move(ended)));
  }

  template <class... Args, class Call, class Arguments>
  static asio::awaitable<void, Executor> run(std::shared_ptr<const Call> call, void* self,
                                             std::shared_ptr<Arguments> given,
                                             std::shared_ptr<coroutine_call> of) {
    asio::awaitable<T, Executor> called = std::apply(
        [&](auto&... each) { return (*call)(self, static_cast<Args&&>(each)...); }, *given);
    if constexpr (std::is_void_v<T>) {
      co_await std::move(called);
      of->returned({});
    } else {
      const T result = co_await std::move(called);
      of->returned(served_result::of(result, of->builder()));
    }
  }
};

}  // namespace detail

PICKLED_END_NAMESPACE

#endif  // PICKLED_SERVER_ASYNC_HPP
