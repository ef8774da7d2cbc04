// SPDX-License-Identifier: BSL-1.0

// Shares objects with Python through a manager, CPython's or ours.
// Usage: readme SERVER AUTHKEY, with SERVER as HOST:PORT or unix:PATH

#include <pickled/proxy/manager.hpp>

#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto manager = pickled::manager::connect(argv[1], argv[2]);

  pickled::dict_proxy stock = manager.dict();
  stock["apples"] = 5;
  stock["pears"] = std::vector{1.5, 2.5};
  const int apples = stock["apples"].get<int>();

  pickled::lock_proxy lock = manager.lock();
  {
    const std::lock_guard guard(lock);
    stock["apples"] = apples + 1;
  }

  try {
    stock.at("plums");
  } catch (const pickled::python_error& error) {
    std::cout << error.what() << '\n';
  }
  std::cout << stock.repr() << '\n';
}
