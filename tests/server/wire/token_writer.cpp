// SPDX-License-Identifier: BSL-1.0

#include "server/wire/token_writer.hpp"

#include "pickled/codec/unpickler.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

value read_back(splicer&& out) {
  return loads(std::move(out).finish().joined());
}

}  // namespace

TEST_CASE("a token names the server as the receiver knows it", "[server]") {
  token_writer tokens(address::unix_path("/a"));
  tokens.set_address(address::unix_path("/run/s"));
  CHECK(tokens.make_token("dict", "0a") == token{"dict", address::unix_path("/run/s"), "0a"});
}

TEST_CASE("a nested proxy is spelled for its receiver", "[server]") {
  const proxy_reference dict{nullptr, "dict", "0a", "DictProxy", std::nullopt};
  const token_writer tokens(address::unix_path("/run/s"));
  splicer out;
  (*tokens.proxies())(dict, out);
  const auto proxy = read_proxy(value_argument(read_back(std::move(out))));
  REQUIRE(proxy);
  CHECK(proxy->module == "multiprocessing.managers");
  CHECK(proxy->proxytype == "DictProxy");
  CHECK(proxy->referent == tokens.make_token("dict", "0a"));
  CHECK_FALSE(proxy->authkey);
  CHECK_FALSE(proxy->exposed);
}

TEST_CASE("a nested proxy tells what it exposes, and the key", "[server]") {
  const proxy_reference queue{nullptr, "Queue", "0a", "AutoProxy", {{"get", "put"}}};
  const token_writer tokens(address::unix_path("/run/s"), "key");
  splicer out;
  (*tokens.proxies())(queue, out);
  const auto proxy = read_proxy(value_argument(read_back(std::move(out))));
  REQUIRE(proxy);
  CHECK(proxy->exposed == std::vector<std::string>{"get", "put"});
  CHECK(proxy->authkey == "key");
}

TEST_CASE("what a receiver was told of is kept until it had time to count it", "[server]") {
  auto object = std::make_shared<int>();
  std::weak_ptr<int> watch = object;
  token_writer tokens(address::unix_path("/run/s"));
  {
    const proxy_reference dict{std::move(object), "dict", "0a", "DictProxy", std::nullopt};
    splicer out;
    (*tokens.proxies())(dict, out);
  }
  CHECK_FALSE(watch.expired());
  tokens.forget_written();
  CHECK(watch.expired());
}
