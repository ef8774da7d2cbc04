// SPDX-License-Identifier: BSL-1.0

#include "server/python/str_case.hpp"

#include <catch2/catch.hpp>

#include <string_view>

using namespace pickled;
using namespace pickled::detail;

namespace {

// By CPython 3.13.
struct row {
  std::string_view text, lower, upper, casefold;
};
constexpr row rows[] = {
    {"", "", "", ""},
    {"Az[09]", "az[09]", "AZ[09]", "az[09]"},
    {"ÀÖØÞ×", "àöøþ×", "ÀÖØÞ×", "àöøþ×"},
    {"àöøþÿ÷µ", "àöøþÿ÷µ", "ÀÖØÞŸ÷Μ", "àöøþÿ÷μ"},
    {"straße", "straße", "STRASSE", "strasse"},
    {"ẞ", "ß", "ẞ", "ss"},
    {"İıI", "i̇ıi", "İII", "i̇ıi"},
    {"Ǆǅǆ", "ǆǆǆ", "ǄǄǄ", "ǆǆǆ"},
    {"ŉǰΐ", "ŉǰΐ", "ʼNJ̌Ϊ́", "ʼnǰΐ"},
    {"ﬁﬃ", "ﬁﬃ", "FIFFI", "fiffi"},
    {"ſ", "ſ", "S", "s"},
    {"ᾳᾼ", "ᾳᾳ", "ΑΙΑΙ", "αιαι"},
    {"ЖжЁё", "жжёё", "ЖЖЁЁ", "жжёё"},
    {"ΟΔΟΣ", "οδος", "ΟΔΟΣ", "οδοσ"},
    {"Σ ΣΑ ΑΣ. Σ'", "σ σα ας. σ'", "Σ ΣΑ ΑΣ. Σ'", "σ σα ασ. σ'"},
    {"ΑΣ.Α", "ασ.α", "ΑΣ.Α", "ασ.α"},
    {"𐐀𐐨", "𐐨𐐨", "𐐀𐐀", "𐐨𐐨"},
    {"ꭰꮿ", "ꭰꮿ", "ᎠᏯ", "ᎠᏯ"},
    {"漢字", "漢字", "漢字", "漢字"},
    {"A\xed\xa0\x80Z", "a\xed\xa0\x80z", "A\xed\xa0\x80Z", "a\xed\xa0\x80z"},
};

}  // namespace

TEST_CASE("letters change their case as in Python", "[server]") {
  for (const row& r : rows) {
    INFO(r.text);
    CHECK(lower(r.text) == r.lower);
    CHECK(upper(r.text) == r.upper);
    CHECK(casefold(r.text) == r.casefold);
  }
}
