// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/remote_error.hpp"

#include "pickled/proxy/connection_error.hpp"
#include "pickled/proxy/lock_lost.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <system_error>

using namespace pickled;

namespace {

template <class E>
std::error_code code_as_base(const E& thrown) {
  try {
    throw E(thrown);
  } catch (const error& e) {
    return e.code();
  }
}

}  // namespace

TEST_CASE("every exception of a proxy has a code", "[proxy]") {
  CHECK(code_as_base(remote_error("x")) == proxy_errc::refused);
  CHECK(code_as_base(remote_error("x", proxy_errc::no_such_method)) == proxy_errc::no_such_method);
  CHECK(code_as_base(empty_proxy()) == proxy_errc::empty_proxy);
  CHECK(code_as_base(lock_lost("x")) == proxy_errc::lock_lost);
  const auto timed_out = std::make_error_code(std::errc::timed_out);
  CHECK(code_as_base(connection_error(timed_out, "x")) == std::errc::timed_out);
  CHECK(code_as_base(authentication_error(timed_out, "x")) == std::errc::timed_out);
}

TEST_CASE("the codes of proxies have texts", "[proxy]") {
  CHECK(make_error_code(proxy_errc::no_such_object).message() == "the server has no such object");
  CHECK(make_error_code(proxy_errc::lock_lost).message() == "a lock was lost with its connection");
  CHECK(proxy_category().name() == std::string("pickled.proxy"));
  CHECK(proxy_category().message(0) == "unknown error");
}
