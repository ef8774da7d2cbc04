// SPDX-License-Identifier: BSL-1.0

#include "program/serve_to_end.hpp"

#include <asio/signal_set.hpp>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <system_error>

namespace pickled::inline v0::detail {

void serve_to_end(server& s, const std::vector<int>& signals, const std::function<void()>& ready,
                  const std::function<void()>& remove_files) {
  const auto remove_all = [&] {
    s.remove_files();
    remove_files();
  };
  const auto exit_now = [&](int status) {
    remove_all();
    spdlog::default_logger()->flush();
    std::_Exit(status);
  };
  asio::signal_set received(s.event_loop());
  for (const int number : signals)
    received.add(number);
  received.async_wait([&](std::error_code error, int) {
    if (error) return;
    s.stop();
    received.async_wait([&](std::error_code again, int number) {
      if (!again) exit_now(128 + number);
    });
  });
  ready();
  s.run();
  if (s.is_busy()) exit_now(EXIT_SUCCESS);
  remove_all();
}

}  // namespace pickled::inline v0::detail
