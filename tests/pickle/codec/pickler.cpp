// SPDX-License-Identifier: BSL-1.0

#include "pickled/codec/pickler.hpp"

#include "pickled/codec/unpickler.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

using namespace pickled;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

value load(std::string_view pickle, const load_options& options = {}) {
  return loads(as_bytes(pickle), options);
}

std::string dump(value_argument v, const dump_options& options = {}) {
  return std::string(as_text(dumps(v, options)));
}

std::string dump(value_argument v, int protocol) {
  dump_options options;
  options.protocol = protocol;
  return dump(v, options);
}

dump_options like_cpython(int protocol) {
  dump_options options;
  options.protocol = protocol;
  options.like_cpython = true;
  return options;
}

// What pickle.dumps of CPython 3.12 writes at protocols 0 to 5.
const struct {
  const char* name;
  std::array<std::string_view, 6> pickles;
} values[] = {
    {"a document",
     {"(dp0\nVa\np1\n(lp2\nI1\naI-2\naI300\naL1099511627776L\naL1180591620717411303424L\n"
      "aL-9223372036854775808L\naF-1.5\naNaI01\naV\351\\ud800\\u000a\\u005c\np3\nac_code"
      "cs\nencode\np4\n(V\377\np5\nVlatin1\np6\ntp7\nRp8\nas."sv,
      "}q\000X\001\000\000\000aq\001]q\002(K\001J\376\377\377\377M,\001L1099511627776L\n"
      "L1180591620717411303424L\nL-9223372036854775808L\nG\277\370\000\000\000\000\000\000"
      "NI01\nX\007\000\000\000\303\251\355\240\200\n\\q\003c_codecs\nencode\nq\004(X\002"
      "\000\000\000\303\277q\005X\006\000\000\000latin1q\006tq\007Rq\010es."sv,
      "\200\002}q\000X\001\000\000\000aq\001]q\002(K\001J\376\377\377\377M,\001\212\006\000"
      "\000\000\000\000\001\212\011\000\000\000\000\000\000\000\000@\212\010\000\000\000"
      "\000\000\000\000\200G\277\370\000\000\000\000\000\000N\210X\007\000\000\000\303\251"
      "\355\240\200\n\\q\003c_codecs\nencode\nq\004X\002\000\000\000\303\277q\005X\006\000"
      "\000\000latin1q\006\206q\007Rq\010es."sv,
      "\200\003}q\000X\001\000\000\000aq\001]q\002(K\001J\376\377\377\377M,\001\212\006\000"
      "\000\000\000\000\001\212\011\000\000\000\000\000\000\000\000@\212\010\000\000\000"
      "\000\000\000\000\200G\277\370\000\000\000\000\000\000N\210X\007\000\000\000\303\251"
      "\355\240\200\n\\q\003C\001\377q\004es."sv,
      "\200\004\225L\000\000\000\000\000\000\000}\224\214\001a\224]\224(K\001J\376\377\377"
      "\377M,\001\212\006\000\000\000\000\000\001\212\011\000\000\000\000\000\000\000\000"
      "@\212\010\000\000\000\000\000\000\000\200G\277\370\000\000\000\000\000\000N\210\214"
      "\007\303\251\355\240\200\n\\\224C\001\377\224es."sv,
      "\200\005\225L\000\000\000\000\000\000\000}\224\214\001a\224]\224(K\001J\376\377\377"
      "\377M,\001\212\006\000\000\000\000\000\001\212\011\000\000\000\000\000\000\000\000"
      "@\212\010\000\000\000\000\000\000\000\200G\277\370\000\000\000\000\000\000N\210\214"
      "\007\303\251\355\240\200\n\\\224C\001\377\224es."sv}},
    {"a list in itself",
     {"(lp0\ng0\na."sv, "]q\000h\000a."sv, "\200\002]q\000h\000a."sv, "\200\003]q\000h\000a."sv,
      "\200\004\225\006\000\000\000\000\000\000\000]\224h\000a."sv,
      "\200\005\225\006\000\000\000\000\000\000\000]\224h\000a."sv}},
    {"a tuple in itself",
     {"((lp0\n(g0\ntp1\na00g1\n."sv, "(]q\000(h\000tq\001a1h\001."sv,
      "\200\002]q\000h\000\205q\001a0h\001."sv, "\200\003]q\000h\000\205q\001a0h\001."sv,
      "\200\004\225\013\000\000\000\000\000\000\000]\224h\000\205\224a0h\001."sv,
      "\200\005\225\013\000\000\000\000\000\000\000]\224h\000\205\224a0h\001."sv}},
    {"a dict in itself",
     {"(dp0\nVd\np1\ng0\ns."sv, "}q\000X\001\000\000\000dq\001h\000s."sv,
      "\200\002}q\000X\001\000\000\000dq\001h\000s."sv,
      "\200\003}q\000X\001\000\000\000dq\001h\000s."sv,
      "\200\004\225\n\000\000\000\000\000\000\000}\224\214\001d\224h\000s."sv,
      "\200\005\225\n\000\000\000\000\000\000\000}\224\214\001d\224h\000s."sv}},
    {"a shared list",
     {"(lp0\n(lp1\nVs\np2\naag1\na."sv, "]q\000(]q\001X\001\000\000\000sq\002ah\001e."sv,
      "\200\002]q\000(]q\001X\001\000\000\000sq\002ah\001e."sv,
      "\200\003]q\000(]q\001X\001\000\000\000sq\002ah\001e."sv,
      "\200\004\225\016\000\000\000\000\000\000\000]\224(]\224\214\001s\224ah\001e."sv,
      "\200\005\225\016\000\000\000\000\000\000\000]\224(]\224\214\001s\224ah\001e."sv}},
    {"sets",
     {"(lp0\nc__builtin__\nset\np1\n((lp2\nI1\natp3\nRp4\nac__builtin__\nfrozenset\np5\n"
      "((lp6\nI2\natp7\nRp8\nag1\n((lp9\ntp10\nRp11\nag5\n((lp12\ntp13\nRp14\na."sv,
      "]q\000(c__builtin__\nset\nq\001(]q\002K\001atq\003Rq\004c__builtin__\nfrozenset\n"
      "q\005(]q\006K\002atq\007Rq\010h\001(]q\011tq\nRq\013h\005(]q\014tq\015Rq\016e."sv,
      "\200\002]q\000(c__builtin__\nset\nq\001]q\002K\001a\205q\003Rq\004c__builtin__\nf"
      "rozenset\nq\005]q\006K\002a\205q\007Rq\010h\001]q\011\205q\nRq\013h\005]q\014\205"
      "q\015Rq\016e."sv,
      "\200\003]q\000(cbuiltins\nset\nq\001]q\002K\001a\205q\003Rq\004cbuiltins\nfrozens"
      "et\nq\005]q\006K\002a\205q\007Rq\010h\001]q\011\205q\nRq\013h\005]q\014\205q\015R"
      "q\016e."sv,
      "\200\004\225\025\000\000\000\000\000\000\000]\224(\217\224(K\001\220(K\002\221\224"
      "\217\224(\221\224e."sv,
      "\200\005\225\025\000\000\000\000\000\000\000]\224(\217\224(K\001\220(K\002\221\224"
      "\217\224(\221\224e."sv}},
    {"complex and bytearrays",
     {"(lp0\nc__builtin__\ncomplex\np1\n(F1.0\nF2.0\ntp2\nRp3\nac__builtin__\nbytearray\n"
      "p4\n(c_codecs\nencode\np5\n(V\377ab\np6\nVlatin1\np7\ntp8\nRp9\ntp10\nRp11\nag4\n"
      "(tRp12\na."sv,
      "]q\000(c__builtin__\ncomplex\nq\001(G?\360\000\000\000\000\000\000G@\000\000\000\000"
      "\000\000\000tq\002Rq\003c__builtin__\nbytearray\nq\004(c_codecs\nencode\nq\005(X\004"
      "\000\000\000\303\277abq\006X\006\000\000\000latin1q\007tq\010Rq\011tq\nRq\013h\004"
      ")Rq\014e."sv,
      "\200\002]q\000(c__builtin__\ncomplex\nq\001G?\360\000\000\000\000\000\000G@\000\000"
      "\000\000\000\000\000\206q\002Rq\003c__builtin__\nbytearray\nq\004c_codecs\nencode"
      "\nq\005X\004\000\000\000\303\277abq\006X\006\000\000\000latin1q\007\206q\010Rq\011"
      "\205q\nRq\013h\004)Rq\014e."sv,
      "\200\003]q\000(cbuiltins\ncomplex\nq\001G?\360\000\000\000\000\000\000G@\000\000\000"
      "\000\000\000\000\206q\002Rq\003cbuiltins\nbytearray\nq\004C\003\377abq\005\205q\006"
      "Rq\007h\004)Rq\010e."sv,
      "\200\004\225Q\000\000\000\000\000\000\000]\224(\214\010builtins\224\214\007comple"
      "x\224\223\224G?\360\000\000\000\000\000\000G@\000\000\000\000\000\000\000\206\224"
      "R\224h\001\214\011bytearray\224\223\224C\003\377ab\224\205\224R\224h\007)R\224e."sv,
      "\200\005\225I\000\000\000\000\000\000\000]\224(\214\010builtins\224\214\007comple"
      "x\224\223\224G?\360\000\000\000\000\000\000G@\000\000\000\000\000\000\000\206\224"
      "R\224\226\003\000\000\000\000\000\000\000\377ab\224\226\000\000\000\000\000\000\000"
      "\000\224e."sv}},
    {"empty and repeated bytes",
     {"(lp0\nc__builtin__\nbytes\np1\n(tRp2\nag2\nac_codecs\nencode\np3\n(Vab\np4\nVlati"
      "n1\np5\ntp6\nRp7\na."sv,
      "]q\000(c__builtin__\nbytes\nq\001)Rq\002h\002c_codecs\nencode\nq\003(X\002\000\000"
      "\000abq\004X\006\000\000\000latin1q\005tq\006Rq\007e."sv,
      "\200\002]q\000(c__builtin__\nbytes\nq\001)Rq\002h\002c_codecs\nencode\nq\003X\002"
      "\000\000\000abq\004X\006\000\000\000latin1q\005\206q\006Rq\007e."sv,
      "\200\003]q\000(C\000q\001h\001C\002abq\002e."sv,
      "\200\004\225\017\000\000\000\000\000\000\000]\224(C\000\224h\001C\002ab\224e."sv,
      "\200\005\225\017\000\000\000\000\000\000\000]\224(C\000\224h\001C\002ab\224e."sv}},
    {"floats",
     {"(lp0\nF0.0\naF-0.0\naF1e+16\naF1e-05\naF0.0001\naF123456789012345.6\naFinf\naF5e-"
      "324\na."sv,
      "]q\000(G\000\000\000\000\000\000\000\000G\200\000\000\000\000\000\000\000GCA\303y"
      "7\340\200\000G>\344\370\265\210\343h\361G?\0326\342\353\034C-GB\334\022!\203w\336"
      "fG\177\360\000\000\000\000\000\000G\000\000\000\000\000\000\000\001e."sv,
      "\200\002]q\000(G\000\000\000\000\000\000\000\000G\200\000\000\000\000\000\000\000"
      "GCA\303y7\340\200\000G>\344\370\265\210\343h\361G?\0326\342\353\034C-GB\334\022!\203"
      "w\336fG\177\360\000\000\000\000\000\000G\000\000\000\000\000\000\000\001e."sv,
      "\200\003]q\000(G\000\000\000\000\000\000\000\000G\200\000\000\000\000\000\000\000"
      "GCA\303y7\340\200\000G>\344\370\265\210\343h\361G?\0326\342\353\034C-GB\334\022!\203"
      "w\336fG\177\360\000\000\000\000\000\000G\000\000\000\000\000\000\000\001e."sv,
      "\200\004\225M\000\000\000\000\000\000\000]\224(G\000\000\000\000\000\000\000\000G"
      "\200\000\000\000\000\000\000\000GCA\303y7\340\200\000G>\344\370\265\210\343h\361G"
      "?\0326\342\353\034C-GB\334\022!\203w\336fG\177\360\000\000\000\000\000\000G\000\000"
      "\000\000\000\000\000\001e."sv,
      "\200\005\225M\000\000\000\000\000\000\000]\224(G\000\000\000\000\000\000\000\000G"
      "\200\000\000\000\000\000\000\000GCA\303y7\340\200\000G>\344\370\265\210\343h\361G"
      "?\0326\342\353\034C-GB\334\022!\203w\336fG\177\360\000\000\000\000\000\000G\000\000"
      "\000\000\000\000\000\001e."sv}},
    {"tuples",
     {"(lp0\n(ta(I1\ntp1\na(I1\nI2\ntp2\na(I1\nI2\nI3\ntp3\na(I1\nI2\nI3\nI4\ntp4\na."sv,
      "]q\000()(K\001tq\001(K\001K\002tq\002(K\001K\002K\003tq\003(K\001K\002K\003K\004t"
      "q\004e."sv,
      "\200\002]q\000()K\001\205q\001K\001K\002\206q\002K\001K\002K\003\207q\003(K\001K\002"
      "K\003K\004tq\004e."sv,
      "\200\003]q\000()K\001\205q\001K\001K\002\206q\002K\001K\002K\003\207q\003(K\001K\002"
      "K\003K\004tq\004e."sv,
      "\200\004\225#\000\000\000\000\000\000\000]\224()K\001\205\224K\001K\002\206\224K\001"
      "K\002K\003\207\224(K\001K\002K\003K\004t\224e."sv,
      "\200\005\225#\000\000\000\000\000\000\000]\224()K\001\205\224K\001K\002\206\224K\001"
      "K\002K\003\207\224(K\001K\002K\003K\004t\224e."sv}},
    {"an OrderedDict",
     {"ccollections\nOrderedDict\np0\n(tRp1\nVa\np2\nI1\ns."sv,
      "ccollections\nOrderedDict\nq\000)Rq\001X\001\000\000\000aq\002K\001s."sv,
      "\200\002ccollections\nOrderedDict\nq\000)Rq\001X\001\000\000\000aq\002K\001s."sv,
      "\200\003ccollections\nOrderedDict\nq\000)Rq\001X\001\000\000\000aq\002K\001s."sv,
      "\200\004\225)\000\000\000\000\000\000\000\214\013collections\224\214\013OrderedDi"
      "ct\224\223\224)R\224\214\001a\224K\001s."sv,
      "\200\005\225)\000\000\000\000\000\000\000\214\013collections\224\214\013OrderedDi"
      "ct\224\223\224)R\224\214\001a\224K\001s."sv}},
    {"dates",
     {"(lp0\ncdatetime\ndate\np1\n(c_codecs\nencode\np2\n(V\007\350\001\002\np3\nVlatin1"
      "\np4\ntp5\nRp6\ntp7\nRp8\nacdatetime\ntimedelta\np9\n(I1\nI0\nI0\ntp10\nRp11\na."sv,
      "]q\000(cdatetime\ndate\nq\001(c_codecs\nencode\nq\002(X\005\000\000\000\007\303\250"
      "\001\002q\003X\006\000\000\000latin1q\004tq\005Rq\006tq\007Rq\010cdatetime\ntimed"
      "elta\nq\011(K\001K\000K\000tq\nRq\013e."sv,
      "\200\002]q\000(cdatetime\ndate\nq\001c_codecs\nencode\nq\002X\005\000\000\000\007"
      "\303\250\001\002q\003X\006\000\000\000latin1q\004\206q\005Rq\006\205q\007Rq\010cd"
      "atetime\ntimedelta\nq\011K\001K\000K\000\207q\nRq\013e."sv,
      "\200\003]q\000(cdatetime\ndate\nq\001C\004\007\350\001\002q\002\205q\003Rq\004cda"
      "tetime\ntimedelta\nq\005K\001K\000K\000\207q\006Rq\007e."sv,
      "\200\004\225>\000\000\000\000\000\000\000]\224(\214\010datetime\224\214\004date\224"
      "\223\224C\004\007\350\001\002\224\205\224R\224h\001\214\011timedelta\224\223\224K"
      "\001K\000K\000\207\224R\224e."sv,
      "\200\005\225>\000\000\000\000\000\000\000]\224(\214\010datetime\224\214\004date\224"
      "\223\224C\004\007\350\001\002\224\205\224R\224h\001\214\011timedelta\224\223\224K"
      "\001K\000K\000\207\224R\224e."sv}},
    {"a class and a range",
     {"(lp0\ncexceptions\nKeyError\np1\nac__builtin__\nxrange\np2\n(I0\nI3\nI1\ntp3\nRp4"
      "\na."sv,
      "]q\000(cexceptions\nKeyError\nq\001c__builtin__\nxrange\nq\002(K\000K\003K\001tq\003"
      "Rq\004e."sv,
      "\200\002]q\000(cexceptions\nKeyError\nq\001c__builtin__\nxrange\nq\002K\000K\003K"
      "\001\207q\003Rq\004e."sv,
      "\200\003]q\000(cbuiltins\nKeyError\nq\001cbuiltins\nrange\nq\002K\000K\003K\001\207"
      "q\003Rq\004e."sv,
      "\200\004\2253\000\000\000\000\000\000\000]\224(\214\010builtins\224\214\010KeyErr"
      "or\224\223\224h\001\214\005range\224\223\224K\000K\003K\001\207\224R\224e."sv,
      "\200\005\2253\000\000\000\000\000\000\000]\224(\214\010builtins\224\214\010KeyErr"
      "or\224\223\224h\001\214\005range\224\223\224K\000K\003K\001\207\224R\224e."sv}},
};

}  // namespace

TEST_CASE("dumps writes the bytes of CPython's pickler when asked", "[pickle]") {
  for (const auto& entry : values) {
    for (std::size_t protocol = 0; protocol < entry.pickles.size(); ++protocol) {
      CAPTURE(entry.name, protocol);
      const value v = load(entry.pickles[protocol]);
      CHECK(dump(v, like_cpython(static_cast<int>(protocol))) == entry.pickles[protocol]);
    }
  }
}

TEST_CASE("a value passes through every protocol unchanged", "[pickle]") {
  for (const auto& entry : values) {
    const std::string expected = dump(load(entry.pickles[4]));
    for (int from = 0; from <= 5; ++from) {
      for (int to = 0; to <= 5; ++to) {
        CAPTURE(entry.name, from, to);
        const value v = load(entry.pickles[static_cast<std::size_t>(from)]);
        CHECK(dump(load(dump(v, to))) == expected);
      }
    }
  }
}

TEST_CASE("only what is referred to again is in the memo", "[pickle]") {
  CHECK(dump(load("\x80\4]\x94(\x8c\1a\x94\x8c\1b\x94]\x94h\3e.")) ==
        "\x80\4](\x8c\1a\x8c\1b]q\0h\0e."sv);
  CHECK(dump(load("]p0\n(]p1\ng1\ng0\ne."), 0) == "(lp1\n(lp0\nag0\nag1\na."sv);
}

TEST_CASE("strings and flat tuples that are one object stay one", "[pickle]") {
  CHECK(dump(load("\x80\4\x8c\1a\x94h\0\x86."sv)) == "\x80\4\x8c\1aq\0h\0\x86."sv);
  CHECK(dump(load("\x80\4K\1\x85\x94h\0\x86."sv)) == "\x80\4K\1\x85q\0h\0\x86."sv);
}

TEST_CASE("the arguments of a call in a cycle are filled before it", "[pickle]") {
  // A dict subclass of protocol 1 with a key whose attribute is the dict.
  const std::string_view pickle =
      "cf\nnew\np0\n(}p1\ncm\nK\n)Rp2\n}p3\ng0\n(}p4\ng2\nNstRp5\nNsbNstR0g5\n.";
  const std::string again = dump(load(pickle), 1);
  CHECK(again == "cf\nnew\nq\0(}cm\nK\n)Rq\1}h\0(}h\1Nstq\2Rq\3NsbNs1h\2R0h\3."sv);
  CHECK(dump(load(again), 1) == again);
}

TEST_CASE("a shared tuple costs what its bytes cost", "[pickle]") {
  std::string bomb = "\x80\4)\x94";
  for (int i = 0; i < 100; ++i)
    bomb += "h"s + static_cast<char>(i) + "\x86\x94";
  CHECK(dump(load(bomb + ".")).size() < 1000);
}

TEST_CASE("values of a builder may share and contain themselves", "[pickle]") {
  arena a;
  value_builder build(a);
  const value_view list = build.list();
  const value_view tuple = build.tuple(std::array{list});
  build.append(list, tuple);
  CHECK(dump(tuple) ==
        "\x80\4]q\0h\0\x85q\1"
        "a0h\1."sv);
  const value_view inner = build.list();
  CHECK(dump(build.list(std::array{inner, inner})) == "\x80\4](]q\0h\0e."sv);
}

TEST_CASE("instances are written as they were made and changed", "[pickle]") {
  const std::string_view object =
      "\x80\4\x8c\1m\x8c\1C\x93)\x81(K\1K\2e(K\3K\4K\5K\6uK\7a}K\x08K\x09sb."sv;
  CHECK(dump(load(object)) == object);
  CHECK(dump(load(object), 1) ==
        "ccopy_reg\n__newobj__\n(cm\nC\ntR(K\1K\2e(K\3K\4K\5K\6uK\7a}K\x08K\x09sb."sv);
  const std::string_view keywords = "\x80\4\x8c\1m\x8c\1C\x93K\1\x85}\x8c\1kK\2s\x92."sv;
  CHECK(dump(load(keywords)) == keywords);
  CHECK(dump(load(keywords), 2) ==
        "\x80\2"
        "ccopy_reg\n__newobj_ex__\ncm\nC\nK\1\x85}X\1\0\0\0kK\2s\x87R."sv);
  CHECK(dump(load("(I1\nim\nC\n."), 0) == "(I1\nim\nC\n.");
  CHECK(dump(load("(I1\nim\nC\n."), 2) == "\x80\2(cm\nC\nK\1o.");
}

TEST_CASE("a state setter is called again", "[pickle]") {
  const std::string_view object = "\x80\4\x8c\1m\x8c\1C\x93)Rq\0\x8c\1m\x8c\1s\x93h\0K\7\x86R0."sv;
  CHECK(dump(load(object)) == "\x80\4\x8c\1mq\0\x8c\1C\x93)Rq\1h\0\x8c\1s\x93h\1K\7\x86R0."sv);
}

TEST_CASE("nested classes are attributes below protocol 4", "[pickle]") {
  const value v = load("\x80\4\x8c\1m\x8c\5A.B.C\x93.");
  CHECK(dump(v, 4) == "\x80\4\x8c\1m\x8c\5A.B.C\x93.");
  CHECK(dump(v, 3) ==
        "\x80\3"
        "cbuiltins\ngetattr\nq\0h\0cm\nA\nX\1\0\0\0B\x86RX\1\0\0\0C\x86R."sv);
  CHECK(dump(v, 0) == "c__builtin__\ngetattr\np0\n(g0\n(cm\nA\nVB\ntRVC\ntR.");
  // What is read back is written alike, also where parts of the name are empty.
  const value empty_parts = load("\x80\4\x8c\1m\x8c\3A..\x93.");
  for (int protocol = 0; protocol != 4; ++protocol) {
    const std::string written = dump(empty_parts, protocol);
    CHECK(dump(load(written), protocol) == written);
  }
}

// The bytes are CPython 3.15's, the first that has this class.
TEST_CASE("Python 2 gets the nearest exception that it has", "[pickle]") {
  const value v = load("\x80\4\x8c\10builtins\x8c\20ImportCycleError\x93.");
  CHECK(dump(v, like_cpython(0)) == "cexceptions\nImportError\np0\n.");
  CHECK(dump(v, like_cpython(1)) == "cexceptions\nImportError\nq\0."sv);
  CHECK(dump(v, like_cpython(2)) == "\x80\2cexceptions\nImportError\nq\0."sv);
  CHECK(dump(v, like_cpython(3)) == "\x80\3cbuiltins\nImportCycleError\nq\0."sv);
}

TEST_CASE("persistent ids, extension codes and buffers go through the options", "[pickle]") {
  arena a;
  value_builder build(a);
  const value_view id = build.persistent(build.str("7"));
  CHECK(dump(id, 0) == "P7\n.");
  CHECK(dump(id, 2) ==
        "\x80\2X\1\0\0\0"
        "7Q."sv);
  CHECK(dump(value_view::extension(5), 2) == "\x80\2\x82\5.");
  CHECK(dump(value_view::extension(0x12345), 2) == "\x80\2\x84\x45\x23\1\0."sv);

  dump_options options;
  options.protocol = 5;
  options.persistent_id = [](value_view v) -> std::optional<value_view> {
    if (v.is(kind::real)) return value_view::integer(1);
    return std::nullopt;
  };
  options.extension = [](const global_name& name) { return name.name == "C" ? 300 : 0; };
  CHECK(dump(build.tuple(std::array{value_view::real(1.5), build.global("m", "C")}), options) ==
        "\x80\5K\1Q\x83\x2c\1\x86.");

  const value_view buffer = build.buffer({as_bytes("abc"), 0, true});
  CHECK(dump(buffer, 5) ==
        "\x80\5"
        "C\3abc.");
  const value_view writable = build.buffer({as_bytes("abc"), 0, false});
  CHECK(dump(writable, 5) == "\x80\5\x96\3\0\0\0\0\0\0\0abc."sv);
  options.buffer_callback = [](const buffer_reference&) { return true; };
  CHECK(dump(buffer, options) == "\x80\5\x97\x98.");
}

namespace {

std::string frame(std::size_t size) {
  std::string text = "\x95";
  for (int i = 0; i < 8; ++i)
    text += static_cast<char>(size >> (8 * i) & 0xff);
  return text;
}

}  // namespace

TEST_CASE("a frame of CPython's may end between two numbers", "[pickle]") {
  // pickle.dumps([1.5] * 8000, 4)
  std::string content = "]\x94";
  for (int batch = 0; batch != 8; ++batch) {
    content += '(';
    for (int i = 0; i != 1000; ++i)
      content += "G?\xf8\0\0\0\0\0\0"s;
    content += 'e';
  }
  content += '.';
  const std::string expected =
      "\x80\4" + frame(65537) + content.substr(0, 65537) + frame(6482) + content.substr(65537);
  CHECK(dump(load(expected), like_cpython(4)) == expected);
}

TEST_CASE("batches of 1000 end as those of the CPython that is meant", "[pickle]") {
  // pickle.dumps(list(range(n)), 4), and so on; 1000 is M\xe8\3 there.
  const auto numbers = [](int count, std::string_view after_each) {
    std::string text;
    for (int i = 0; i != count; ++i) {
      text += i < 256 ? std::string("K") + static_cast<char>(i)
                      : std::string("M") + static_cast<char>(i) + static_cast<char>(i >> 8);
      text += after_each;
    }
    return text;
  };
  const std::string list = "]\x94(" + numbers(1000, "") + "e";
  const std::string dict = "}\x94(" + numbers(1000, "N") + "u";
  const std::string set = "\x8f\x94(" + numbers(1000, "") + "\x90";
  const struct {
    std::string batch;
    std::string_view until_314;
    std::string_view from_315;
  } pickles[] = {
      {list, "", ""},
      {list, "(M\xe8\3e", "M\xe8\3a"},
      {list, "(M\xe8\3Ne", "(M\xe8\3Ne"},
      {dict, "(u", ""},
      {dict, "(M\xe8\3Nu", "M\xe8\3Ns"},
      {dict, "(M\xe8\3NNNu", "(M\xe8\3NNNu"},
      {set, "(\x90", ""},
      {set, "(M\xe8\3\x90", "(M\xe8\3\x90"},
  };
  for (const auto& [batch, until_314, from_315] : pickles) {
    const auto whole = [&, &batch = batch](std::string_view rest) {
      const std::string content = batch + std::string(rest) + ".";
      return "\x80\4" + frame(content.size()) + content;
    };
    dump_options options = like_cpython(4);
    CHECK(dump(load(whole(from_315)), options) == whole(until_314));
    options.cpython_minor = 15;
    CHECK(dump(load(whole(until_314)), options) == whole(from_315));
  }
}

TEST_CASE("cycles through tuples are written as CPython does", "[pickle]") {
  for (const std::string_view content :
       {// l = []; t = (l, 'ab'); l.append(t)
        "]\x94h\0\x8c\2ab\x94\x86\x94"
        "ah\1"
        "00h\2."sv,
        // i.x = t = (i,)
        "\x8c\1m\x94\x8c\1I\x94\x93\x94)\x81\x94}\x94\x8c\1x\x94h\3\x85\x94sb0h\6."sv,
        // t = (i,); i.x = [t, {}]; [t, t]
        "]\x94(\x8c\1m\x94\x8c\1I\x94\x93\x94)\x81\x94}\x94\x8c\1x\x94]\x94(h\4\x85\x94}\x94"
        "esb0h\x08h\x08"
        "e."sv,
        // s = 'ab'; [s, s, (s,), 'é', 'é', b'', b'', '']
        "]\x94(\x8c\2ab\x94h\1h\1\x85\x94\x8c\2\xc3\xa9\x94h\3C\0\x94h\4\x8c\0\x94"
        "e."sv}) {
    const std::string expected = "\x80\4" + frame(content.size()) + std::string(content);
    CHECK(dump(load(expected), like_cpython(4)) == expected);
    load_options borrowing;
    borrowing.borrow = true;
    CHECK(dump(load(expected, borrowing), like_cpython(4)) == expected);
  }
}

TEST_CASE("frames have the sizes of CPython's", "[pickle]") {
  // pickle.dumps([b'x' * 40000, b'y' * 40000, b'z' * 65536, 1], 4)
  const std::string expected = "\x80\4" + frame(80015) + "]\x94(B\x40\x9c\0\0"s +
                               std::string(40000, 'x') + "\x94" + "B\x40\x9c\0\0"s +
                               std::string(40000, 'y') + "\x94" + "B\0\0\1\0"s +
                               std::string(65536, 'z') + frame(5) + "\x94K\1e.";
  CHECK(dump(load(expected), like_cpython(4)) == expected);
}

TEST_CASE("what cannot be pickled is an error where one is asked for", "[pickle]") {
  std::error_code error = pickle_errc::too_large;
  CHECK(as_text(dumps(value_view::integer(1), error)) == "\x80\4K\1.");
  CHECK_FALSE(error);
  dump_options old;
  old.protocol = 1;
  CHECK(dumps(value_view::extension(1), error, old).empty());
  CHECK(error == pickle_errc::not_picklable);
  CHECK_THROWS_AS(dumps(value_view::extension(1), old), pickling_error);
}

TEST_CASE("what a protocol cannot express is refused", "[pickle]") {
  arena a;
  value_builder build(a);
  CHECK_THROWS_AS(dump(value_view(), 6), std::invalid_argument);
  CHECK_THROWS_AS(dump(value_view::extension(1), 1), std::invalid_argument);
  CHECK_THROWS_AS(dump(build.global("m", "\xc3\xa9"), 2), std::invalid_argument);
  CHECK(dump(build.global("m", "\xc3\xa9"), 3) ==
        "\x80\3"
        "cm\n\xc3\xa9\n.");
  CHECK_THROWS_AS(dump(build.global("m", "a\nb"), 3), std::invalid_argument);
  CHECK_THROWS_AS(dump(build.persistent(build.str("a\nb")), 0), std::invalid_argument);
  // A set in the arguments of its own item: only EMPTY_SET can make it.
  const value_view set = build.set();
  const value_view item = build.instance(instance_node::construction::newobj,
                                         build.global("m", "C"), build.tuple(std::array{set}));
  build.append(set, item);
  CHECK_THROWS_AS(dump(set, 3), std::invalid_argument);
  CHECK(dump(set, 4) == "\x80\4\x8fq\0(\x8c\1m\x8c\1C\x93h\0\x85\x81\x90."sv);
}

TEST_CASE("a million nested lists are written without recursion", "[pickle]") {
  load_options options;
  options.max_depth = 2'000'000;
  const std::string pickle = std::string(1'000'000, ']') + std::string(999'999, 'a') + ".";
  CHECK(dump(load(pickle, options)) == "\x80\4" + pickle);
  CHECK(dump(load(pickle, options), 1) == pickle);
}

TEST_CASE("ints and floats in a list have CPython's shortest opcodes", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view list = build.list(
      std::vector{value_view::integer(0), value_view::integer(255), value_view::integer(256),
                  value_view::integer(65535), value_view::integer(65536), value_view::integer(-1),
                  value_view::integer(INT32_MAX), value_view::integer(INT32_MAX + std::int64_t{1}),
                  value_view::integer(INT32_MIN), value_view::integer(INT32_MIN - std::int64_t{1}),
                  value_view::integer(INT64_MAX), value_view::integer(INT64_MIN),
                  value_view::real(1.5), build.str("a"), value_view::integer(7)});
  // pickle.dumps([0, 255, 256, …, 1.5, 'a', 7], 4), less FRAME and MEMOIZE
  CHECK(dump(list, 4) ==
        "\x80\x04](K\x00K\xffM\x00\x01M\xff\xffJ\x00\x00\x01\x00J\xff\xff\xff\xffJ\xff\xff\xff\x7f"
        "\x8a\x05\x00\x00\x00\x80\x00J\x00\x00\x00\x80\x8a\x05\xff\xff\xff\x7f\xff"
        "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80"
        "G?\xf8\x00\x00\x00\x00\x00\x00\x8c\x01"
        "aK\x07"
        "e."s);
}

TEST_CASE("numbers are written in batches of a thousand", "[pickle]") {
  arena where;
  value_builder build(where);
  const std::vector<value_view> ones(1001, value_view::integer(1));
  std::string batch;
  for (int i = 0; i != 1000; ++i)
    batch += "K\x01";
  CHECK(dump(build.list(ones), 4) == "\x80\x04](" + batch + "e(K\x01" + "e.");
}

TEST_CASE("a number may have a persistent id", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view list = build.list(std::vector{value_view::integer(1), value_view::integer(2)});
  dump_options options;
  options.persistent_id = [](value_view v) -> std::optional<value_view> {
    if (v.is(kind::integer) && v.as_integer() == 2) return value_view::none();
    return std::nullopt;
  };
  CHECK(dump(list, options) == "\x80\x04](K\x01NQe.");
}
