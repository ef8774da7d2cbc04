// SPDX-License-Identifier: BSL-1.0

#include "frozen/compactor.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace std::string_literals;

namespace {

using verdict = compactor::verdict;

verdict value_verdict(const std::string& message) {
  frozen result;
  return compactor().compact_value(as_bytes(message), {}, result);
}

verdict request_verdict(const std::string& args) {
  frozen_request request;
  const std::string message = "\x80\4(N\x8c\1m\x94" + args + "}\x94t\x94.";
  return compactor().compact_request(as_bytes(message), {}, request, nullptr);
}

verdict slots_verdict(const std::string& message) {
  frozen container;
  compactor one_pass;
  REQUIRE(one_pass.compact_value(as_bytes(message), {}, container) == verdict::good);
  std::vector<frozen> slots;
  return one_pass.compact_slots(container, {}, slots);
}

const std::string long_text =
    "\x8c\x1b"
    "a text of more than sixteen";

}  // namespace

TEST_CASE("what CPython sends is taken in one pass", "[pickle]") {
  for (const std::string& message :
       {"\x80\4\x95\4\0\0\0\0\0\0\0]\x94K\1a."s,
        "\x80\5}\x94(\x8c\1a\x94K\1\x8c\1b\x94G\0\0\0\0\0\0\0\0u."s, "\x80\4]\x94(h\0h\0e."s,
        "\x80\4\x8c\1m\x94\x8c\1n\x94\x93\x94)\x81\x94}\x94\x8c\1x\x94K\1sb."s,
        "\x80\4\x8f\x94(K\1\x90."s, "\x80\4(K\1\x91\x94."s, "\x80\4\x8a\5\0\0\0\0\1."s,
        "\x80\5\x96\1\0\0\0\0\0\0\0x\x94."s, "\x80\4N."s, "\x80\4" + long_text + "\x94."s}) {
    CHECK(value_verdict(message) == verdict::good);
  }
  for (const std::string& args :
       {")"s, "K\1\x85\x94"s, "K\1]\x94\x86\x94"s, "(K\1K\2K\3K\4t\x94"s, "]\x94K\1\x61"s,
        "h\0\x85\x94"s, long_text + "\x94h\1\x86\x94", "]\x94(]\x94h\2e\x85\x94"s}) {
    CHECK(request_verdict(args) == verdict::good);
  }
  CHECK(slots_verdict("\x80\4](" + long_text + "\x94h\0]h\0\x61\x65."s) == verdict::good);
  CHECK(slots_verdict("\x80\4](\x8c\1m\x8c\1n\x93\x94)\x81h\0)\x81"
                      "e."s) == verdict::good);
}

TEST_CASE("what lies across what is cut goes by value", "[pickle]") {
  CHECK(request_verdict("]\x94h\1\x86\x94"s) == verdict::by_value);
  CHECK(request_verdict("]\x94]\x94h\1\x61\x86\x94"s) == verdict::by_value);
  CHECK(slots_verdict("\x80\4]\x94h\0\x61."s) == verdict::by_value);
  CHECK(slots_verdict("\x80\4](]\x94h\0e."s) == verdict::by_value);
}

TEST_CASE("what CPython does not send goes by value", "[pickle]") {
  for (const std::string& message :
       {"\x80\3]."s, "]."s, "\x80\4M\1\0."s, "\x80\4N0N."s, "\x80\4N2\x86."s,
        "\x80\4]\x94h\0K\1\x61\x86."s, "\x80\4]h\0\x61."s, "\x80\4]q\x7f\x61."s, "\x80\4(\x91"s,
        "\x80\4\x8c\2\xc3(."s, "\x80\4K"s,
        "\x80\4\x8c\x08"
        "builtins\x8c\x09"
        "bytearray\x93)R."s,
        "\x80\4NN."s, "\x80\4N(."s}) {
    CHECK(value_verdict(message) == verdict::by_value);
  }
}
