// SPDX-License-Identifier: BSL-1.0

#include "server/wire/request_reader.hpp"

#include "connection/message.hpp"
#include "tests/server/support.hpp"

#include <catch2/catch.hpp>

#include <string_view>
#include <variant>

using namespace pickled;
using namespace pickled::detail;
using Catch::Equals;

namespace {

struct fixture {
  context host{without_grace(), cell_registry()};
  token_writer tokens{address::unix_path("/run/here")};

  frozen_request read(std::string_view message) {
    frozen_request request;
    buffer memory;
    REQUIRE_FALSE(request_reader(host, tokens).read(as_bytes(message), memory, request));
    return request;
  }
  refused_request refused(std::string_view message) {
    frozen_request request;
    buffer memory;
    return request_reader(host, tokens).read(as_bytes(message), memory, request).value();
  }
};

// ('7', 'get', (), {}), at protocol 0.
constexpr std::string_view pickled_get = "(V7\nVget\n(t(dt.";
constexpr std::string_view xml_get =
    "<params><param><value><array><data><value><string>7</string></value>"
    "<value><string>get</string></value><value><array><data/></array></value>"
    "<value><struct/></value></data></array></value></param></params>";
// ('7', 'get', (os.system,), {})
constexpr std::string_view pickled_system = "(V7\nVget\n(cos\nsystem\nt(dt.";

}  // namespace

TEST_CASE_METHOD(fixture, "a request is read in the language that it comes in", "[server]") {
  for (const std::string_view message : {pickled_get, xml_get}) {
    const frozen_request request = read(message);
    CHECK(request.ident == "7");
    CHECK(request.method == "get");
    CHECK(request.args.empty());
  }
}

TEST_CASE_METHOD(fixture, "what cannot be read tells why", "[server]") {
  CHECK_THAT(refused("(V7\n").line, Equals("EOFError: Ran out of input"));
  CHECK_THAT(refused("<params><param>").line, Catch::StartsWith("xml.parsers.expat.ExpatError: "));
  host.options.max_depth = 2;
  const refused_request deep = refused("((((tttt.");
  CHECK_THAT(deep.line, Catch::StartsWith("_pickle.UnpicklingError: nested too deeply at byte 6"));
  CHECK_FALSE(deep.exception);
}

TEST_CASE_METHOD(fixture, "a request that is too large is an exception for its caller",
                 "[server]") {
  host.options.max_message = pickled_get.size() - 1;
  const refused_request refusal = refused(pickled_get);
  CHECK_THAT(refusal.line, Catch::StartsWith("MemoryError: "));
  REQUIRE(refusal.exception);
  CHECK(refusal.exception->type() == "MemoryError");
}

TEST_CASE_METHOD(fixture, "a small request is read where no memory is left", "[server]") {
  host.options.max_memory = 1;
  CHECK(read(pickled_get).method == "get");
}

TEST_CASE_METHOD(fixture, "a global that is not allowed is named", "[server]") {
  CHECK(read(pickled_system).args.size() == 1);
  host.allowed = allowed_globals({"collections.*"});
  CHECK_THAT(refused(pickled_system).line,
             Catch::StartsWith("_pickle.UnpicklingError: ") && Catch::EndsWith(" is not allowed"));
  CHECK_THAT(refused(pickled_system).line, Catch::Contains("os.system"));
  CHECK(read(xml_get).method == "get");
}
