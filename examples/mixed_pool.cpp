// SPDX-License-Identifier: BSL-1.0

// A pool of CPythons and C++ workers side by side, used from C++.
// Usage: mixed_pool SHAPES_WORKER

#include <pickled/process/pool.hpp>

#include <iostream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  pickled::multiprocessing::pool_options options;
  options.python_workers = 2;
  options.cpp_workers = 2;
  options.cpp_worker = argv[1];
  pickled::multiprocessing::pool workers(options);

  // shapes.area is the C++ workers', math.factorial runs in a CPython.
  auto factorial = workers.submit<long>("math.factorial", 20);
  for (const double area : workers.map<double>("shapes.area", std::vector{1.0, 2.0, 3.0}))
    std::cout << area << '\n';
  std::cout << factorial.get() << '\n';

  try {
    workers.apply("json.loads", "{");
  } catch (const pickled::multiprocessing::task_error& error) {
    std::cout << error.what() << '\n';
  }
}
