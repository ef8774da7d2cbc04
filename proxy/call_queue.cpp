// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/call_queue.hpp"

#include "pickled/proxy/connection_error.hpp"
#include "proxy/remote_object.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <system_error>
#include <utility>

PICKLED_BEGIN_NAMESPACE

call_queue::call_queue(const manager& of) : link_(of.link_), client_(link_->open_connection({})) {}

void call_queue::add(const base_proxy& of, std::string_view method, buffer request,
                     std::shared_ptr<receiver> to) {
  if (of.self().link() != link_)
    throw std::invalid_argument("a connection calls objects of one server, and this is of another");
  if (failed_) return to->receive(failed_, {});
  calls_.push_back({of, std::string(method), std::move(request), std::move(to)});
  client_.enqueue(calls_.back().request);
}

bool call_queue::advance() noexcept {
  if (failed_) return false;
  try {
    const bool more = client_.advance([this](bytes_view message) { receive_answer(message); });
    if (!more) answered_.clear();
    return more;
  } catch (const std::system_error& error) {
    const call* first = calls_.empty() ? nullptr : &calls_.front();
    const std::string what = first == nullptr ? link_->where().text()
                                              : fmt::format("{}.{} at {}", first->of.type_id(),
                                                            first->method, link_->where().text());
    fail(std::make_exception_ptr(unanswered_call(error.code(), what)));
    failed_ = std::make_exception_ptr(connection_error(error.code(), link_->where().text()));
  } catch (...) {
    fail(std::current_exception());
  }
  return false;
}

void call_queue::fail(const std::exception_ptr& why) noexcept {
  failed_ = why;
  for (const call& each : std::exchange(calls_, {}))
    each.to->receive(why, {});
}

void call_queue::receive_answer(bytes_view message) noexcept {
  if (calls_.empty()) return;  // CPython's server sends one too many when it ends
  // Its request may still be on its way, where the server refused it before it was whole.
  answered_.splice(answered_.end(), calls_, calls_.begin());
  call& answered = answered_.back();
  value result;
  std::exception_ptr failure;
  try {
    result = answered.of.result_of(read_answer(message));
  } catch (...) {
    failure = std::current_exception();
  }
  const base_proxy of = std::exchange(answered.of, {});
  std::exchange(answered.to, {})->receive(failure, std::move(result));
}

PICKLED_END_NAMESPACE
