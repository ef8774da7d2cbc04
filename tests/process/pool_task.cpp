// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/pool_task.hpp"

#include "pickled/convert/convert.hpp"
#include "pickled/python/repr.hpp"
#include "process/pool_worker.hpp"
#include "process/python_exception.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace pickled::multiprocessing;

namespace {

functions offered() {
  functions all;
  all.add("m.power",
          [](long base, long exponent) {
            if (exponent < 0) throw std::domain_error("negative");
            return exponent == 0 ? 1 : base * base;
          },
          {"base", {"exponent", 2}});
  return all;
}

task_answer ask(const functions& all, const buffer& task) {
  const value_view wrapping[] = {{}, {}, {}, {}, {}, value_view::boolean(true)};
  return read_answer(pool_worker(all, wrapping).answer(task).message);
}

std::string text(const buffer& message) {
  return repr(loads(message.view()));
}

}  // namespace

TEST_CASE("a worker in C++ is sent the call", "[process]") {
  const functions all = offered();
  const buffer task =
      write_task(5, worker_kind::cpp, function_call("m.power", 3, keyword{"exponent", 2}));
  CHECK(text(task) == "(5, 0, <class 'm.power'>, (3,), {'exponent': 2})");
  const task_answer answer = ask(all, task);
  CHECK(answer.id == 5);
  CHECK(answer.outcome.result.get<long>() == 9);

  const std::vector<value_view> items{value_view::integer(2), value_view::integer(3)};
  arena where;
  value_builder b(where);
  const task_answer chunk = ask(all, write_chunk(6, worker_kind::cpp, "m.power", items, false, b));
  CHECK(chunk.outcome.result.get<std::vector<long>>() == std::vector<long>{4, 9});
}

TEST_CASE("CPython is sent a pickle that makes the call", "[process]") {
  const value task = loads(
      write_task(5, worker_kind::python, function_call("m.power", 3, keyword{"exponent", 2})));
  const auto parts = task->as_items();
  CHECK(parts[2].as_global() == global_name{"pickle", "loads"});
  const value inner = loads(parts[3].as_items()[0].as_bytes());
  const instance_node& call = inner->as_instance();
  CHECK(repr(call.args) == "(3,)");
  CHECK(call.callable.as_instance().callable.as_global() == global_name{"functools", "partial"});

  const value plain = loads(write_task(5, worker_kind::python, function_call("m.power", 3)));
  const value called = loads(plain->as_items()[3].as_items()[0].as_bytes());
  CHECK(called->as_instance().callable.as_global() == global_name{"m", "power"});
}

TEST_CASE("what a task raised is thrown with its traceback", "[process]") {
  const functions all = offered();
  const task_answer answer =
      ask(all, write_task(1, worker_kind::cpp, function_call("m.power", 3, -1)));
  try {
    std::rethrow_exception(answer.outcome.error);
    FAIL();
  } catch (const task_error& error) {
    CHECK(std::string(error.what()) == "ValueError: negative");
    CHECK(error.traceback().find("in m.power") != std::string::npos);
  }
}

TEST_CASE("a class that is taken for a module is told how to name", "[process]") {
  const auto text = [](std::string_view function, std::string_view raised) {
    const python_error error("ModuleNotFoundError", raised);
    arena where;
    value_builder b(where);
    const task_answer answer = read_answer(
        dumps(std::tuple(1, 0, std::tuple(false, exception_value(error, b)))), function);
    try {
      std::rethrow_exception(answer.outcome.error);
    } catch (const task_error& thrown) {
      CHECK(thrown.args()->as_items()[0].as_str() == raised);
      return std::string(thrown.what());
    }
  };
  CHECK(
      text("datetime.date.today", "No module named 'datetime.date'; 'datetime' is not a package") ==
      "ModuleNotFoundError: No module named 'datetime.date'; 'datetime' is not a package (a "
      "method of a class is named 'datetime:date.today')");
  CHECK(text("p.q.A.B.f", "No module named 'p.q.A'") ==
        "ModuleNotFoundError: No module named 'p.q.A' (a method of a class is named 'p.q:A.B.f')");
  for (const std::string_view function : {"p.f", "p.q.f", "q:p.f", ""})
    CHECK(text(function, "No module named 'p'") == "ModuleNotFoundError: No module named 'p'");
}

TEST_CASE("what is no answer is an error", "[process]") {
  CHECK_THROWS_AS(read_answer(dumps(value_view::integer(3))), std::runtime_error);
  CHECK_THROWS_AS(read_answer(dumps(std::tuple(1, 2, std::tuple(3, 4)))), std::runtime_error);
  CHECK_THROWS(read_answer(buffer()));
  const task_answer odd = read_answer(dumps(std::tuple(1, 2, std::tuple(false, 4))));
  CHECK_THROWS_WITH(std::rethrow_exception(odd.outcome.error), "a worker sent no exception: 4");
}

TEST_CASE("names that are none are refused", "[process]") {
  for (const char* name : {"power", ".power", "m.", ""})
    CHECK_THROWS_AS(write_task(1, worker_kind::cpp, function_call(name)), std::invalid_argument);
}

TEST_CASE("a worker's end is told in words", "[process]") {
  CHECK(std::string(worker_died("m.power", 42, 3).what()) ==
        "m.power failed: its worker, pid 42, ended with exit code 3");
  CHECK(std::string(worker_died("m.power", 42, -11).what()) ==
        "m.power failed: its worker, pid 42, was killed by SIGSEGV");
}

TEST_CASE("what ends a pool is an error with a code, as all others are", "[process]") {
  const worker_died died("m.power", 42, 3);
  const broken_pool broken("the pool was terminated");
  CHECK(static_cast<const pickled::error&>(died).code() == std::errc::owner_dead);
  CHECK(static_cast<const pickled::error&>(broken).code() == std::errc::broken_pipe);
  CHECK(std::string(static_cast<const pickled::error&>(broken).what()) == broken.what());
}
