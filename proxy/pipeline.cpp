// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/pipeline.hpp"

#include "proxy/remote_object.hpp"

#include <stdexcept>

PICKLED_BEGIN_NAMESPACE

const value& pipelined_call::given() const {
  if (failure_) std::rethrow_exception(failure_);
  if (!given_) throw std::logic_error("the pipeline of this call was not run");
  return *given_;
}

std::shared_ptr<pipelined_call> pipeline::add(const base_proxy& of, std::string_view method,
                                              buffer request) {
  if (of.self().link() != link_)
    throw std::invalid_argument("a pipeline calls objects of one server, and this is of another");
  auto call = std::make_shared<pipelined_call>(of, method);
  calls_.push_back(call);
  requests_.push_back(std::move(request));
  return call;
}

void pipeline::run(std::optional<std::chrono::milliseconds> limit) {
  const auto requests = std::exchange(requests_, {});
  const auto calls = std::exchange(calls_, {});
  if (requests.empty()) return;
  const detail::call_limits limits = link_->limits(limit);
  run(requests, calls, limits);
  // Where the server knew none of the objects, since it was restarted, it has made none of the
  // calls, and those of objects that are found by their names are made now.
  bool none_made = true;
  std::vector<buffer> missed;
  std::vector<std::shared_ptr<pipelined_call>> found;
  for (std::size_t i = 0; i != calls.size(); ++i) {
    pipelined_call& call = *calls[i];
    try {
      if (call.failure_ && call.of_.object_moved(call.failure_, requests[i], limits)) {
        missed.push_back(call.of_.readdressed(requests[i]));
        found.push_back(calls[i]);
      } else {
        none_made = false;
      }
    } catch (...) {
      call.failure_ = std::current_exception();
    }
  }
  if (none_made && !found.empty()) run(missed, found, limits);
}

void pipeline::run(const std::vector<buffer>& requests,
                   const std::vector<std::shared_ptr<pipelined_call>>& calls,
                   const detail::call_limits& limits) {
  std::size_t answered = 0;
  try {
    link_->call_all(requests, limits, [&](bytes_view message) {
      pipelined_call& call = *calls[answered++];
      try {
        call.failure_ = nullptr;
        call.given_ = call.of_.result_of(read_answer(message));
      } catch (...) {
        call.failure_ = std::current_exception();
      }
    });
  } catch (...) {
    for (std::size_t i = answered; i != calls.size(); ++i)
      calls[i]->failure_ = std::current_exception();
    throw;
  }
}

PICKLED_END_NAMESPACE
