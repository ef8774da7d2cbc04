// SPDX-License-Identifier: BSL-1.0

// Pools of ours with workers of both kinds; interop/workers runs it with each CPython, whose module
// `tasks` it provides.

#include "pickled/process/pool.hpp"

#include "pickled/process/process.hpp"
#include "process/awaitable.hpp"
#include "tests/integration/live_pool.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <istream>
#include <iterator>
#include <list>
#include <memory>
#include <mutex>
#include <numeric>
#include <set>
#include <signal.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <tuple>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace pickled::multiprocessing;
using namespace std::chrono_literals;

namespace {

std::vector<int> numbers(int count) {
  std::vector<int> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}
std::vector<long> squares(int count) {
  std::vector<long> all;
  for (const long n : numbers(count))
    all.push_back(n * n);
  return all;
}

// 0, 1, 2, … without an end; counts how many are taken.
struct counted_numbers {
  struct iterator {
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    int operator*() const { return *next; }
    iterator& operator++() { return ++*next, *this; }
    void operator++(int) { ++*next; }
    bool operator==(std::default_sentinel_t) const { return false; }
    int* next;
  };
  iterator begin() { return {&taken}; }
  static std::default_sentinel_t end() { return {}; }
  int taken = 0;
};

pool_options mixed() {
  pool_options options;
  options.python_workers = 2;
  options.cpp_workers = 2;
  options.cpp_worker = jobs_worker();
  return options;
}
pool_options of_cpp(std::size_t count = 2) {
  pool_options options;
  options.cpp_workers = count;
  options.cpp_worker = jobs_worker();
  return options;
}
pool_options of_python(std::size_t count = 2) {
  pool_options options;
  options.python_workers = count;
  return options;
}

template <class E, class F>
E error_of(F f) {
  try {
    f();
  } catch (const E& error) {
    return error;
  }
  throw std::runtime_error("it did not throw that");
}

}  // namespace

TEST_CASE("CPython runs functions for C++", "[pool]") {
  pool workers(2);
  CHECK(workers.apply<double>("math.sqrt", 16) == 4);
  CHECK(workers.apply<long>("tasks.power", 3, keyword{"exponent", 4}) == 81);
  CHECK(workers.map<long>("tasks.square", numbers(100)) == squares(100));
  CHECK(workers.map<long>("tasks.square", numbers(0)).empty());
  CHECK(workers.map<long>("tasks.square", numbers(10), {.chunksize = 3}) == squares(10));
  CHECK(workers.starmap<long>("tasks.power", std::vector{std::tuple(2, 3), std::tuple(3, 2)}) ==
        std::vector<long>{8, 9});
  std::vector<long> results;
  for (const long square : workers.imap<long>("tasks.square", numbers(200)))
    results.push_back(square);
  CHECK(results == squares(200));
  results.clear();
  for (const long square : workers.imap_unordered<long>("tasks.square", numbers(200), 7))
    results.push_back(square);
  std::sort(results.begin(), results.end());
  CHECK(results == squares(200));
  CHECK(workers.apply<std::string>("tasks:Namespace.Inner.name") == "inner");
  CHECK(workers.apply("builtins.print", keyword{"end", ""}).is_none());
  workers.submit<void>("tasks.square", 3).get();
  workers.close();
  workers.join();
  for (const worker_info& each : workers.workers())
    CHECK_FALSE(each.alive);
}

TEST_CASE("values of any size go both ways", "[pool]") {
  pool workers(mixed());
  for (const char* echo : {"tasks.same", "jobs.echo"}) {
    const std::string text(3'000'000, 'x');
    CHECK(workers.apply<std::string>(echo, text) == text);
    std::vector<std::future<std::size_t>> waiting;
    CHECK(workers.map<std::string>(echo, std::vector<std::string>(20, std::string(300'000, 'y')))
              .size() == 20);
  }
}

TEST_CASE("tasks go to who can run them", "[pool]") {
  pool workers(mixed());
  CHECK(workers.map<long>("jobs.square", numbers(50)) == squares(50));
  CHECK(workers.map<long>("tasks.square", numbers(50)) == squares(50));
  std::set<long> cpp;
  std::set<long> python;
  for (const worker_info& each : workers.workers())
    (each.kind == worker_kind::cpp ? cpp : python).insert(each.pid);
  CHECK(cpp.size() == 2);
  CHECK(python.size() == 2);
  CHECK(cpp.count(workers.apply<long>("jobs.pid")) == 1);
  CHECK(python.count(workers.apply<long>("os.getpid")) == 1);
}

TEST_CASE("what a pool cannot run is refused", "[pool]") {
  pool workers(of_cpp());
  CHECK_THROWS_WITH(workers.apply("os.getpid"),
                    "the workers of this pool have no function 'os.getpid'");
  CHECK_THROWS_AS(pool(pool_options{.cpp_workers = 1}), std::invalid_argument);
  pool of_pythons(1);
  CHECK_THROWS_AS(of_pythons.submit("getpid"), std::invalid_argument);
}

TEST_CASE("exceptions come with their traceback", "[pool]") {
  pool workers(mixed());
  auto error = error_of<task_error>([&] { workers.apply("tasks.fail", "value"); });
  CHECK(error.type() == "ValueError");
  CHECK(std::string(error.what()) == "ValueError: value");
  CHECK(error.traceback().find("in fail") != std::string::npos);
  error = error_of<task_error>([&] { workers.apply("jobs.fail", "index"); });
  CHECK(std::string(error.what()) == "IndexError: no such item");
  CHECK(error.traceback().find("in jobs.fail") != std::string::npos);
  CHECK_THROWS_AS(workers.map("tasks.fail", std::vector{"value", "key"}), python_error);
  CHECK_THROWS_AS(workers.apply<std::string>("tasks.square", 2), conversion_error);
  CHECK(workers.apply<long>("tasks.square", 2) == 4);
}

TEST_CASE("a function that cannot be imported fails, and its worker stays", "[pool]") {
  pool workers(1);
  const long pid = workers.apply<long>("os.getpid");
  CHECK(error_of<task_error>([&] { workers.apply("nowhere.f"); }).type() == "ModuleNotFoundError");
  const std::string said =
      error_of<task_error>([&] { workers.apply("tasks.Namespace.Inner.name"); }).what();
  CHECK(said.find("'tasks:Namespace.Inner.name'") != std::string::npos);
  CHECK(error_of<task_error>([&] { workers.apply("tasks.f"); }).type() == "AttributeError");
  CHECK(error_of<task_error>([&] { workers.map("tasks.f", numbers(3)); }).type() ==
        "AttributeError");
  CHECK(workers.apply<long>("os.getpid") == pid);
}

TEST_CASE("a result that cannot be pickled fails", "[pool]") {
  pool workers(1);
  const auto error = error_of<task_error>([&] { workers.apply("tasks.unpicklable"); });
  CHECK(error.type() == "MaybeEncodingError");
  CHECK(workers.apply<long>("tasks.square", 2) == 4);
}

TEST_CASE("a worker that dies fails its task and no other", "[pool]") {
  for (pool_options options : {of_python(), of_cpp()}) {
    const std::string module = options.cpp_workers == 0 ? "tasks" : "jobs";
    pool workers(options);
    auto error = error_of<worker_died>([&] { workers.apply(module + ".leave", 3); });
    CHECK(error.exit_code() == 3);
    CHECK(std::string(error.what()) == module + ".leave failed: its worker, pid " +
                                           std::to_string(error.pid()) +
                                           ", ended with exit code 3");
    error = error_of<worker_died>([&] { workers.apply(module + ".crash", SIGKILL); });
    CHECK(error.exit_code() == -SIGKILL);
    CHECK(std::string(error.what()).ends_with("was killed by SIGKILL"));

    auto dying = workers.submit<void>(module + ".crash", SIGKILL);
    CHECK(workers.map<long>(module + ".square", numbers(1000), {.chunksize = 1}) == squares(1000));
    CHECK_THROWS_AS(dying.get(), worker_died);
  }
}

TEST_CASE("a function that ends its thread ends its worker", "[pool]") {
  pool workers(of_cpp(1));
  for (const char* function : {"jobs.end_thread", "jobs.cancel_thread"}) {
    const auto error = error_of<worker_died>([&] { workers.apply(function); });
    CHECK(error.exit_code() == 1);
    CHECK(workers.apply<long>("jobs.square", 2) == 4);
  }
}

TEST_CASE("a task whose worker died is tried again", "[pool]") {
  const temporary_file once;
  pool_options options = of_python(1);
  options.retries = 1;
  pool workers(options);
  CHECK(workers.apply<std::string>("tasks.crash_once", once.path()) == "survived");
  CHECK_THROWS_AS(workers.apply("tasks.leave", 1), worker_died);
}

TEST_CASE("workers may be killed at any moment", "[pool]") {
  for (pool_options options : {of_python(2), of_cpp(2)}) {
    const std::string module = options.cpp_workers == 0 ? "tasks" : "jobs";
    options.retries = 1000;
    pool workers(options);
    std::promise<void> done;
    std::thread killer([&, finished = done.get_future()] {
      for (unsigned n = 0; n != 12 && finished.wait_for(20ms) != std::future_status::ready; ++n) {
        const auto all = workers.workers();
        std::vector<pid_t> living;
        for (const worker_info& each : all)
          if (each.alive) living.push_back(each.pid);
        // Those that just start are left alone: three that fail in a row are enough.
        if (!living.empty() && all.back().tasks != 0) ::kill(living[n % living.size()], SIGKILL);
      }
    });
    for (int round = 0; round != 10; ++round)
      CHECK(workers.map<long>(module + ".square", numbers(2000), {.chunksize = 1}) ==
            squares(2000));
    done.set_value();
    killer.join();
  }
}

TEST_CASE("a pool whose workers cannot be started is broken", "[pool]") {
  pool_options options;
  options.python_workers = 1;
  options.spawn.executable = "/nowhere/python";
  CHECK_THROWS_WITH(pool(options), Catch::StartsWith("cannot run /nowhere/python"));
  options.spawn.executable = "/bin/false";
  pool broken(options);
  const auto error = error_of<broken_pool>([&] { broken.apply("os.getpid"); });
  CHECK(std::string(error.what()).find("a worker cannot be started: pid ") == 0);
  CHECK(std::string(error.what()).ends_with(" ended with exit code 1"));
  CHECK_THROWS_AS(pool(pool_options{.cpp_workers = 1, .cpp_worker = "/bin/false"}), broken_pool);
  CHECK_THROWS_AS(pool(pool_options{.cpp_workers = 1, .cpp_worker = "/nowhere/worker"}),
                  std::system_error);
}

TEST_CASE("nothing waits behind a task that takes long", "[pool]") {
  for (const pool_options& options : {of_python(2), of_cpp(2)}) {
    const std::string name =
        options.cpp_workers == 0 ? "tasks.wait_for_file" : "jobs.wait_for_file";
    pool workers(options);
    // They are known to be quick.
    workers.map(name, std::vector<std::string>(100), {.chunksize = 1});
    for (const int at : {0, 1, 40, 198, 199}) {
      const temporary_file all_others;
      std::filesystem::remove(all_others.path());
      std::vector<std::future<void>> tasks;
      for (int i = 0; i != 200; ++i)
        tasks.push_back(workers.submit<void>(name, i == at ? all_others.path() : ""));
      for (int i = 0; i != 200; ++i)
        if (i != at) tasks[static_cast<std::size_t>(i)].get();
      std::ofstream(all_others.path()) << "done";
      tasks[static_cast<std::size_t>(at)].get();
    }
  }
}

TEST_CASE("an initializer runs in each worker", "[pool]") {
  pool_options options = of_python();
  options.initializer = function_call("tasks.start", 5);
  CHECK(pool(options).apply<int>("tasks.started") == 5);
  options = of_cpp();
  options.initializer = function_call("jobs.start", 6);
  CHECK(pool(options).apply<int>("jobs.started") == 6);
  options = mixed();
  options.initializer = function_call("tasks.start", 7);
  pool workers(options);
  CHECK(workers.apply<int>("tasks.started") == 7);
  CHECK(workers.apply<int>("jobs.started") == 0);
}

TEST_CASE("an initializer that raises breaks the pool", "[pool]") {
  for (pool_options options : {of_python(), of_cpp()}) {
    const std::string module = options.cpp_workers == 0 ? "tasks" : "jobs";
    options.initializer = function_call(module + ".fail", "value");
    pool workers(options);
    const auto error = error_of<task_error>([&] { workers.map(module + ".square", numbers(3)); });
    CHECK(error.type() == "ValueError");
  }
}

TEST_CASE("workers are replaced after so many tasks", "[pool]") {
  for (pool_options options : {of_python(1), of_cpp(1)}) {
    options.max_tasks_per_child = 2;
    const std::string name = options.cpp_workers == 0 ? "os.getpid" : "jobs.pid";
    pool workers(options);
    std::vector<long> pids;
    for (int i = 0; i != 6; ++i)
      pids.push_back(workers.apply<long>(name));
    CHECK(pids[0] == pids[1]);
    CHECK(pids[2] == pids[3]);
    CHECK(std::set<long>(pids.begin(), pids.end()).size() == 3);
  }
}

TEST_CASE("a map tells how far it is", "[pool]") {
  pool workers(of_cpp());
  std::vector<map_progress> reports;
  map_options options;
  options.chunksize = 1;
  options.interval = 1ms;
  options.on_progress = [&](const map_progress& p) { reports.push_back(p); };
  workers.map<long>("jobs.square", numbers(5000), options);
  REQUIRE_FALSE(reports.empty());
  CHECK(reports.back().done == 5000);
  CHECK(reports.back().failed == 0);
  CHECK(reports.back().total == 5000);
  CHECK(reports.back().rate > 0);
  CHECK_THROWS_AS(workers.map("jobs.fail", std::vector{"value", "key"}, options), python_error);
  CHECK(reports.back().failed == 2);
}

namespace {

// A range that can be gone through once.
struct numbers_in {
  std::istream& text;

  std::istream_iterator<int> begin() const { return std::istream_iterator<int>(text); }
  std::istream_iterator<int> end() const { return {}; }
};

}  // namespace

TEST_CASE("a map takes its items from any range", "[pool]") {
  pool workers(of_cpp(1));
  std::istringstream text("1 2 3");
  CHECK(workers.map<long>("jobs.square", numbers_in{text}, {.chunksize = 2}) ==
        std::vector<long>{1, 4, 9});
  CHECK(workers.map<bool>("jobs.echo", std::vector{true, false, true}, {.chunksize = 2}) ==
        std::vector{true, false, true});
  CHECK(workers.map<long>("jobs.square", std::list{2, 1, 0}) == std::vector<long>{4, 1, 0});
  CHECK(workers.map<long>("jobs.square", std::vector<int>()).empty());
}

TEST_CASE("results of a map hold each other's memory, but numbers none", "[pool]") {
  pool workers(of_cpp(1));
  for (const value& result : workers.map("jobs.square", numbers(10), {.chunksize = 3}))
    CHECK(result.owner() == nullptr);
  const std::vector<value> texts =
      workers.map("jobs.echo", std::vector<std::string>{"first", "second"}, {.chunksize = 2});
  CHECK(texts[0].owner() == texts[1].owner());
  CHECK(texts[0].get<std::string>() == "first");
}

TEST_CASE("a chunk whose results do not fit fails", "[pool]") {
  pool workers(of_python(1));
  CHECK_THROWS_AS(workers.map<std::string>("tasks.square", numbers(3)), conversion_error);
  CHECK(workers.map<long>("tasks.square", numbers(3)) == squares(3));
  workers.apply("builtins.exec", "import multiprocessing.pool as p; p.mapstar = lambda args: [1]");
  CHECK(workers.map<long>("tasks.square", numbers(1)) == std::vector<long>{1});
  CHECK_THROWS_WITH(workers.map<long>("tasks.square", numbers(3), {.chunksize = 3}),
                    "$: expected a list of 3 results, got one of 1");
  auto results = workers.imap<long>("tasks.square", numbers(3), 3);
  CHECK_THROWS_AS(results.next(), conversion_error);
}

TEST_CASE("imap takes no more than it needs", "[pool]") {
  pool workers(of_cpp());
  counted_numbers numbers;
  auto results = workers.imap<long>("jobs.square", numbers);
  for (long n = 0; n != 500; ++n)
    CHECK(results.next() == n * n);
  CHECK(numbers.taken < 1000);
}

TEST_CASE("an imap goes on after an error", "[pool]") {
  pool workers(of_cpp());
  auto results = workers.imap<long>("jobs.square",
                                    std::vector<value>{to_value(2), to_value("x"), to_value(3)});
  CHECK(results.next() == 4);
  CHECK_THROWS_AS(results.next(), task_error);
  CHECK(results.next() == 9);
  CHECK_FALSE(results.next());
}

TEST_CASE("terminate ends everything at once", "[pool]") {
  for (pool_options options : {of_python(), of_cpp()}) {
    const std::string name = options.cpp_workers == 0 ? "time.sleep" : "jobs.sleep";
    pool workers(options);
    std::vector<std::future<void>> sleeping;
    for (int i = 0; i != 5; ++i)
      sleeping.push_back(workers.submit<void>(name, 300));
    const auto begun = std::chrono::steady_clock::now();
    workers.terminate();
    for (auto& each : sleeping)
      CHECK_THROWS_AS(each.get(), broken_pool);
    workers.join();
    CHECK(std::chrono::steady_clock::now() - begun < 30s);
    for (const worker_info& each : workers.workers())
      CHECK(::kill(each.pid, 0) != 0);
    CHECK_THROWS_AS(workers.submit(name, 1), broken_pool);
  }
}

TEST_CASE("a closed pool does what it was given", "[pool]") {
  std::future<long> last;
  {
    pool workers(of_cpp());
    for (int i = 0; i != 100; ++i)
      last = workers.submit<long>("jobs.square", 7);
    workers.close();
    CHECK_THROWS_AS(workers.submit("jobs.square", 1), broken_pool);
  }
  CHECK(last.get() == 49);
}

TEST_CASE("a pool leaves no descriptor and no process", "[pool]") {
  const auto open_files = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  pool(of_cpp()).apply("jobs.pid");  // the resource tracker's stays open
  const auto before = open_files();
  for (int i = 0; i != 3; ++i) {
    pool workers(mixed());
    CHECK(workers.map<long>("jobs.square", numbers(50)) == squares(50));
    CHECK_THROWS_AS(workers.apply("tasks.leave", 1), worker_died);
    CHECK_THROWS_AS(workers.apply("jobs.crash", SIGSEGV), worker_died);
  }
  CHECK_THROWS(pool(pool_options{.cpp_workers = 1, .cpp_worker = "/bin/false"}));
  CHECK(open_files() == before);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("a pool without descriptors is an error, and leaves nothing", "[pool]") {
  const auto open_files = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<rlim_t>(std::distance(begin(all), end(all)));
  };
  pool(of_cpp()).apply("jobs.pid");  // the resource tracker's stays open
  const rlim_t before = open_files();
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  int failures = 0;
  for (rlim_t more = 0; more != 12; ++more) {
    const rlimit few{before - 1 + more, limit.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    try {
      pool workers(of_cpp());
      CHECK(workers.apply<long>("jobs.square", 3) == 9);
    } catch (const std::exception& error) {
      // A worker that finds none for itself ends, and says so.
      INFO(error.what());
      CHECK((dynamic_cast<const broken_pool*>(&error) != nullptr ||
             dynamic_cast<const std::system_error*>(&error) != nullptr));
      ++failures;
    }
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(open_files() == before);
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  }
  CHECK(failures > 0);
}

TEST_CASE("a worker that talks nonsense is ended, and the pool goes on", "[pool]") {
  pool workers(of_python(1));
  CHECK_THROWS_AS(workers.apply("tasks.talk_nonsense"), std::exception);
  CHECK(workers.apply<long>("tasks.square", 3) == 9);
  CHECK_THROWS_AS(workers.apply("tasks.begin_nonsense"), worker_died);
  CHECK(workers.apply<long>("tasks.square", 3) == 9);
  CHECK_THROWS_AS(workers.apply("tasks.break_off"), worker_died);
  CHECK(workers.apply<long>("tasks.square", 3) == 9);
}

TEST_CASE("a worker that breaks off in an answer is ended", "[pool]") {
  pool workers(of_python(1));
  // Of the length, after it, and in what follows it.
  for (const std::size_t bytes : {1U, 3U, 4U, 8U}) {
    CHECK_THROWS_AS(workers.apply("tasks.begin_answer", bytes), worker_died);
    CHECK(workers.apply<long>("tasks.square", 3) == 9);
  }
}

TEST_CASE("a worker that dies in an answer is told of at once", "[pool]") {
  pool workers(of_python(1));
  workers.apply("tasks.square", 3);
  const auto begun = std::chrono::steady_clock::now();
  CHECK_THROWS_AS(workers.apply("tasks.break_off", 3), worker_died);
  CHECK(std::chrono::steady_clock::now() - begun < 1s);
}

// Not run with the others: ends by SIGKILL, and tells by its output when the last worker has gone.
TEST_CASE("the parent of busy and idle workers is killed", "[.parent]") {
  pool workers(mixed());
  for (const char* name : {"time.sleep", "jobs.sleep"}) {
    workers.apply(name, 0);
    workers.submit(name, 300);
  }
  process child(process_options{.daemon = true}, "tasks.wait_for_parent");
  child.start();
  workers.apply("time.sleep", 0);
  workers.apply("jobs.sleep", 0);
  ::kill(::getpid(), SIGKILL);
}

TEST_CASE("many threads share a pool", "[pool]") {
  pool workers(mixed());
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t != 4; ++t)
    threads.emplace_back([&, t] {
      for (int n = 0; n != 200; ++n)
        right += workers.apply<long>(t % 2 == 0 ? "jobs.square" : "tasks.square", n) == long{n} * n;
    });
  for (std::thread& thread : threads)
    thread.join();
  CHECK(right == 800);
}

TEST_CASE("a coroutine awaits a result", "[pool]") {
  pool workers(of_cpp());
  asio::io_context context;
  long square = 0;
  std::string raised;
  std::string refused;
  const auto ask = [&]() -> asio::awaitable<void> {
    square = co_await async_submit<long>(workers, function_call("jobs.square", 9));
    try {
      co_await async_submit(workers, function_call("jobs.fail", "value"));
    } catch (const task_error& error) {
      raised = error.what();
    }
    try {
      co_await async_submit(workers, function_call("nowhere.f"));
    } catch (const std::invalid_argument& error) {
      refused = error.what();
    }
  };
  asio::co_spawn(context, ask(), asio::detached);
  context.run();
  CHECK(square == 81);
  CHECK(raised == "ValueError: not so");
  CHECK(refused == "the workers of this pool have no function 'nowhere.f'");
}
