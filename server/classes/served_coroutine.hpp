// SPDX-License-Identifier: BSL-1.0

// Calls of coroutines of the program's: what runs them, and what waits for them.

#ifndef PICKLED_SERVER_CLASSES_SERVED_COROUTINE_HPP
#define PICKLED_SERVER_CLASSES_SERVED_COROUTINE_HPP

#include "pickled/server/served_class.hpp"
#include "pickled/server/served_coroutine.hpp"
#include "server/sync/waiter.hpp"
#include "server/types/arguments.hpp"

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace pickled::inline v0::detail {

class served_types;

// The thread of the coroutines; there is none before the first of them. Thread-safe, but for
// join().
class coroutine_thread {
 public:
  coroutine_thread() = default;
  coroutine_thread(const coroutine_thread&) = delete;
  coroutine_thread& operator=(const coroutine_thread&) = delete;
  ~coroutine_thread() { join(); }

  // That of the first coroutine, for all.
  event_loop& loop_for(const coroutine_body& body);
  // Nothing runs any more. What has not ended waits for ever, and goes with this.
  void join() noexcept;
  bool joined() const noexcept { return joined_; }

 private:
  std::mutex mutex_;
  std::unique_ptr<event_loop> loop_;
  std::thread thread_;
  std::atomic<bool> joined_ = false;
};

// What becomes of one call is told to `done`, once: on the thread of the coroutines.
class served_coroutine final : public coroutine_call,
                               public std::enable_shared_from_this<served_coroutine> {
 public:
  using result = std::function<void(const served_result&, const std::exception_ptr&)>;

  // Binds and reads the arguments. Throws python_error. `self` is the object, if `f` is a method,
  // and lives as long as `owner`.
  served_coroutine(coroutine_thread& thread, const served_types& types, const served_function& f,
                   void* self, std::shared_ptr<const void> owner, arguments args);

  // From any thread. Throws where there is no memory, and then it has not begun.
  void start(result done);
  // From any thread.
  void ask_to_end() noexcept;

  event_loop& loop() override { return loop_; }
  value_builder& builder() override { return builder_; }
  void returned(const served_result& result) override;
  void failed(std::exception_ptr why) noexcept override;

 private:
  event_loop& loop_;
  const std::shared_ptr<const void> owner_;
  const arguments args_;
  arena room_;
  value_builder builder_{room_};
  coroutine_body::start start_;
  result done_;
};

// A client that waits for one.
class coroutine_waiter final : public waiter {
 public:
  using waiter::waiter;

  std::weak_ptr<served_coroutine> coroutine;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_CLASSES_SERVED_COROUTINE_HPP
