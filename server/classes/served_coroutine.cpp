// SPDX-License-Identifier: BSL-1.0

#include "server/classes/served_coroutine.hpp"

#include "server/classes/served_types.hpp"

#include <exception>
#include <pthread.h>
#include <utility>

namespace pickled::inline v0::detail {

event_loop& coroutine_thread::loop_for(const coroutine_body& body) {
  const std::lock_guard guard(mutex_);
  if (loop_ == nullptr) loop_ = body.make_loop();
  if (!thread_.joinable() && !joined_)
    thread_ = std::thread([loop = loop_.get()] {
      ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
      loop->run();
    });
  return *loop_;
}

void coroutine_thread::join() noexcept {
  {
    const std::lock_guard guard(mutex_);
    joined_ = true;
  }
  if (!thread_.joinable()) return;
  loop_->stop();
  thread_.join();
}

served_coroutine::served_coroutine(coroutine_thread& thread, const served_types& types,
                                   const served_function& f, void* self,
                                   std::shared_ptr<const void> owner, arguments args)
    : loop_(thread.loop_for(f.coroutine)),
      owner_(std::move(owner)),
      args_(std::move(args)),
      start_(types.prepare(f, self, args_, builder_)) {}

void served_coroutine::start(result done) {
  done_ = std::move(done);
  // `cancel` is of that thread, on which the coroutine then begins at once.
  loop_.post([self = shared_from_this()] {
    try {
      std::exchange(self->start_, nullptr)(self);
    } catch (...) {
      self->failed(std::current_exception());
    }
  });
}

void served_coroutine::ask_to_end() noexcept {
  try {
    loop_.post([self = shared_from_this()] {
      if (const auto cancel = self->cancel) cancel();
    });
  } catch (const std::exception&) {
    // It goes on, and nobody is told what comes of it.
  }
}

void served_coroutine::returned(const served_result& made) {
  done_(made, nullptr);
  done_ = nullptr;
}

void served_coroutine::failed(std::exception_ptr why) noexcept {
  // Also what telling its result has thrown.
  if (const result done = std::exchange(done_, nullptr)) done({}, why);
}

}  // namespace pickled::inline v0::detail
