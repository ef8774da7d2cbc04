// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/current_process.hpp"

#include "pickled/value/attribute.hpp"

namespace pickled {

namespace {

process_identity& identity() noexcept {
  static process_identity of_this;
  return of_this;
}

std::string text_of(value_view v) {
  return v.is(kind::str) ? std::string(v.as_str()) : std::string();
}

}  // namespace

const process_identity& current_process() noexcept {
  return identity();
}

void set_current_process(value_view process) {
  const value_view daemon = item_of(attribute_of(process, "_config"), "daemon");
  const value_view parent = attribute_of(process, "_parent_pid");
  identity() = {text_of(attribute_of(process, "_name")),
                daemon.is(kind::boolean) && daemon.as_bool(),
                parent.is(kind::integer) ? static_cast<pid_t>(parent.as_integer()) : 0,
                text_of(attribute_of(process, "_parent_name"))};
}

}  // namespace pickled
