// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/remote_error.hpp"
#include "tests/integration/live_server.hpp"

#include <string>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using Catch::Matchers::Contains;

TEST_CASE("a method that is not exposed is a remote error", "[errors]") {
  const auto d = connect().dict();
  CHECK_THROWS_AS(d.call("no_such_method"), remote_error);
  d["k"] = 1;
  CHECK(d.get<int>("k") == 1);
}

TEST_CASE("a value that has no pickle is a remote error", "[errors]") {
  const auto lock = connect().lock();
  CHECK_THROWS_WITH(lock.get_value(), Contains("Unserializable message"));
  CHECK(lock.try_lock());
}

TEST_CASE("a wrong argument is the exception that Python raises", "[errors]") {
  const auto l = connect().list();
  CHECK_THROWS_AS(l.call("append"), python_error);
  CHECK_THROWS_MATCHES(l.call("extend", 5), python_error,
                       says("TypeError: 'int' object is not iterable"));
}

TEST_CASE("a result that does not fit tells where", "[errors]") {
  const auto l = connect().list(std::vector<int>{1});
  l.push_back("two");
  CHECK_THROWS_MATCHES(l.get_value<std::vector<int>>(), conversion_error,
                       says("list[1]: expected int, got str"));
  CHECK_THROWS_MATCHES(l.get<int>(1), conversion_error, says("list[1]: expected int, got str"));
  CHECK_THROWS_MATCHES(l.find<int>(1), conversion_error, says("list[1]: expected int, got str"));
  CHECK(l.size() == 2);
  const auto d = connect().dict(keyword{"k", 1.5});
  CHECK_THROWS_MATCHES(d["k"].get<int>(), conversion_error,
                       says("dict['k']: expected int, got float"));
  CHECK_THROWS_MATCHES(d.find<int>("k"), conversion_error,
                       says("dict.get('k'): expected int, got float"));
  CHECK_THROWS_MATCHES(d.call_as<int>("setdefault", "k", 2), conversion_error,
                       says("dict.setdefault('k', 2): expected int, got float"));
}

TEST_CASE("an answer that is too long tells both lengths", "[errors]") {
  call_options options;
  options.max_message = 1000;
  const auto m =
      manager::connect(environment("PICKLED_SERVER"), environment("PICKLED_AUTHKEY"), options);
  const auto l = m.list(std::vector<std::string>{std::string(2000, 'x')});
  CHECK_THROWS_WITH(l.get<std::string>(0), Contains("list.__getitem__ at ") &&
                                               Contains(": a message of 20") &&
                                               Contains(" bytes is longer than the limit of 1000"));
  CHECK(l.size() == 1);
}

TEST_CASE("text that is no UTF-8 is refused before it is sent", "[errors]") {
  const auto l = connect().list();
  CHECK_THROWS_AS(l.push_back("\xff"), conversion_error);
  CHECK(l.empty());
}

TEST_CASE("what a server could not do is told by a code", "[errors]") {
  const auto m = connect();
  const auto d = m.dict();
  CHECK(code_of([&] { d.call("no_such_method"); }) == proxy_errc::no_such_method);
  CHECK(code_of([&] { m.lock().get_value(); }) == proxy_errc::unserializable);
  CHECK(code_of([&] { m.create("Semaphore", "x"); }) == proxy_errc::refused);
  CHECK(code_of([&] { dict_proxy<>().size(); }) == proxy_errc::empty_proxy);
  CHECK(code_of([&] { d.at("k"); }) == pickle_errc::python_exception);
}
