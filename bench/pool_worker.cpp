// SPDX-License-Identifier: BSL-1.0

// The functions of bench_tasks.py as a worker in C++.

#include "pickled/process/queues.hpp"
#include "pickled/process/worker_main.hpp"

#include <string>

int main(int argc, char** argv) {
  pickled::functions functions;
  functions.add("bench_tasks.nothing", [](int n) { return n; })
      .add("bench_tasks.same", [](const std::string& text) { return text; })
      .add("bench_tasks.fill", [](const pickled::multiprocessing::queue& queue, int count) {
        for (int i = 0; i != count; ++i)
          queue.put(i);
      });
  return pickled::worker_main(argc, argv, functions);
}
