// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/current_process.hpp"

#include "pickled/process/pipe.hpp"
#include "pickled/value/attribute.hpp"

#include <array>

PICKLED_BEGIN_NAMESPACE

namespace {

process_identity& identity() noexcept {
  static process_identity of_this;
  return of_this;
}

std::optional<parent_identity>& parent() noexcept {
  static std::optional<parent_identity> of_this;
  return of_this;
}

std::string text_of(value_view v) {
  return v.is(kind::str) ? std::string(v.as_str()) : std::string();
}

}  // namespace

bool parent_identity::join_until(const multiprocessing::deadline& until) const {
  // It never writes there again.
  return !multiprocessing::wait(std::array{sentinel_}, until).empty();
}

const process_identity& current_process() noexcept {
  return identity();
}

const std::optional<parent_identity>& parent_process() noexcept {
  return parent();
}

PICKLED_END_NAMESPACE

namespace pickled::inline v0::detail {

void set_current_process(value_view process, int pipe) {
  const value_view daemon = item_of(attribute_of(process, "_config"), "daemon");
  identity() = {text_of(attribute_of(process, "_name")),
                daemon.is(kind::boolean) && daemon.as_bool()};
  const value_view pid = attribute_of(process, "_parent_pid");
  if (pid.is(kind::integer))
    parent().emplace(text_of(attribute_of(process, "_parent_name")),
                     static_cast<pid_t>(pid.as_integer()), pipe);
}

}  // namespace pickled::inline v0::detail
