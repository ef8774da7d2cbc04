// SPDX-License-Identifier: BSL-1.0

#include "program/parent.hpp"

#include <asio/buffer.hpp>

#include <chrono>
#include <cstddef>
#include <system_error>

namespace pickled::inline v0::detail {

namespace {

constexpr std::chrono::seconds unused_time{5};

}  // namespace

parent::parent(server& s, int pipe) : server_(s), pipe_(s.event_loop(), pipe) {
  wait();
}

void parent::wait() {
  pipe_.async_read_some(asio::buffer(ignored_), [this](std::error_code end, std::size_t) {
    if (end == asio::error::operation_aborted) return;
    end ? server_.stop_when_unused(unused_time) : wait();
  });
}

}  // namespace pickled::inline v0::detail
