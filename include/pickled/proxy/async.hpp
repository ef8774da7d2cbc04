// SPDX-License-Identifier: BSL-1.0

// Calls of proxies for programs that use Asio, with any completion token; nothing else of
// <pickled/proxy/...> needs Asio.
//
//   pickled::async_connection calls(executor, manager);
//   const int n = co_await calls.async_call<int>(d, "get", "k", asio::use_awaitable);

#ifndef PICKLED_PROXY_ASYNC_HPP
#define PICKLED_PROXY_ASYNC_HPP

#include "pickled/proxy/call_queue.hpp"
#include "pickled/proxy/connection_error.hpp"
#include "pickled/proxy/request.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <cstddef>
#include <exception>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

PICKLED_BEGIN_NAMESPACE

// One connection, on which any number of calls may be under way. The server makes them one after
// the other, in the order in which they were started: one that blocks (a queue's get, a lock) holds
// up those behind it, and wants a connection of its own. The server takes it for a thread, to which
// RLocks and Conditions that are acquired here belong, and with which they are lost. The time
// limits of the manager's options hold for connecting alone: cancel calls by a timer. Where the
// connection was lost, the next call makes another one, without blocking, as the options' policy
// has it.
//
// Used by one thread at a time, as the objects of Asio: by an io_context that one thread runs, or
// within a strand, which then is the executor. Calls that are under way when this goes complete
// with std::errc::operation_canceled. Their handlers live as long as this does: a coroutine that
// owns it, and is suspended in a call, is not destroyed with its io_context.
class async_connection {
 public:
  // Connects, which blocks as manager::connect does. Throws connection_error.
  template <class Executor>
  async_connection(const Executor& executor, const manager& of)
      : state_(std::make_shared<state>(executor, of)) {}
  async_connection(async_connection&&) noexcept = default;
  async_connection& operator=(async_connection&&) = delete;
  ~async_connection() {
    if (state_) state_->close();
  }

  // Calls of.method(arguments...); the last of `rest` is the completion token. Completes with
  // (std::exception_ptr, T), or (std::exception_ptr) for void, by the executor of the token's
  // handler; a coroutine gets the T, or the exception thrown, which is one that base_proxy::call
  // throws. A call that is cancelled completes at once with a connection_error of
  // std::errc::operation_canceled; what it asked for may still happen: a queue's get waits on at
  // the server, and takes the next item, until this connection goes.
  template <class T = value, class... Rest>
  requires(sizeof...(Rest) >= 1) auto async_call(const base_proxy& of, std::string_view method,
                                                 Rest&&... rest) {
    constexpr std::size_t count = sizeof...(Rest) - 1;
    using token = std::tuple_element_t<count, std::tuple<Rest...>>;
    const auto all = std::forward_as_tuple(rest...);
    buffer request = [&]<std::size_t... I>(std::index_sequence<I...>) {
      return detail::make_call(of.ident(), method, std::get<I>(all)...);
    }
    (std::make_index_sequence<count>());
    auto initiate = [of, method = std::string(method), request = std::move(request),
                     to = state_](auto handler) mutable {
      using answer = answer_for<T, decltype(handler)>;
      auto made = std::make_shared<answer>(std::move(handler), to->executor());
      made->become_cancellable();
      to->start(of, method, std::move(request), std::move(made));
    };
    return asio::async_initiate<token, signature<T>>(std::move(initiate), std::get<count>(all));
  }

 private:
  template <class T>
  struct completes {
    using type = void(std::exception_ptr, T);
  };
  template <class T>
  requires std::is_void_v<T>
  struct completes<T> {
    using type = void(std::exception_ptr);
  };
  template <class T>
  using signature = typename completes<T>::type;

  static std::exception_ptr cancelled() {
    return std::make_exception_ptr(
        connection_error(std::make_error_code(std::errc::operation_canceled), "a call of a proxy"));
  }

  template <class T, class Handler>
  class answer_for final : public call_queue::receiver,
                           public std::enable_shared_from_this<answer_for<T, Handler>> {
   public:
    answer_for(Handler handler, const asio::any_io_executor& executor)
        : work_(asio::get_associated_executor(handler, executor)),
          slot_(asio::get_associated_cancellation_slot(handler)),
          handler_(std::move(handler)) {}

    // Not from within the slot, which completing clears.
    void become_cancellable() {
      if (!slot_.is_connected()) return;
      slot_.assign([weak = this->weak_from_this()](asio::cancellation_type) {
        if (const auto self = weak.lock())
          asio::post(self->work_.get_executor(), [self] { self->receive(cancelled(), {}); });
      });
    }

    void receive(std::exception_ptr failure, value result) noexcept override {
      if (!handler_) return;  // it was cancelled
      if (slot_.is_connected()) slot_.clear();
      Handler handler = std::move(*handler_);
      handler_.reset();
      const auto executor = work_.get_executor();
      if constexpr (std::is_void_v<T>) {
        asio::post(executor, [handler = std::move(handler), failure]() mutable {
          std::move(handler)(failure);
        });
      } else {
        T converted{};
        try {
          if (!failure) converted = std::move(result).template get<T>();
        } catch (...) {
          failure = std::current_exception();
        }
        asio::post(executor, [handler = std::move(handler), failure,
                              converted = std::move(converted)]() mutable {
          std::move(handler)(failure, std::move(converted));
        });
      }
      work_.reset();
    }

   private:
    asio::executor_work_guard<asio::associated_executor_t<Handler, asio::any_io_executor>> work_;
    asio::associated_cancellation_slot_t<Handler> slot_;
    std::optional<Handler> handler_;
  };

  class state : public std::enable_shared_from_this<state> {
   public:
    state(const asio::any_io_executor& executor, const manager& of)
        : calls_(of), socket_(executor), alarm_(executor) {
      watch_socket();
    }

    asio::any_io_executor executor() { return socket_.get_executor(); }

    void start(const base_proxy& of, std::string_view method, buffer request,
               std::shared_ptr<call_queue::receiver> to) {
      calls_.add(of, method, std::move(request), std::move(to));
      // What is started together is sent together.
      if (std::exchange(scheduled_, true)) return;
      asio::post(executor(), [self = this->shared_from_this()] {
        self->scheduled_ = false;
        self->advance();
      });
    }

    void close() {
      calls_.fail(cancelled());
      std::error_code ignored;
      socket_.close(ignored);
      alarm_.cancel();
    }

   private:
    void advance() {
      const bool more_to_send = calls_.advance();
      if (watched_ != calls_.connections()) watch_socket();
      set_alarm();
      if (calls_.empty()) {
        std::error_code ignored;
        if (socket_.is_open()) socket_.cancel(ignored);
        return;
      }
      if (calls_.native_handle() < 0) return;
      wait_for(asio::posix::stream_descriptor::wait_read, reading_);
      if (more_to_send) wait_for(asio::posix::stream_descriptor::wait_write, writing_);
    }

    // A descriptor of its own for the connection's socket, which Asio waits for.
    void watch_socket() {
      std::error_code ignored;
      socket_.close(ignored);
      watched_ = calls_.connections();
      const int socket = calls_.native_handle();
      if (socket >= 0) socket_.assign(::fcntl(socket, F_DUPFD_CLOEXEC, 3), ignored);
    }

    void set_alarm() {
      const auto at = calls_.wake_at();
      if (at == alarm_at_) return;
      alarm_at_ = at;
      alarm_.cancel();
      if (!at) return;
      alarm_.expires_at(*at);
      alarm_.async_wait([self = this->shared_from_this()](std::error_code error) {
        if (error) return;
        self->alarm_at_.reset();
        self->advance();
      });
    }

    void wait_for(asio::posix::stream_descriptor::wait_type what, bool& waiting) {
      if (std::exchange(waiting, true)) return;
      socket_.async_wait(what, [self = this->shared_from_this(), &waiting](std::error_code error) {
        waiting = false;
        if (error && self->calls_.empty()) return;
        self->advance();
      });
    }

    call_queue calls_;
    asio::posix::stream_descriptor socket_;
    unsigned watched_ = 0;  // whose descriptor that is, of the connections so far
    asio::steady_timer alarm_;
    std::optional<client::time_point> alarm_at_;
    bool scheduled_ = false;
    bool reading_ = false;
    bool writing_ = false;
  };

  std::shared_ptr<state> state_;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_ASYNC_HPP
