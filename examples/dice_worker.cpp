// SPDX-License-Identifier: BSL-1.0

// The worker of the examples pool_*.py and exit_codes.py: a die that can be seeded, and what can go
// wrong with it.

#include <pickled/process/worker_main.hpp>

#include <cstdlib>
#include <random>
#include <stdexcept>
#include <unistd.h>
#include <vector>

namespace {

std::mt19937_64 generator;  // a worker is one process, with a generator of its own
int sides = 6;

std::vector<int> throw_dice(int count) {
  if (count < 0) throw std::invalid_argument("a negative number of dice");
  std::uniform_int_distribution<int> die(1, sides);
  std::vector<int> thrown;
  for (int i = 0; i != count; ++i)
    thrown.push_back(die(generator));
  return thrown;
}

}  // namespace

int main(int argc, char** argv) {
  pickled::functions functions;
  functions
      .add(
          "dice.use", [](int n) { sides = n; }, {"sides"}, "An initializer: the dice to throw.")
      .add(
          "dice.sides", [] { return sides; }, {}, "The number of sides in this worker.")
      .add(
          "dice.seed", [](unsigned long n) { generator.seed(n); }, {"n"}, "Seeds this worker.")
      .add("dice.throw", throw_dice, {{"count", 1}}, "So many throws.")
      .add(
          "dice.throw_seeded",
          [](unsigned long seed, int count) {
            generator.seed(seed);
            return throw_dice(count);
          },
          {"seed", {"count", 1}}, "The same throws for the same seed, in whichever worker.")
      .add(
          "dice.leave", [](int code) { std::exit(code); }, {"code"}, "Ends the process.")
      .add(
          "dice.worker", [] { return static_cast<long>(::getpid()); }, {}, "The pid.");
  return pickled::worker_main(argc, argv, functions);
}
