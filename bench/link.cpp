// SPDX-License-Identifier: BSL-1.0

#include "bench/link.hpp"

#include "pickled/connection/socket.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

// Up to that size CPython's Connection writes the header and the message with one call.
constexpr std::size_t joined_write = 16384;
constexpr std::size_t header_size = 4;
constexpr std::size_t ordinary_read = std::size_t{16} << 10;

bool would_block(ssize_t count) {
  if (count >= 0) return false;
  if (errno != EAGAIN && errno != EINTR) throw std::system_error(last_error());
  return true;
}

constexpr std::chrono::milliseconds slice{5};
constexpr std::size_t many_in_slice = 20;

}  // namespace

void result::add(time_point asked, time_point answered) {
  latencies_.push_back(std::chrono::duration<float, std::micro>(answered - asked).count());
  const auto number = static_cast<std::size_t>((answered - began_) / slice);
  if (slices_.size() <= number) slices_.resize(number + 1);
  ++slices_[number];
}

double result::rate() const {
  std::vector<std::size_t> whole(slices_.begin(), slices_.end() - (slices_.empty() ? 0 : 1));
  const auto middle = whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2);
  std::ranges::nth_element(whole, middle);
  if (!whole.empty() && *middle >= many_in_slice)
    return static_cast<double>(*middle) / std::chrono::duration<double>(slice).count();
  return static_cast<double>(operations()) / std::chrono::duration<double>(ended_ - began_).count();
}

double result::latency(double part) const {
  std::vector<float> sorted = latencies_;
  const auto rank = static_cast<std::ptrdiff_t>(part * static_cast<double>(sorted.size() - 1));
  std::ranges::nth_element(sorted, sorted.begin() + rank);
  return sorted[static_cast<std::size_t>(rank)];
}

std::shared_ptr<const script> repeated(const std::shared_ptr<const script>& once,
                                       std::size_t depth) {
  if (once->ends.size() % depth == 0) return once;
  const auto all = std::make_shared<script>();
  while (all->ends.empty() || all->ends.size() % depth != 0) {
    for (std::size_t i = 0; i != once->ends.size(); ++i)
      all->add(once->bytes.view().subspan(once->begin(i), once->ends[i] - once->begin(i)));
  }
  return all;
}

link::link(client connected, std::shared_ptr<const script> asks, const options& how)
    : socket_(std::move(connected)), asks_(std::move(asks)), how_(how) {}

void link::begin(time_point now) {
  if (next_ + how_.depth > asks_->ends.size()) next_ = 0;
  sent_ = asks_->begin(next_);
  next_ += how_.depth;
  until_ = asks_->ends[next_ - 1];
  outstanding_ = how_.depth;
  began_ = now;
}

void link::send() {
  std::size_t most = until_ - sent_;
  const bool at_header = sent_ == asks_->begin(next_ - 1);
  if (how_.stock && at_header && most > joined_write) most = header_size;
  const ssize_t count = ::send(native_handle(), asks_->bytes.data() + sent_, most,
                               MSG_NOSIGNAL | (how_.blocking ? 0 : MSG_DONTWAIT));
  if (!would_block(count)) sent_ += static_cast<std::size_t>(count);
}

// CPython reads the length, and then what it tells.
std::size_t link::room() const {
  const std::size_t expected = reply_size(how_.spoken, received_.view());
  const std::size_t missing = expected > received_.size() ? expected - received_.size() : 0;
  if (how_.stock) return missing == 0 ? header_size : missing;
  return std::max(ordinary_read, missing);
}

void link::receive(result& all) {
  const std::size_t most = room();
  const ssize_t count =
      ::recv(native_handle(), received_.prepare(most), most, how_.blocking ? 0 : MSG_DONTWAIT);
  if (would_block(count)) return;
  if (count == 0) throw std::runtime_error("the server closed a connection");
  received_.commit(static_cast<std::size_t>(count));
  const auto now = std::chrono::steady_clock::now();
  bytes_view rest = received_.view();
  for (;;) {
    const std::size_t size = reply_size(how_.spoken, rest);
    if (size == 0 || size > rest.size()) break;
    check_reply(how_.spoken, rest.first(size));
    rest = rest.subspan(size);
    --outstanding_;
    all.add(began_, now);
  }
  received_.consume(received_.size() - rest.size());
}

}  // namespace pickled::inline v0::detail
