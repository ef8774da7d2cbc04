// SPDX-License-Identifier: BSL-1.0

// A coroutine as a server runs it, without the library that it is written with: async.hpp ties one
// to this.

#ifndef PICKLED_SERVER_SERVED_COROUTINE_HPP
#define PICKLED_SERVER_SERVED_COROUTINE_HPP

#include "pickled/convert/signature.hpp"
#include "pickled/namespace.hpp"
#include "pickled/value/value.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <span>

PICKLED_BEGIN_NAMESPACE

namespace detail {

struct served_result;

// What runs the coroutines of a server, on one thread.
class event_loop {
 public:
  event_loop() = default;
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;
  // Destroys what has not ended.
  virtual ~event_loop() = default;

  // Until stop(), also where there is nothing to do.
  virtual void run() = 0;
  // From any thread.
  virtual void stop() noexcept = 0;
  virtual void post(std::function<void()> task) = 0;
};

// One call of a coroutine, which shares it until it has ended. Everything but the constructor
// happens on the thread of the loop.
class coroutine_call {
 public:
  coroutine_call() = default;
  coroutine_call(const coroutine_call&) = delete;
  coroutine_call& operator=(const coroutine_call&) = delete;
  virtual ~coroutine_call() = default;

  virtual event_loop& loop() = 0;
  // Builds the result.
  virtual value_builder& builder() = 0;
  // One of them, once.
  virtual void returned(const served_result& result) = 0;
  virtual void failed(std::exception_ptr why) noexcept = 0;

  // Asks it to end, as its caller is gone. Set while it runs.
  std::function<void()> cancel;
};

// A function that is a coroutine.
struct coroutine_body {
  using start = std::function<void(std::shared_ptr<coroutine_call>)>;

  std::unique_ptr<event_loop> (*make_loop)() = nullptr;
  // Reads the arguments, which live as long as the call; what it returns starts the coroutine, from
  // any thread. Throws python_error TypeError.
  std::function<start(const signature&, void* self, std::span<const value_view> bound)> prepare;

  explicit operator bool() const noexcept { return make_loop != nullptr; }
};

// How functions that return R run, and what comes of them: async.hpp says it for coroutines.
template <class R>
struct coroutine_of {
  static constexpr bool is_one = false;
  using result = R;
};

}  // namespace detail

PICKLED_END_NAMESPACE

#endif  // PICKLED_SERVER_SERVED_COROUTINE_HPP
