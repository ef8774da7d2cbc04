// SPDX-License-Identifier: BSL-1.0

// A worker for Python's pools, whole. See shapes.py for the side of Python.

#include <pickled/process/worker_main.hpp>

int main(int argc, char** argv) {
  pickled::functions functions;
  functions.add(
      "shapes.area", [](double w, double h) { return w * h; }, {"w", {"h", 1.0}},
      "The area of a rectangle.");
  return pickled::worker_main(argc, argv, functions);
}
