// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/call_queue.hpp"

#include "connection/message_too_long.hpp"
#include "pickled/proxy/connection_error.hpp"
#include "proxy/attempts.hpp"
#include "proxy/remote_object.hpp"

#include <fmt/format.h>

#include <chrono>
#include <stdexcept>
#include <system_error>
#include <utility>

PICKLED_BEGIN_NAMESPACE

call_queue::call_queue(const manager& of) : link_(of.link_), client_(link_->open_connection({})) {}
call_queue::~call_queue() = default;
call_queue::call_queue(call_queue&&) noexcept = default;

void call_queue::add(const base_proxy& of, std::string_view method, buffer request,
                     std::shared_ptr<receiver> to) {
  if (of.self().link() != link_)
    throw std::invalid_argument("a connection calls objects of one server, and this is of another");
  if (failed_) return to->receive(failed_, {});
  // Nothing is on its way: the call goes to another connection where this one has ended.
  if (state_ == state::open && calls_.empty() && client_->hung_up()) state_ = state::lost;
  calls_.push_back({of, std::string(method), std::move(request), std::move(to)});
  if (state_ == state::open) client_->enqueue(calls_.back().request);
}

bool call_queue::advance() noexcept {
  if (failed_) return false;
  try {
    if (state_ == state::lost) {
      if (calls_.empty()) return false;
      attempts_ = std::make_unique<detail::attempts>(link_->options().reconnect, std::nullopt);
      connect();
    }
    if (state_ == state::pausing) {
      if (std::chrono::steady_clock::now() < *wake_at_) return false;
      connect();
    }
    if (state_ != state::open && !advance_connecting()) return state_ == state::connecting;
    return exchange();
  } catch (...) {
    state_ = state::lost;
    tell_all(std::current_exception());
  }
  return false;
}

// Begins to.
void call_queue::connect() {
  wake_at_ = link_->end_of_connecting({});
  answered_.clear();
  try {
    client_.emplace(link_->begin_connection());
    ++connections_;
    state_ = state::connecting;
  } catch (const std::system_error& error) {
    not_connected(link_->no_connection(error.code()), true);
  }
}

// Whether the connection is there.
bool call_queue::advance_connecting() {
  if (state_ == state::pausing || state_ == state::lost) return false;
  try {
    if (wake_at_ && std::chrono::steady_clock::now() >= *wake_at_)
      throw std::system_error(make_error_code(std::errc::timed_out));
    if (state_ == state::connecting) {
      client_->advance([](bytes_view) {});
      if (!client_->ready()) return false;
      greeting_ = server_link::greeting();
      client_->enqueue(greeting_);
      state_ = state::greeting;
    }
    client_->advance([this](bytes_view message) {
      read_answer(message);
      if (state_ == state::greeting) open();
    });
  } catch (const std::system_error& error) {
    not_connected(link_->no_connection(error.code()), !server_link::is_of_other_key(error.code()));
  }
  return state_ == state::open;
}

void call_queue::open() {
  state_ = state::open;
  wake_at_.reset();
  attempts_.reset();
  for (const call& each : calls_)
    client_->enqueue(each.request);
}

void call_queue::not_connected(const std::exception_ptr& why, bool again) noexcept {
  client_.reset();
  wake_at_ = again ? attempts_->next() : std::nullopt;
  state_ = wake_at_ ? state::pausing : state::lost;
  if (!wake_at_) tell_all(why);
}

bool call_queue::exchange() {
  try {
    const bool more = client_->advance([this](bytes_view message) { receive_answer(message); });
    if (!more) answered_.clear();
    return more;
  } catch (const detail::message_too_long& error) {
    lose(error.code(), error.text());
  } catch (const std::system_error& error) {
    lose(error.code(), {});
  }
  return false;
}

// They may have been made, all of them.
void call_queue::lose(std::error_code why, const std::string& detail) noexcept {
  state_ = state::lost;
  const call* first = calls_.empty() ? nullptr : &calls_.front();
  const std::string what = first == nullptr ? link_->where().text()
                                            : fmt::format("{}.{} at {}", first->of.type_id(),
                                                          first->method, link_->where().text());
  tell_all(std::make_exception_ptr(unanswered_call(why, what, detail)));
}

void call_queue::fail(const std::exception_ptr& why) noexcept {
  failed_ = why;
  wake_at_.reset();
  tell_all(why);
}

void call_queue::tell_all(const std::exception_ptr& why) noexcept {
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
