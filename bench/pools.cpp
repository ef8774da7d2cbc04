// SPDX-License-Identifier: BSL-1.0

// What a pool of ours does in a second, by the same tasks as bench/pools.py gives to stock ones.
// Usage: pools KIND WORKERS PROGRAM, with KIND python or cpp and PROGRAM the executable of workers.
// Prints a line "TASK SECONDS TASKS" for each task.

#include "pickled/process/pool.hpp"
#include "pickled/process/process.hpp"
#include "pickled/process/queues.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using pickled::multiprocessing::pool;

void measure(std::string_view name, std::size_t tasks, const std::function<void()>& run) {
  const auto begun = std::chrono::steady_clock::now();
  run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::cout << name << ' ' << took.count() << ' ' << tasks << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const bool cpp = std::string_view(argv[1]) == "cpp";
  pickled::multiprocessing::pool_options options;
  (cpp ? options.cpp_workers : options.python_workers) = std::stoul(argv[2]);
  (cpp ? options.cpp_worker : options.spawn.executable) = argv[3];
  const std::string nothing = "bench_tasks.nothing";
  const std::string same = "bench_tasks.same";

  measure("start", 1, [&] { pool(options).apply<int>(nothing, 0); });
  pool workers(options);
  workers.apply<int>(nothing, 0);
  measure("apply", 2000, [&] {
    for (int i = 0; i != 2000; ++i)
      workers.apply<int>(nothing, i);
  });
  measure("async", 20000, [&] {
    std::vector<std::future<int>> results;
    for (int i = 0; i != 20000; ++i)
      results.push_back(workers.submit<int>(nothing, i));
    for (auto& result : results)
      result.get();
  });
  const std::vector<int> items(100000, 1);
  measure("map-1", items.size(), [&] { workers.map<int>(nothing, items, {.chunksize = 1}); });
  measure("map", items.size(), [&] { workers.map<int>(nothing, items); });
  const std::vector<std::string> small(20000, std::string(1000, 'x'));
  measure("1KB", small.size(), [&] { workers.map<std::string>(same, small, {.chunksize = 1}); });
  const std::vector<std::string> large(100, std::string(1000000, 'x'));
  measure("1MB", large.size(), [&] { workers.map<std::string>(same, large, {.chunksize = 1}); });

  const auto queue = pickled::multiprocessing::queue::create();
  pickled::multiprocessing::process_options filling;
  filling.spawn.executable = argv[3];
  const int count = 100000;
  pickled::multiprocessing::process process(filling, "bench_tasks.fill", queue, count);
  process.start();
  queue.get<int>();
  measure("queue", count - 1, [&] {
    for (int i = 1; i != count; ++i)
      queue.get<int>();
  });
}
