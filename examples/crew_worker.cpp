// SPDX-License-Identifier: BSL-1.0

// The C++ side of crew_processes.py: functions that share queues, pipes, locks and memory with the
// Python process that starts them.

#include <pickled/process/logging.hpp>
#include <pickled/process/queues.hpp>
#include <pickled/process/shared_memory.hpp>
#include <pickled/process/sharedctypes.hpp>
#include <pickled/process/synchronize.hpp>
#include <pickled/process/worker_main.hpp>

#include <spdlog/logger.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

namespace {

namespace mp = pickled::multiprocessing;

// Only the lock makes one step of reading, adding and writing.
void count_up(const mp::value<int>& counter, int times) {
  for (int i = 0; i != times; ++i) {
    const std::lock_guard guard(counter);
    ++counter.get_obj();
  }
}

// Each process does this to a part of its own, so that no lock is needed.
void fill(const mp::array<double>& numbers, std::size_t start, std::size_t stop) {
  for (std::size_t i = start; i != stop; ++i)
    numbers.get_obj()[i] = static_cast<double>(i) * static_cast<double>(i);
}

void consume(const mp::queue& tasks, const mp::queue& results) {
  for (pickled::value task = tasks.get(); !task->is_none(); task = tasks.get()) {
    const auto [id, text] = task.get<std::pair<int, std::string>>();
    results.put(std::tuple(id, text.size()));
  }
}

// Answers until the other end is closed.
void answer(const mp::connection& connection) {
  try {
    for (;;)
      connection.send("you said " + connection.recv<std::string>());
  } catch (const std::system_error&) {
    connection.close();
  }
}

void square(const mp::shared_memory& segment, std::size_t start, std::size_t stop) {
  for (double& number : segment.as_span<double>(stop - start, start * sizeof(double)))
    number *= number;
}

void work_and_log(const mp::queue& records, const std::string& name) {
  spdlog::logger logger(name, std::make_shared<mp::queue_sink_mt>(records));
  logger.info("at work");
  logger.warn("{} of {} failed", 1, 3);
}

void run_until(const mp::event& stop, const mp::value<long>& steps) {
  while (!stop.wait_for(std::chrono::milliseconds(1)))
    steps.set(steps.get() + 1);
}

}  // namespace

int main(int argc, char** argv) {
  pickled::functions functions;
  functions.add("crew.count_up", count_up, {"counter", "times"}, "Adds one to a Value, so often.")
      .add("crew.fill", fill, {"numbers", "start", "stop"}, "Squares into a part of an Array.")
      .add("crew.consume", consume, {"tasks", "results"}, "Takes (id, text) until None comes.")
      .add("crew.answer", answer, {"connection"}, "Answers what comes through a Pipe.")
      .add("crew.square", square, {"segment", "start", "stop"}, "Squares in a SharedMemory.")
      .add("crew.work_and_log", work_and_log, {"records", "name"}, "Logs into a Queue.")
      .add("crew.run_until", run_until, {"stop", "steps"}, "Works until an Event is set.");
  return pickled::worker_main(argc, argv, functions);
}
