// SPDX-License-Identifier: BSL-1.0

// The worker that the interop tests run: functions that do what can happen to a worker.

#include "pickled/process/queues.hpp"
#include "pickled/process/worker_main.hpp"
#include "pickled/proxy/dict_proxy.hpp"
#include "pickled/proxy/manager.hpp"

#include <chrono>
#include <compare>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

struct point {
  double x = 0;
  double y = 0;
  auto operator<=>(const point&) const = default;
};
PICKLED_DESCRIBE(point, "jobs", "Point", x, y)

struct path {
  std::vector<point> points;
  std::map<point, std::string> names;
};
PICKLED_DESCRIBE_AS(slots, path, "jobs", "Path", points, names)

struct leg {
  point start;
  point end;
};
PICKLED_DESCRIBE_AS(fields, leg, "jobs", "Leg", start, end)

enum class direction { north = 1, south = 2 };
PICKLED_DESCRIBE_ENUM(direction, "jobs", "Direction", north, south)

struct step {
  direction to = direction::north;
  int count = 0;
};
PICKLED_DESCRIBE_AS(call, step, "jobs", "Step", to, count)

int started_with = 0;

void fail(const std::string& how) {
  if (how == "index") throw std::out_of_range("no such item");
  if (how == "value") throw std::invalid_argument("not so");
  if (how == "os") throw std::system_error(ENOENT, std::system_category());
  if (how == "key") throw pickled::python_error("KeyError", "k");
  if (how == "exit") throw pickled::python_error("SystemExit", pickled::value::tuple({3}));
  if (how == "false") throw pickled::python_error("SystemExit", pickled::value::tuple({false}));
  throw std::runtime_error(how);
}

}  // namespace

int main(int argc, char** argv) {
  pickled::functions functions;
  functions
      .add(
          "jobs.square", [](long n) { return n * n; }, {"n"}, "n times n.")
      .add("jobs.power",
           [](long base, int exponent) {
             long result = 1;
             for (int i = 0; i < exponent; ++i)
               result *= base;
             return result;
           },
           {"base", {"exponent", 2}})
      .add("jobs.echo", [](const pickled::value& v) { return v; })
      .add("jobs.same_path", [](const path& p) { return p; })
      .add("jobs.same_leg", [](const leg& l) { return l; })
      .add("jobs.same_step", [](const step& s) { return s; })
      .add("jobs.pid", [] { return static_cast<long>(::getpid()); })
      .add("jobs.fail", fail)
      .add("jobs.sleep",
           [](double seconds) {
             std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
           })
      .add("jobs.wait_for_file",
           [](const std::string& path) {
             while (!path.empty() && !std::filesystem::exists(path))
               std::this_thread::sleep_for(std::chrono::milliseconds(1));
           })
      .add("jobs.leave", [](int code) { std::exit(code); })
      .add("jobs.end_thread", [] { ::pthread_exit(nullptr); })
      .add("jobs.cancel_thread",
           [] {
             ::pthread_cancel(::pthread_self());
             ::pthread_testcancel();
           })
      .add("jobs.crash", [](int signal) { ::raise(signal); })
      .add("jobs.start", [](int n) { started_with = n; })
      .add("jobs.started", [] { return started_with; })
      .add("jobs.not_utf8", [] { return std::string("caf\xe9"); })
      .add("jobs.store", [](const pickled::dict_proxy<>& d, const std::string& key,
                            const pickled::value& item) { d[key] = item; })
      .add("jobs.new_dict",
           [](const pickled::base_proxy& beside) {
             const auto made =
                 pickled::manager::connect(beside.server(), pickled::authkey_of_process()).dict();
             made.set("a", 1);
             return made;
           })
      .add("jobs.put", [](const pickled::multiprocessing::queue& q,
                          const pickled::value& item) { q.put(item); })
      .add("jobs.put_many",
           [](const pickled::multiprocessing::queue& q, int times, const pickled::value& item) {
             for (int i = 0; i != times; ++i)
               q.put(item);
           })
      .add("jobs.take_all",
           [](const pickled::multiprocessing::queue& q) {
             for (;;)
               q.get();
           })
      .add("jobs.finish_tasks", [](const pickled::multiprocessing::joinable_queue& q) {
        while (q.try_get_for(std::chrono::seconds(2)))
          q.task_done();
      });
  return pickled::worker_main(argc, argv, functions);
}
