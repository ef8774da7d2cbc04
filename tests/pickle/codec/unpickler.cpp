// SPDX-License-Identifier: BSL-1.0

#include "pickled/codec/unpickler.hpp"

#include "pickled/codec/pickler.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace pickled;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

value load(std::string_view pickle, const load_options& options = {}) {
  return loads(as_bytes(pickle), options);
}

load_error error_of(std::string_view pickle, const load_options& options = {}) {
  load_error error;
  static_cast<void>(loads(as_bytes(pickle), error, options));
  return error;
}

// pickle.dumps({'a': [1, -2, 300, 2**40, 2**70, 1.5, None, True, '\xe9\ud800', b'\xff']}, n)
const std::string_view document[] = {
    "(dp0\nVa\np1\n(lp2\nI1\naI-2\naI300\naL1099511627776L\naL1180591620717411303424L\naF1.5\n"
    "aNaI01\naV\351\\ud800\np3\nac_codecs\nencode\np4\n(V\377\np5\nVlatin1\np6\ntp7\nRp8\nas."sv,
    "}q\000X\001\000\000\000aq\001]q\002(K\001J\376\377\377\377M,\001L1099511627776L\n"
    "L1180591620717411303424L\nG?\370\000\000\000\000\000\000NI01\nX\005\000\000\000\303\251"
    "\355\240\200q\003c_codecs\nencode\nq\004(X\002\000\000\000\303\277q\005X\006\000\000\000"
    "latin1q\006tq\007Rq\010es."sv,
    "\200\002}q\000X\001\000\000\000aq\001]q\002(K\001J\376\377\377\377M,\001\212\006\000\000"
    "\000\000\000\001\212\011\000\000\000\000\000\000\000\000@G?\370\000\000\000\000\000\000N"
    "\210X\005\000\000\000\303\251\355\240\200q\003c_codecs\nencode\nq\004X\002\000\000\000"
    "\303\277q\005X\006\000\000\000latin1q\006\206q\007Rq\010es."sv,
    "\200\004\225@\000\000\000\000\000\000\000}\224\214\001a\224]\224(K\001J\376\377\377\377M,"
    "\001\212\006\000\000\000\000\000\001\212\011\000\000\000\000\000\000\000\000@G?\370\000\000"
    "\000\000\000\000N\210\214\005\303\251\355\240\200\224C\001\377\224es."sv,
};

}  // namespace

TEST_CASE("scalars, strings and containers load from every protocol", "[pickle]") {
  for (const std::string_view pickle : document) {
    const value v = load(pickle);
    REQUIRE(v->is(kind::dict));
    REQUIRE(v->as_entries().size() == 1);
    CHECK(v->as_entries()[0].key.as_str() == "a");
    const auto items = v->as_entries()[0].value.as_items();
    REQUIRE(items.size() == 10);
    CHECK(items[0].as_integer() == 1);
    CHECK(items[1].as_integer() == -2);
    CHECK(items[2].as_integer() == 300);
    CHECK(items[3].as_integer() == 1099511627776);
    CHECK(as_text(items[4].as_bytes()) == "\0\0\0\0\0\0\0\0@"sv);
    CHECK(items[5].as_real() == 1.5);
    CHECK(items[6].is_none());
    CHECK(items[7].as_bool());
    CHECK(items[8].as_str() == "\303\251\355\240\200");
    CHECK(as_text(items[9].as_bytes()) == "\xff");
    CHECK(v->depth() == 2);
  }
}

TEST_CASE("a list that contains itself is one list", "[pickle]") {
  for (const std::string_view pickle : {"(lp0\ng0\na."sv, "]q\0h\0a."sv, "\x80\x04]\x94h\0a."sv}) {
    const value v = load(pickle);
    REQUIRE(v->as_items().size() == 1);
    CHECK(v->as_items()[0].identity() == v->identity());
    CHECK(v->depth() == 2);
  }
}

TEST_CASE("a tuple that contains itself through a list is one tuple", "[pickle]") {
  for (const std::string_view pickle :
       {"((lp0\n(g0\ntp1\na00g1\n."sv, "(]q\0(h\0tq\1a1h\1."sv, "\200\002]q\0h\0\205q\1a0h\1."sv}) {
    const value v = load(pickle);
    REQUIRE(v->is(kind::tuple));
    const value_view list = v->as_items()[0];
    CHECK(list.as_items()[0].identity() == v->identity());
  }
}

TEST_CASE("native kinds that are calls at lower protocols are native", "[pickle]") {
  CHECK(load("c__builtin__\nset\n((lI1\natR.").is(kind::set));
  CHECK(load("cbuiltins\nfrozenset\n((lI1\natR.").is(kind::frozenset));
  CHECK(value_argument(load("c__builtin__\ncomplex\n(F1.0\nF2.0\ntR.")).as_complex().imag == 2);
  CHECK(as_text(value_argument(load("c_codecs\nencode\n(V\351x\nVlatin1\ntR.")).as_bytes()) ==
        "\xe9x");
  CHECK(load("c__builtin__\nbytes\n)R.").is(kind::bytes));
  const value array = load("c__builtin__\nbytearray\n(c_codecs\nencode\n(V\377ab\nVlatin1\ntRtR.");
  REQUIRE(array->is(kind::bytearray));
  CHECK(as_text(array->as_bytes()) == "\377ab");
  CHECK(load("c__builtin__\nset\n(I1\ntR.").is(kind::instance));
}

TEST_CASE("the list that a set was made of stays a list of its own", "[pickle]") {
  const value v = load("(cbuiltins\nset\n((lp0\nI1\natRg0\nI2\nat.");
  CHECK(v->as_items()[0].as_items().size() == 1);
  CHECK(v->as_items()[1].as_items().size() == 2);
}

TEST_CASE("instances keep the call and every change in order", "[pickle]") {
  using action = enum instance_node::change::action;
  const value v = load(
      "\x80\x04\x8c\x01m\x8c\x01"
      "C\x93)\x81(K\1K\2e(K\3K\4uK\5a}b.");
  const instance_node& node = v->as_instance();
  CHECK(node.how == instance_node::construction::newobj);
  CHECK(node.callable.as_global() == global_name{"m", "C"});
  const auto changes = node.changes.view();
  REQUIRE(changes.size() == 5);
  CHECK(changes[1].action == action::append);
  CHECK(changes[1].first.as_integer() == 2);
  CHECK(changes[2].action == action::setitem);
  CHECK(changes[2].second.as_integer() == 4);
  CHECK(changes[3].action == action::append);
  CHECK(changes[4].action == action::build);
}

TEST_CASE("the call of a state setter becomes a change of its object", "[pickle]") {
  const value v = load(
      "\x80\x04"
      "cm\nC\n)R\x94"
      "cm\nsetter\nh\0K\7\x86R0."sv);
  const auto changes = v->as_instance().changes.view();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].action == instance_node::change::action::call);
  CHECK(changes[0].first.as_instance().args.as_items()[0].identity() == v->identity());
}

TEST_CASE("names of Python 2 are mapped below protocol 3 and only there", "[pickle]") {
  CHECK(value_argument(load("c__builtin__\nxrange\n.")).as_global() ==
        global_name{"builtins", "range"});
  CHECK(value_argument(load("cQueue\nQueue\n.")).as_global() == global_name{"queue", "Queue"});
  CHECK(value_argument(load("\x80\x03"
                            "cQueue\nQueue\n."))
            .as_global() == global_name{"Queue", "Queue"});
  load_options options;
  options.fix_imports = false;
  CHECK(value_argument(load("cQueue\nQueue\n.", options)).as_global() ==
        global_name{"Queue", "Queue"});
}

TEST_CASE("strings of Python 2 are decoded as chosen", "[pickle]") {
  load_options options;
  CHECK(value_argument(load("S'a\\x41\\n\\'\"'\n.")).as_str() == "aA\n'\"");
  CHECK(error_of("U\1\xe9.").code == pickle_errc::bad_encoding);
  options.encoding = "latin1";
  CHECK(value_argument(load("U\1\xe9.", options)).as_str() == "\xc3\xa9");
  options.encoding = "bytes";
  CHECK(as_text(value_argument(load("T\1\0\0\0\xe9."sv, options)).as_bytes()) == "\xe9");
  options.encoding = "utf-8";
  CHECK(value_argument(load("U\2\xc3\xa9.", options)).as_str() == "\xc3\xa9");
}

TEST_CASE("persistent ids, extension codes and buffers come from the options", "[pickle]") {
  CHECK(error_of("P7\n.").code == pickle_errc::no_persistent_load);
  CHECK(value_argument(load("\x82\x05.")).as_extension() == 5);
  CHECK(error_of("\x97.").code == pickle_errc::no_buffers);

  load_options options;
  options.persistent_load = [](value_view id, value_builder& build) {
    return build.persistent(id);
  };
  options.extension = [](std::int32_t code) -> std::optional<global_name> {
    if (code != 5) return std::nullopt;
    return global_name{"m", "C"};
  };
  const std::string content = "content";
  const bytes_view buffers[] = {as_bytes(content)};
  options.buffers = buffers;
  CHECK(value_argument(load("P7\n.", options)).as_persistent_id().as_str() == "7");
  CHECK(value_argument(load("K\7Q.", options)).as_persistent_id().as_integer() == 7);
  CHECK(value_argument(load("\x82\x05.", options)).as_global().name == "C");
  CHECK(error_of("\x82\x06.", options).code == pickle_errc::unknown_extension);
  const value loaded = load("\x97\x98.", options);
  const buffer_reference& buffer = loaded->as_buffer();
  CHECK(buffer.readonly);
  CHECK(buffer.content.data() == buffers[0].data());
}

TEST_CASE("READONLY_BUFFER makes a view of a bytearray, and leaves bytes", "[pickle]") {
  const std::string_view view_of_bytearray = "\x80\5\x96\3\0\0\0\0\0\0\0abc\x98."sv;
  const value loaded = load(view_of_bytearray);
  REQUIRE(loaded->is(kind::buffer));
  CHECK(loaded->as_buffer().readonly);
  CHECK(as_text(loaded->as_buffer().content) == "abc");
  dump_options options;
  options.protocol = 5;
  CHECK(as_text(dumps(loaded, options)) == view_of_bytearray);
  options.protocol = 4;
  CHECK(load(as_text(dumps(loaded, options))).is(kind::bytes));
  CHECK(load("C\3abc\x98.").is(kind::bytes));
}

TEST_CASE("every name that Python would import is told, whatever becomes of it", "[pickle]") {
  std::vector<std::string> names;
  load_options options;
  options.on_global = [&](const pickled::global_name& name) {
    names.push_back(std::string(name.module) + "." + std::string(name.name));
  };
  static_cast<void>(loads(as_bytes("\x80\x02"
                                   "cos\nsystem\n0(c__builtin__\nrange\nicopy_reg\nC\n."),
                          options));
  CHECK(names == std::vector<std::string>{"os.system", "builtins.range", "copyreg.C"});
}

TEST_CASE("consumed tells where the next pickle begins", "[pickle]") {
  const std::string_view two = "K\1.K\2.";
  load_error error;
  std::size_t consumed = 0;
  CHECK(loads(as_bytes(two), error, {}, &consumed).as_integer() == 1);
  CHECK(consumed == 3);
  CHECK(loads(as_bytes(two.substr(3)), error, {}, &consumed).as_integer() == 2);
}

TEST_CASE("borrowed strings point into the input", "[pickle]") {
  load_options options;
  options.borrow = true;
  const std::string_view pickle = "\x8c\5hello.";
  CHECK(value_argument(load(pickle, options)).as_str().data() == pickle.data() + 2);
}

TEST_CASE("malformed pickles are refused with what CPython says", "[pickle]") {
  const struct {
    std::string_view pickle;
    pickle_errc expected;
    std::size_t offset;
  } table[] = {
      {""sv, pickle_errc::ran_out_of_input, 0},
      {"K\1"sv, pickle_errc::ran_out_of_input, 2},
      {"K"sv, pickle_errc::truncated, 0},
      {"X\5\0\0\0abc."sv, pickle_errc::truncated, 0},
      {"N\xff."sv, pickle_errc::invalid_load_key, 1},
      {"."sv, pickle_errc::stack_underflow, 0},
      {"(."sv, pickle_errc::unexpected_mark, 1},
      {"K\1\x86."sv, pickle_errc::stack_underflow, 2},
      {"N(\x85."sv, pickle_errc::unexpected_mark, 2},
      {"]e."sv, pickle_errc::mark_not_found, 1},
      {"(Nd."sv, pickle_errc::odd_items, 2},
      {"}(Nu."sv, pickle_errc::odd_items, 3},
      {"Ix\n."sv, pickle_errc::bad_operand, 0},
      {"F1e400\n."sv, pickle_errc::out_of_range, 0},
      {"F-1e400\n."sv, pickle_errc::out_of_range, 0},
      {"Npx\n."sv, pickle_errc::bad_operand, 1},
      {"Np-1\n."sv, pickle_errc::bad_operand, 1},
      {"Np9223372036854775808\n."sv, pickle_errc::out_of_range, 1},
      {"g-1\n."sv, pickle_errc::memo_missing, 0},
      {"g-9223372036854775809\n."sv, pickle_errc::out_of_range, 0},
      {"\x8b\xff\xff\xff\xff."sv, pickle_errc::bad_length, 0},
      {"\x8e\0\0\0\0\0\0\0\x80."sv, pickle_errc::impossible_length, 0},
      {"Sabc\n."sv, pickle_errc::not_quoted, 0},
      {"S'\\x'\n."sv, pickle_errc::bad_operand, 0},
      {"P\xe9\n."sv, pickle_errc::not_ascii, 0},
      {"c\xe9\n"sv, pickle_errc::bad_utf8, 0},
      {"(i\xc3\xa9\nC\n."sv, pickle_errc::bad_ascii, 1},
      {"(im\n\xc3\xa9\n."sv, pickle_errc::bad_ascii, 1},
      {"\x80\3cm\n\xed\xb2\x80\n."sv, pickle_errc::bad_utf8, 2},
      {"N\x98."sv, pickle_errc::not_a_buffer, 1},
      {"\x8c\1\xff."sv, pickle_errc::bad_utf8, 0},
      {"\x80\6N."sv, pickle_errc::bad_protocol, 0},
      {"h\0."sv, pickle_errc::memo_missing, 0},
      {"N)\x81."sv, pickle_errc::not_a_class, 2},
      {"N)R."sv, pickle_errc::not_callable, 2},
      {"cm\nC\nNR."sv, pickle_errc::args_not_a_tuple, 6},
      {"NNa."sv, pickle_errc::not_a_container, 2},
      {"NN\x93."sv, pickle_errc::not_a_str, 2},
      {"\x82\0."sv, pickle_errc::bad_extension, 0},
      {"]}b."sv, pickle_errc::bad_state, 2},
      {"}]Ns."sv, pickle_errc::unhashable, 3},
      {"}]\x85Ns."sv, pickle_errc::unhashable, 4},
      {"\x8f(]\x90."sv, pickle_errc::unhashable, 3},
      {"\x95\5\0\0\0\0\0\0\0N."sv, pickle_errc::truncated, 0},
  };
  for (const auto& entry : table) {
    CAPTURE(entry.pickle);
    const load_error error = error_of(entry.pickle);
    CHECK(error.code == entry.expected);
    CHECK(error.offset == entry.offset);
  }
}

TEST_CASE("limits on depth, memory and the memo are kept", "[pickle]") {
  load_options options;
  options.max_depth = 100;
  const auto nested = [](int levels) {
    return std::string(static_cast<std::size_t>(levels), ']') +
           std::string(static_cast<std::size_t>(levels - 1), 'a') + ".";
  };
  CHECK_FALSE(error_of(nested(100), options));
  CHECK(error_of(nested(101), options).code == pickle_errc::too_deep);
  // The chain is linked from the outside in, so that no container is deep when it is put into one.
  std::string chain = "]p0\n";
  for (int i = 1; i <= 200; ++i) {
    chain += "]p" + std::to_string(i) + "\nag" + std::to_string(i) + "\n";
  }
  CHECK(error_of(chain + "g0\n.", options).code == pickle_errc::too_deep);

  options.max_memory = 1 << 16;
  CHECK(error_of("X\1\0\1\0"s + std::string((1 << 16) + 1, 'x') + ".", options).code ==
        pickle_errc::too_large);
  CHECK(error_of("NN" + std::string(1 << 16, '2') + ".", options).code == pickle_errc::too_large);
  std::string puts = "N";
  for (int i = 0; i < 5000; ++i)
    puts += '\x94';
  CHECK(error_of(puts + ".", options).code == pickle_errc::memo_too_large);
  CHECK_FALSE(error_of("Nr\xff\xff\xff\x7fj\xff\xff\xff\x7f.", options));
}

TEST_CASE("a million nested lists load and go without recursion", "[pickle]") {
  load_options options;
  options.max_depth = 2'000'000;
  const std::string pickle = std::string(1'000'000, ']') + std::string(999'999, 'a') + ".";
  CHECK(value_argument(load(pickle, options)).depth() == value_view::deepest);
}

TEST_CASE("a pickle is loaded while another one is being loaded", "[pickle]") {
  load_options options;
  options.persistent_load = [](value_view, value_builder& build) {
    return build.share(
        load("\x80\x04\x8c\x01"
             "c\x94h\0\x86."sv));
  };
  // ('a', what the persistent id 'b' means, 'a')
  const value v = load(
      "\x80\x04\x8c\x01"
      "a\x94\x8c\x01"
      "bQh\0\x87."sv,
      options);
  const auto items = v->as_items();
  REQUIRE(items.size() == 3);
  CHECK(items[0].as_str() == "a");
  CHECK(items[1].as_items()[1].as_str() == "c");
  CHECK(items[2].as_str() == "a");
}
