// SPDX-License-Identifier: BSL-1.0

#include "process/pool_worker.hpp"

#include "pickled/python/repr.hpp"
#include "pickled/value/as_call.hpp"
#include "pickled/value/attribute.hpp"

#include <catch2/catch.hpp>

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

functions offered() {
  functions all;
  all.add("m.half", [](int n) {
    if (n % 2 != 0) throw std::invalid_argument("odd");
    return n / 2;
  });
  all.add("m.Number.half", [](int n) { return n / 2; });
  all.add("m.text", [] { return std::string("caf\xe9"); });
  all.add("m.add", [](int a, int b) { return a + b; }, {"a", {"b", 100}});
  return all;
}

// Values made in one place.
class maker {
 public:
  value_view global(std::string_view module, std::string_view name) {
    return b.global(module, name);
  }
  value_view tuple(std::initializer_list<value_view> items) {
    const std::vector<value_view> parts(items);
    return b.tuple(parts);
  }
  value_view number(int n) { return value_view::integer(n); }
  value_view task(value_view f, value_view args) {
    return tuple({number(7), number(1), f, args, b.dict()});
  }

 private:
  arena room_;

 public:
  value_builder b{room_};
};

std::string answer(pool_worker& worker, value_view task) {
  const worker_answer done = worker.answer(dumps(task));
  return repr(loads(done.message.view()));
}

pool_worker plain(const functions& all) {
  return pool_worker(all, {});
}

}  // namespace

TEST_CASE("a task is answered by what its function returns", "[process]") {
  const functions all = offered();
  pool_worker worker = plain(all);
  maker m;
  const value_view half = m.global("m", "half");
  CHECK(answer(worker, m.task(half, m.tuple({m.number(8)}))) == "(7, 1, (True, 4))");
}

TEST_CASE("a chunk of a map is answered by a list", "[process]") {
  const functions all = offered();
  pool_worker worker = plain(all);
  maker m;
  const auto chunk = [&](const char* star, value_view f, value_view items) {
    return m.task(m.global("multiprocessing.pool", star), m.tuple({m.tuple({f, items})}));
  };
  CHECK(answer(worker, chunk("mapstar", m.global("m", "half"),
                             m.tuple({m.number(2), m.number(4)}))) == "(7, 1, (True, [1, 2]))");
  CHECK(answer(worker, chunk("starmapstar", m.global("m", "add"),
                             m.tuple({m.tuple({m.number(1), m.number(2)}),
                                      m.tuple({m.number(3)})}))) == "(7, 1, (True, [3, 103]))");
  CHECK(answer(worker, chunk("mapstar", m.global("m", "half"), m.tuple({}))) ==
        "(7, 1, (True, []))");
}

TEST_CASE("a partial is called with the rest", "[process]") {
  const functions all = offered();
  pool_worker worker = plain(all);
  maker m;
  const dict_entry b_is_5[] = {{m.b.str("b"), m.number(5)}};
  const value_view f =
      m.b.instance(instance_node::construction::reduce,
                   m.global("multiprocessing.reduction", "_rebuild_partial"),
                   m.tuple({m.global("m", "add"), m.tuple({m.number(1)}), m.b.dict(b_is_5)}));
  CHECK(answer(worker, m.task(f, m.tuple({}))) == "(7, 1, (True, 6))");
}

TEST_CASE("an exception comes with a traceback where it is wanted", "[process]") {
  const functions all = offered();
  maker m;
  const value_view task = m.task(m.global("m", "half"), m.tuple({m.number(3)}));
  pool_worker bare = plain(all);
  CHECK(answer(bare, task) == "(7, 1, (False, ValueError('odd')))");
  const value_view args[] = {{}, {}, {}, {}, {}, value_view::boolean(true)};
  pool_worker wrapping(all, args);
  const value result = loads(wrapping.answer(dumps(task)).message.view());
  const value_view exception = result->as_items()[2].as_items()[1];
  const instance_node* call = as_call(exception, {"multiprocessing.pool", "rebuild_exc"});
  REQUIRE(call != nullptr);
  const std::string text(call->args.as_items()[1].as_str());
  CHECK(text.starts_with("\n\"\"\"\nTraceback (most recent call last):\n  File \""));
  CHECK(text.ends_with("in m.half\nValueError: odd\n\"\"\""));
}

TEST_CASE("a function that the worker does not have is an AttributeError", "[process]") {
  const functions all = offered();
  pool_worker worker = plain(all);
  maker m;
  CHECK(answer(worker, m.task(m.global("m", "third"), m.tuple({})))
            .find("AttributeError(\"the C++ worker ") != std::string::npos);
  CHECK(answer(worker, m.task(m.number(3), m.tuple({}))).find("TypeError('the C++ worker ") !=
        std::string::npos);
  CHECK(answer(worker, m.task(m.global("m", "half"), m.tuple({m.number(8)}))) ==
        "(7, 1, (True, 4))");
}

TEST_CASE("a method of a class is a function too", "[process]") {
  const functions all = offered();
  pool_worker worker = plain(all);
  maker m;
  const auto bound = [&](const char* name) {
    return m.b.instance(instance_node::construction::reduce, m.global("builtins", "getattr"),
                        m.tuple({m.global("m", "Number"), m.b.str(name)}));
  };
  CHECK(answer(worker, m.task(bound("half"), m.tuple({m.number(8)}))) == "(7, 1, (True, 4))");
  CHECK(answer(worker, m.task(m.global("m", "Number.half"), m.tuple({m.number(8)}))) ==
        "(7, 1, (True, 4))");
  CHECK(answer(worker, m.task(bound("third"), m.tuple({}))).find("'m.Number.third'") !=
        std::string::npos);
}

TEST_CASE("a result that cannot be pickled is told of", "[process]") {
  const functions all = offered();
  pool_worker worker = plain(all);
  maker m;
  const worker_answer done = worker.answer(dumps(m.task(m.global("m", "text"), m.tuple({}))));
  const value result = loads(done.message.view());
  const instance_node* made =
      as_call(result->as_items()[2].as_items()[1], {"multiprocessing.pool", "MaybeEncodingError"});
  REQUIRE(made != nullptr);
  CHECK(
      repr(made->args) ==
      "('TypeError: $: expected text in UTF-8, got other bytes', '<the result of m.text, a str>')");
}

TEST_CASE("an iterable that raised is raised to the caller", "[process]") {
  const functions all = offered();
  pool_worker worker = plain(all);
  maker m;
  const value_view error = m.b.instance(instance_node::construction::reduce,
                                        m.global("builtins", "KeyError"), m.tuple({m.number(5)}));
  CHECK(answer(worker, m.task(m.global("multiprocessing.pool", "_helper_reraises_exception"),
                              m.tuple({error}))) == "(7, 1, (False, KeyError(5)))");
}

TEST_CASE("an initializer that fails answers every task", "[process]") {
  const functions all = offered();
  maker m;
  const value_view args[] = {{}, {}, m.global("m", "half"), m.tuple({m.number(1)}), {}, {}};
  pool_worker worker(all, args);
  CHECK(answer(worker, m.task(m.global("m", "add"), m.tuple({m.number(1)}))) ==
        "(7, 1, (False, ValueError('odd')))");
}

TEST_CASE("a worker ends after its last task, or when it is told", "[process]") {
  const functions all = offered();
  maker m;
  const value_view args[] = {{}, {}, {}, {}, m.number(2), {}};
  pool_worker worker(all, args);
  const buffer task = dumps(m.task(m.global("m", "half"), m.tuple({m.number(8)})));
  CHECK_FALSE(worker.answer(task).last);
  CHECK(worker.answer(task).last);
  const worker_answer told = worker.answer(dumps(value_view()));
  CHECK(told.last);
  CHECK(told.message.empty());
}

TEST_CASE("what is no task ends the worker", "[process]") {
  const functions all = offered();
  pool_worker worker = plain(all);
  CHECK_THROWS_AS(worker.answer(dumps(value_view::integer(3))), std::runtime_error);
  const buffer cut = dumps(value_view::integer(3));
  CHECK_THROWS(worker.answer(cut.view().first(cut.size() - 1)));
}

TEST_CASE("a worker tells what functions it has", "[process]") {
  const functions all = offered();
  pool_worker worker = plain(all);
  maker m;
  CHECK(answer(worker, m.task(m.global("pickled", "functions"), m.tuple({}))) ==
        "(7, 1, (True, ['m.Number.half', 'm.add', 'm.half', 'm.text']))");
}

TEST_CASE("an executor's call is answered by a result item", "[process]") {
  const functions all = offered();
  maker m;
  const auto call = [&](value_view f, value_view args) {
    const dict_entry state[] = {{m.b.str("work_id"), m.number(3)},
                                {m.b.str("fn"), f},
                                {m.b.str("args"), args},
                                {m.b.str("kwargs"), m.b.dict()}};
    const value_view item =
        m.b.instance(instance_node::construction::newobj,
                     m.global("concurrent.futures.process", "_CallItem"), m.tuple({}));
    m.b.change(item, {instance_node::change::action::build, m.b.dict(state), {}});
    return dumps(item);
  };
  const value_view args[] = {{}, {}, {}, {}, m.number(3)};
  executor_worker worker(all, args);

  worker_answer done = worker.answer(call(m.global("m", "half"), m.tuple({m.number(4)})));
  value item = loads(done.message.view());
  CHECK(as_call(item, {"concurrent.futures.process", "_ResultItem"}) != nullptr);
  CHECK(attribute_of(item, "work_id").as_integer() == 3);
  CHECK(attribute_of(item, "result").as_integer() == 2);
  CHECK(attribute_of(item, "exception").is_none());
  CHECK(attribute_of(item, "exit_pid").is_none());
  CHECK_FALSE(done.last);

  done = worker.answer(call(m.global("m", "half"), m.tuple({m.number(5)})));
  item = loads(done.message.view());
  CHECK(as_call(attribute_of(item, "exception"), {"concurrent.futures.process", "_rebuild_exc"}) !=
        nullptr);

  const value_view chunk = m.tuple({m.tuple({m.number(1)}), m.tuple({m.number(2)})});
  const value_view of_chunk =
      m.b.instance(instance_node::construction::reduce,
                   m.global("multiprocessing.reduction", "_rebuild_partial"),
                   m.tuple({m.global("concurrent.futures.process", "_process_chunk"),
                            m.tuple({m.global("m", "add")}), m.b.dict()}));
  done = worker.answer(call(of_chunk, m.tuple({chunk})));
  item = loads(done.message.view());
  CHECK(repr(attribute_of(item, "result")) == "[101, 102]");
  CHECK(attribute_of(item, "exit_pid").as_integer() == ::getpid());
  CHECK(done.last);
}

TEST_CASE("an executor's worker says goodbye with its pid", "[process]") {
  const functions all = offered();
  executor_worker worker(all, {});
  const worker_answer done = worker.answer(dumps(value_view()));
  CHECK(done.last);
  CHECK(loads(done.message.view()).as_integer() == ::getpid());
}
