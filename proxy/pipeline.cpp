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

std::shared_ptr<pipelined_call> pipeline::add(const base_proxy& of, buffer request) {
  if (of.self().link() != link_)
    throw std::invalid_argument("a pipeline calls objects of one server, and this is of another");
  auto call = std::make_shared<pipelined_call>(of);
  calls_.push_back(call);
  requests_.push_back(std::move(request));
  return call;
}

void pipeline::run(std::optional<std::chrono::milliseconds> limit) {
  const auto requests = std::exchange(requests_, {});
  const auto calls = std::exchange(calls_, {});
  if (requests.empty()) return;
  std::size_t answered = 0;
  try {
    link_->call_all(requests, limit, [&](bytes_view message) {
      pipelined_call& call = *calls[answered++];
      try {
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
  // An object that was not found is found by its name, for the next calls.
  for (std::size_t i = 0; i != calls.size(); ++i) {
    pipelined_call& call = *calls[i];
    try {
      if (call.failure_) call.of_.object_moved(call.failure_, requests[i]);
    } catch (...) {
      call.failure_ = std::current_exception();
    }
  }
}

PICKLED_END_NAMESPACE
