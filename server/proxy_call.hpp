// SPDX-License-Identifier: BSL-1.0

// One request of a proxy connection, from the look-up of its object to its reply: what
// `Server.serve_client` of CPython does between recv and send.
//
//   run() ─────────────────────────────▶ reply()   the method came back
//   run() ──▶ waiting() ──▶ wake ──────▶ reply()   it blocks, and its session suspends
//
// What a method throws becomes `#ERROR`; what keeps a method from being called, `#TRACEBACK`; an
// object that cannot be pickled, `#UNSERIALIZABLE`.

#ifndef PICKLED_SERVER_PROXY_CALL_HPP
#define PICKLED_SERVER_PROXY_CALL_HPP

#include "frozen/freezer.hpp"
#include "pickled/frozen/splicer.hpp"
#include "pickled/python/python_error.hpp"
#include "server/context.hpp"
#include "server/types/call.hpp"
#include "server/wire/token_writer.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pickled::inline v0::detail {

// Used by one thread at a time.
class proxy_call {
 public:
  // What `make_wake` makes is called when a waiting call is decided, from any thread. `tokens`
  // spells objects for the caller. `request` must outlive it; its arguments are this call's.
  proxy_call(context& host, frozen_request& request, const owner& who, const token_writer& tokens,
             const std::function<std::function<void()>()>& make_wake);
  proxy_call(const proxy_call&) = delete;
  proxy_call& operator=(const proxy_call&) = delete;
  // The next request finds the memory of this one's arguments.
  ~proxy_call() { request_.args = std::move(call_.args).leave_memory(); }

  // Whether run() may take long enough to hold up the other sessions of its thread.
  bool heavy() const noexcept;

  // Whether what it calls may wait, or be granted what can be given back.
  bool may_wait() const noexcept {
    return target_ == target::method && has(method_->what, needs::waiting);
  }
  // Whether run() is code of the program that serves, and in which turn that is to run.
  bool runs_program() const noexcept;
  const void* turn() const noexcept { return object_->object->turn_of(method_); }
  // Whether that code is so brief that it holds up nobody.
  bool is_brief() const noexcept;
  // Whether run() may wait for the Python that verifies values.
  bool loads_values() const noexcept;

  void run();
  // What is called; nullptr where it is unknown.
  const referent* object() const noexcept { return object_.get(); }
  // What run() or reply() has created, of which the caller has one reference; nullptr where
  // nothing.
  const std::shared_ptr<referent>& created() const noexcept { return created_; }
  // Set after run() where the call blocks, or was granted on the spot something that could be given
  // back.
  const std::shared_ptr<waiter>& waiting() const noexcept { return call_.waiting(); }
  // Precondition: run() has returned and, where it waits, wake was called. Throws where there is no
  // memory to tell what was granted: that is to be given back then.
  spliced reply();

  // "dict.__getitem__", for the log.
  std::string name() const;

 private:
  enum class target { method, str, getvalue, none };

  target look_up();
  template <class Work>
  void answer(Work work);
  void run_method();
  void check_memory() const;
  void finish();
  void run_fallback();
  void write_proxy_reply(const handed_out& result);
  void fail(const python_error& error);
  void traceback(std::string_view where, std::string_view last_line);
  void refuse_method();

  context& host_;
  const token_writer& tokens_;
  frozen_request& request_;
  std::shared_ptr<referent> object_;
  std::shared_ptr<referent> created_;
  const method_entry* method_ = nullptr;
  const target target_;
  splicer out_;
  std::size_t prefix_ = 0;  // bytes of out_ before the returned value
  call call_;
  std::optional<spliced> finished_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_PROXY_CALL_HPP
