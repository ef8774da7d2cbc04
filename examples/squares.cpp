// SPDX-License-Identifier: BSL-1.0

// Takes numbers from a queue until there is a None, and puts their squares into a dict.
// Usage: squares SERVER AUTHKEY, with SERVER as HOST:PORT or unix:PATH

#include <pickled/proxy/manager.hpp>

#include <optional>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto manager = pickled::manager::connect(argv[1], argv[2]);
  const auto tasks = manager.get<pickled::queue_proxy<std::optional<long>>>("get_tasks");
  const auto results = manager.get<pickled::dict_proxy<long, long>>("get_results");
  while (const auto number = tasks.get())
    results.set(*number, *number * *number);
}
