// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/base_proxy.hpp"

#include "pickled/proxy/dict_proxy.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace pickled;
using Catch::Message;

namespace {

value_view proxy_of(std::string_view proxytype, value_builder& b) {
  const value_view token = b.instance(instance_node::construction::newobj,
                                      b.global("multiprocessing.managers", "Token"), b.tuple({}));
  const value_view state[] = {b.str("dict"), b.str("/nonexistent/socket"), b.str("7f00")};
  b.change(token, {instance_node::change::action::build, b.tuple(state), {}});
  const value_view args[] = {b.global("multiprocessing.managers", proxytype), token,
                             b.str("pickle"), b.dict()};
  return b.instance(instance_node::construction::reduce,
                    b.global("multiprocessing.managers", "RebuildProxy"), b.tuple(args));
}

}  // namespace

TEST_CASE("a proxy may refer to nothing", "[proxy]") {
  const dict_proxy<> none;
  CHECK_FALSE(none);
  CHECK(none == dict_proxy<>());
  CHECK_THROWS_AS(to_value(none), conversion_error);
  CHECK_THROWS_AS(none.size(), empty_proxy);
  CHECK_THROWS_AS(none.ident(), empty_proxy);
}

TEST_CASE("a proxy of a server that is not known is refused", "[proxy]") {
  arena where;
  value_builder b(where);
  CHECK_THROWS_MATCHES(
      proxy_of("DictProxy", b).get<dict_proxy<>>(), conversion_error,
      Message("$: expected a proxy of a known server, got one of unix:/nonexistent/socket"));
}

TEST_CASE("what is no proxy, or one of another type, is refused", "[proxy]") {
  arena where;
  value_builder b(where);
  CHECK_THROWS_MATCHES(value_view::integer(5).get<dict_proxy<>>(), conversion_error,
                       Message("$: expected DictProxy, got int"));
  CHECK_THROWS_MATCHES(proxy_of("ListProxy", b).get<dict_proxy<>>(), conversion_error,
                       Message("$: expected DictProxy, got ListProxy"));
  CHECK_THROWS_MATCHES(b.str("x").get<base_proxy>(), conversion_error,
                       Message("$: expected a proxy, got str"));
}
