// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/answer.hpp"

#include "pickled/connection/connection_errc.hpp"
#include "pickled/convert/convert.hpp"
#include "pickled/proxy/remote_error.hpp"
#include "pickled/python/python_error.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using Catch::Message;

namespace {

using make_payload = std::function<value_view(value_builder&)>;

answer read(std::string_view kind_name, const make_payload& payload) {
  arena where;
  value_builder b(where);
  const value_view parts[] = {b.str(kind_name), payload(b)};
  return read_answer(dumps(b.tuple(parts)));
}

std::string raised(const make_payload& payload) {
  return read("#ERROR", payload).raised.value().what();
}

make_payload str_payload(std::string_view t) {
  return [t](value_builder& b) { return b.str(t); };
}

make_payload exception(std::string_view module, std::string_view type,
                       const std::vector<value_view>& args) {
  return [=](value_builder& b) {
    return b.instance(instance_node::construction::reduce, b.global(module, type), b.tuple(args));
  };
}

std::error_code code_of(const std::function<void()>& f) {
  try {
    f();
    return {};
  } catch (const std::system_error& error) {
    return error.code();
  }
}

}  // namespace

TEST_CASE("a returned value is handed on", "[proxy]") {
  const answer given = read("#RETURN", str_payload("x"));
  CHECK_FALSE(given.is_proxy);
  CHECK(given.payload.get<std::string>() == "x");
}

TEST_CASE("an exception arrives with its type, arguments and text", "[proxy]") {
  struct {
    std::string_view module;
    std::string_view type;
    std::vector<value_view> args;
    std::string expected;
  } const table[] = {
      {"builtins", "KeyError", {value_view::integer(5)}, "KeyError: 5"},
      {"builtins",
       "ValueError",
       {value_view::integer(5), value_view::none()},
       "ValueError: (5, None)"},
      {"_queue", "Empty", {}, "_queue.Empty"},
  };
  for (const auto& row : table) {
    CHECK(raised(exception(row.module, row.type, row.args)) == row.expected);
  }
  CHECK(raised([](value_builder& b) {
          const value_view key = b.str("k");
          return exception("builtins", "KeyError", {key})(b);
        }) == "KeyError: 'k'");
}

TEST_CASE("an exception with a remote traceback is the exception", "[proxy]") {
  const auto with_cause = [](value_builder& b) {
    const value_view parts[] = {exception("builtins", "KeyError", {value_view::integer(5)})(b),
                                b.str("Traceback ...")};
    return b.instance(instance_node::construction::reduce,
                      b.global("multiprocessing.pool", "rebuild_exc"), b.tuple(parts));
  };
  CHECK(raised(with_cause) == "KeyError: 5");
}

TEST_CASE("what the server could not do is a remote error", "[proxy]") {
  CHECK_THROWS_MATCHES(read("#TRACEBACK", str_payload("Traceback ...")), remote_error,
                       Message("Traceback ..."));
  CHECK_THROWS_MATCHES(read("#UNSERIALIZABLE", str_payload("no")), remote_error,
                       Message("Unserializable message: no"));
}

TEST_CASE("a server's traceback tells what it has not", "[proxy]") {
  struct {
    std::string_view traceback;
    proxy_errc expected;
  } const table[] = {
      {"Traceback (most recent call last):\n  File ...\nKeyError: '7f00'\n",
       proxy_errc::no_such_object},
      {"AttributeError: method 'x' of <class 'dict'> object is not in exposed=['get']\n\nDuring "
       "handling of the above exception, another exception occurred:\n\nKeyError: 'x'\n",
       proxy_errc::no_such_method},
      {"TypeError: no", proxy_errc::refused},
      {"", proxy_errc::refused},
  };
  for (const auto& row : table) {
    try {
      read("#TRACEBACK", str_payload(row.traceback));
      FAIL("a traceback is no answer");
    } catch (const remote_error& error) {
      CHECK(error.code() == row.expected);
    }
  }
}

TEST_CASE("what is no reply is an error of the connection", "[proxy]") {
  CHECK(code_of([] { read("#NEWS", str_payload("x")); }) == connection_errc::unrecognized_reply);
  CHECK(code_of([] { read_answer(dumps(5)); }) == connection_errc::not_a_reply);
  CHECK(code_of([] { read_answer(as_bytes(std::string_view("\xff"))); }) ==
        pickle_errc::invalid_load_key);
}
