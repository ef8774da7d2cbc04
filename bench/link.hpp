// SPDX-License-Identifier: BSL-1.0

// One connection under load: the requests that it sends, over and over, and the replies that it
// counts.

#ifndef PICKLED_BENCH_LINK_HPP
#define PICKLED_BENCH_LINK_HPP

#include "bench/protocol.hpp"
#include "pickled/connection/client.hpp"
#include "pickled/value/buffer.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

namespace pickled::inline v0::detail {

// What came of the requests of one run.
class result {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  result(time_point began, std::size_t expected) : began_(began) { latencies_.reserve(expected); }

  void add(time_point asked, time_point answered);
  void end(time_point now) { ended_ = now; }

  std::size_t operations() const noexcept { return latencies_.size(); }
  // A second. Of many operations it is the rate of the median slice of time, since on a busy
  // machine the scheduler takes whole slices away.
  double rate() const;
  // In microseconds; `part` of all were faster.
  double latency(double part) const;

 private:
  time_point began_;
  time_point ended_;
  std::vector<float> latencies_;
  std::vector<std::size_t> slices_;  // operations in each
};

// What one connection asks, again and again.
struct script {
  buffer bytes;
  std::vector<std::size_t> ends;  // of each request

  void add(bytes_view request) {
    bytes.append(request);
    ends.push_back(bytes.size());
  }
  std::size_t begin(std::size_t i) const { return i == 0 ? 0 : ends[i - 1]; }
};
// So often that a whole number of batches of `depth` requests fills it.
std::shared_ptr<const script> repeated(const std::shared_ptr<const script>& once,
                                       std::size_t depth);

//   begin() -> send() while sending() -> receive() until idle() -> begin() ...
//
// All functions throw std::system_error or std::runtime_error where the connection or a request
// failed.
class link {
 public:
  using time_point = result::time_point;

  struct options {
    protocol spoken = protocol::manager;
    std::size_t depth = 1;  // requests in a batch
    bool stock = false;     // as CPython's Connection writes and reads
    bool blocking = true;   // else each call does what is possible at once
  };

  link(client connected, std::shared_ptr<const script> asks, const options& how);

  int native_handle() const noexcept { return socket_.native_handle(); }
  bool sending() const noexcept { return sent_ != until_; }
  bool idle() const noexcept { return outstanding_ == 0; }
  // Whether the next batch is the first of the script again.
  bool through() const noexcept { return next_ == asks_->ends.size(); }

  // The next batch of requests is due.
  void begin(time_point now);
  void send();
  // Reads once, and tells of the replies that are complete with it.
  void receive(result& all);

 private:
  std::size_t room() const;

  client socket_;
  std::shared_ptr<const script> asks_;
  const options how_;
  buffer received_;
  std::size_t next_ = 0;  // request of the script
  std::size_t sent_ = 0;
  std::size_t until_ = 0;
  std::size_t outstanding_ = 0;
  time_point began_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_BENCH_LINK_HPP
