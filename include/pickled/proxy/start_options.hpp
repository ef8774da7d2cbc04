// SPDX-License-Identifier: BSL-1.0

// How manager::start starts a server.

#ifndef PICKLED_PROXY_START_OPTIONS_HPP
#define PICKLED_PROXY_START_OPTIONS_HPP

#include "pickled/proxy/server_link.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

PICKLED_BEGIN_NAMESPACE

struct start_options {
  // The program `pickled`: a path, or a name that $PATH finds.
  std::string program = "pickled";
  // Further options of `pickled serve`: "--max-memory", "1gb".
  std::vector<std::string> arguments = {};
  // Where it listens, as manager::connect takes it; empty for a unix socket in a directory of its
  // own, which goes with it.
  std::string address = {};
  // Without one that of the process, authkey_of_process().
  std::optional<std::string> authkey = {};
  // What it may take until it listens.
  std::chrono::milliseconds start_timeout = std::chrono::seconds(20);
  call_options calls = {};
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_START_OPTIONS_HPP
