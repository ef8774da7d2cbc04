// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/process.hpp"

#include "pickled/python/function_name.hpp"

#include <fmt/format.h>

#include <atomic>
#include <stdexcept>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

std::atomic<unsigned> made{0};

}  // namespace

process& process::operator=(process&& other) noexcept {
  if (this == &other) return *this;
  finish();
  options_ = std::move(other.options_);
  pickles_ = std::move(other.pickles_);
  popen_ = std::move(other.popen_);
  return *this;
}

process::~process() {
  finish();
}

void process::finish() noexcept {
  if (!popen_) return;
  if (options_.daemon) popen_->send_signal(SIGTERM);
  popen_->wait();
}

void process::prepare(std::string_view target, call_arguments& call, const spawning& scope) {
  if (options_.name.empty()) options_.name = fmt::format("SpawnProcess-{}", ++made);
  value_builder& b = call.builder();
  pickles_ = write_process({options_.name, options_.daemon, to_value(function_name{target}, b),
                            call.args(), call.kwds()},
                           options_.spawn, scope, b);
}

void process::start() {
  if (popen_) throw std::logic_error("cannot start a process twice");
  popen_ = std::make_unique<popen_spawn>(pickles_, options_.spawn);
  pickles_ = {};
}

void process::join() {
  started().wait();
}

std::optional<int> process::exit_code() {
  return popen_ ? popen_->poll() : std::nullopt;
}

popen_spawn& process::started() {
  if (!popen_) throw std::logic_error("the process is not started");
  return *popen_;
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
