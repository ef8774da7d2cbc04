// SPDX-License-Identifier: BSL-1.0

#include "connection/xml_rpc.hpp"

#include "frozen/freezer.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <new>
#include <string>
#include <string_view>
#include <utility>

using namespace pickled;
using namespace pickled::detail;

namespace {

constexpr std::size_t any_size = std::numeric_limits<std::size_t>::max();

// The request as Python's text.
std::string read(std::string_view xml, std::size_t max_memory = any_size,
                 std::size_t max_depth = 100) {
  return repr(loads(pickle_of_xml_rpc(as_bytes(xml), max_memory, max_depth)));
}

std::string with_value(std::string_view content) {
  return "<params><param><value>" + std::string(content) + "</value></param></params>";
}

std::string failure_of(std::string_view xml) {
  try {
    return read(xml);
  } catch (const python_error& error) {
    return error.what();
  }
}

std::string xml_of(spliced reply, std::size_t max_size = any_size) {
  return std::string(
      as_text(xml_rpc_of_reply(reply, reply_kind::unserializable, max_size).message.joined()));
}

spliced returned(const frozen& content) {
  splicer out;
  begin_reply(reply_kind::returned, out).frozen(content).end_tuple();
  return std::move(out).finish();
}

}  // namespace

TEST_CASE("an XML-RPC request is the request that it is pickled", "[server]") {
  // As xmlrpc.client of CPython 3.11 writes it.
  CHECK(read("<params>\n<param>\n<value><array><data>\n<value><nil/></value><value><string>create"
             "</string></value>\n<value><array><data>\n<value><int>1</int></value>\n<value><double>"
             "2.5</double></value>\n<value><boolean>1</boolean></value>\n<value><string>&lt;&amp;"
             "&gt;</string></value>\n</data></array></value>\n<value><struct>\n<member>\n<name>k"
             "</name>\n<value><struct>\n</struct></value>\n</member>\n</struct></value>\n</data>"
             "</array></value>\n</param>\n</params>\n") ==
        "(None, 'create', [1, 2.5, True, '<&>'], {'k': {}})");
  CHECK(read(with_value("text")) == "'text'");
  CHECK(read(with_value("<ns:i8> 12345678901234567890 </ns:i8>")) == "12345678901234567890");
  CHECK(read(with_value("<double>-1e999</double>")) == "-inf");
  CHECK(read(with_value("<bigdecimal>1.50</bigdecimal>")) == "Decimal('1.50')");
  const value binary =
      loads(pickle_of_xml_rpc(as_bytes(with_value("<base64>\nAP8=\n</base64>")), any_size, 100));
  REQUIRE(binary->is(kind::instance));
  CHECK(binary->as_instance().callable.as_global() == global_name{"xmlrpc.client", "Binary"});
  CHECK(repr(binary->as_instance().changes.view()[0].first) == "{'data': b'\\x00\\xff'}");
}

TEST_CASE("malformed XML-RPC fails as in xmlrpc.client", "[server]") {
  CHECK(failure_of("<params>") ==
        "xml.parsers.expat.ExpatError: no element found: line 1, column 8");
  CHECK(failure_of("<a></b>") == "xml.parsers.expat.ExpatError: mismatched tag: line 1, column 5");
  CHECK(failure_of(with_value("<boolean>2</boolean>")) == "TypeError: bad boolean value");
  CHECK(failure_of(with_value("<what/>")) == "xmlrpc.client.ResponseError: unknown tag 'what'");
  CHECK(failure_of("<params/>") == "ValueError: not enough values to unpack (expected 1, got 0)");
  CHECK_THAT(failure_of("<!DOCTYPE a []><params/>"), Catch::Contains("document type"));
}

TEST_CASE("XML-RPC is bounded in depth and memory", "[server]") {
  std::string deep;
  for (int i = 0; i != 101; ++i)
    deep += "<value><array><data>";
  CHECK_THAT(failure_of("<params>" + deep), Catch::StartsWith("RecursionError"));
  const std::string large = with_value("<string>" + std::string(100'000, 'x') + "</string>");
  CHECK_THROWS_AS(read(large, 50'000), std::bad_alloc);
}

TEST_CASE("a reply is written as xmlrpc.client writes it", "[server]") {
  splicer out;
  begin_reply(reply_kind::returned, out).begin_list();
  out.none().boolean(false).integer(-5).real(-0.0).str("a<b>&c").bytes(as_bytes("abc"));
  out.begin_tuple().integer(1).end_tuple().begin_dict().str("k").str("v").end_dict();
  out.end_list().end_tuple();
  CHECK(xml_of(std::move(out).finish()) ==
        "<params>\n<param>\n<value><array><data>\n<value><string>#RETURN</string></value>\n"
        "<value><array><data>\n<value><nil/></value><value><boolean>0</boolean></value>\n"
        "<value><int>-5</int></value>\n<value><double>-0.0</double></value>\n"
        "<value><string>a&lt;b&gt;&amp;c</string></value>\n"
        "<value><base64>\nYWJj\n</base64></value>\n"
        "<value><array><data>\n<value><int>1</int></value>\n</data></array></value>\n"
        "<value><struct>\n<member>\n<name>k</name>\n<value><string>v</string></value>\n"
        "</member>\n</struct></value>\n</data></array></value>\n</data></array></value>\n"
        "</param>\n</params>\n");
}

TEST_CASE("what has no form in XML-RPC is told", "[server]") {
  CHECK_THAT(xml_of(returned(frozen::integer(std::int64_t{1} << 31))),
             Catch::Contains("#UNSERIALIZABLE") &&
                 Catch::Contains("OverflowError: int exceeds XML-RPC limits"));
  CHECK_THAT(xml_of(returned(frozen::str(std::string(1000, 'x'))), 900),
             Catch::Contains("MemoryError: a reply is larger than 900"));
  CHECK_THAT(xml_of(make_error_reply(python_error("KeyError", "k"))),
             Catch::Contains("#TRACEBACK") && Catch::Contains("KeyError: 'k'"));
}
