// SPDX-License-Identifier: BSL-1.0

#include "pickled/codec/stream.hpp"

#include "pickled/value/proxy_reference.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

using namespace pickled;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

// Gives at most `step` bytes at a time of what it has left.
struct text_source {
  std::string_view left;
  std::size_t step;

  std::size_t operator()(std::span<std::byte> room) {
    const std::size_t count = std::min({room.size(), step, left.size()});
    std::memcpy(room.data(), left.data(), count);
    left.remove_prefix(count);
    return count;
  }
};

// pickle.dumps({'a': [1, 2.5, 'x'], 'b': b'yz'}, n), and one pickle of Python 2.
const std::string_view pickles[] = {
    "(dp0\nVa\np1\n(lp2\nI1\naF2.5\naVx\np3\nasVb\np4\nc_codecs\nencode\np5\n(Vyz\np6\nVlatin1\n"
    "p7\ntp8\nRp9\ns."sv,
    "}q\0(X\1\0\0\0aq\1]q\2(K\1G@\4\0\0\0\0\0\0X\1\0\0\0xq\3eX\1\0\0\0bq\4c_codecs\nencode\nq\5("
    "X\2\0\0\0yzq\6X\6\0\0\0latin1q\7tq\x08Rq\tu."sv,
    "\x80\4\x95\x25\0\0\0\0\0\0\0}\x94(\x8c\1a\x94]\x94(K\1G@\4\0\0\0\0\0\0\x8c\1x\x94"
    "e\x8c\1b\x94"
    "C\2yz\x94u."sv,
    "(S'a'\nL12L\nU\1bT\1\0\0\0c\x8a\2\xe8\3\x8b\2\0\0\0\xe8\3P7\n\x8d\1\0\0\0\0\0\0\0u\x82\5t."sv,
};

}  // namespace

TEST_CASE("the end of a pickle is found however it is cut", "[pickle]") {
  for (const std::string_view pickle : pickles) {
    for (std::size_t step = 1; step <= pickle.size(); ++step) {
      CAPTURE(pickle, step);
      const std::string input = std::string(pickle) + "more";
      pickle_splitter splitter;
      std::size_t at = 0;
      while (!splitter.done()) {
        CHECK(splitter.wanted() <= pickle.size() - at);
        CHECK(splitter.wanted() > 0);
        at += splitter.feed(as_bytes(std::string_view(input).substr(at, step)));
      }
      CHECK(at == pickle.size());
      CHECK(splitter.size() == pickle.size());
      CHECK(splitter.feed(as_bytes("more"sv)) == 0);
    }
  }
}

TEST_CASE("a frame is wanted whole", "[pickle]") {
  pickle_splitter splitter;
  splitter.feed(as_bytes(pickles[2].substr(0, 11)));
  CHECK(splitter.wanted() == pickles[2].size() - 11);
}

TEST_CASE("what no pickle can have ends it", "[pickle]") {
  for (const std::string_view bad :
       {"N\xff"sv, "\x8b\xff\xff\xff\xff"sv, "\x95\0\0\0\0\0\0\0\x80"sv}) {
    pickle_splitter splitter;
    CHECK(splitter.feed(as_bytes(std::string(bad) + "NN.")) == bad.size());
    CHECK(splitter.done());
  }
}

TEST_CASE("a reader loads one pickle after the other", "[pickle]") {
  load_options options;
  options.persistent_load = [](value_view id, value_builder&) { return id; };
  std::string input;
  for (const std::string_view pickle : pickles)
    input += pickle;
  for (const auto how : {pickle_reader::reading::exact, pickle_reader::reading::ahead}) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, input.size()}) {
      pickle_reader reader(text_source{input, step}, options, how);
      load_error error;
      value v;
      for (int i = 0; i < 3; ++i) {
        REQUIRE(reader.next(v, error));
        CHECK(v->as_entries()[1].key.as_str() == "b");
      }
      REQUIRE(reader.next(v, error));
      CHECK(v->is(kind::tuple));
      CHECK_FALSE(reader.next(v, error));
      CHECK_FALSE(error);
    }
  }
}

TEST_CASE("an exact reader leaves what follows a STOP in the source", "[pickle]") {
  for (const std::string_view pickle : pickles) {
    if (pickle == pickles[3]) continue;
    const std::string input = std::string(pickle) + "not a pickle";
    text_source source{input, input.size()};
    pickle_reader reader([&](std::span<std::byte> room) { return source(room); });
    load_error error;
    value v;
    REQUIRE(reader.next(v, error));
    CHECK(source.left == "not a pickle");
  }
}

TEST_CASE("a reader tells a broken pickle from the end", "[pickle]") {
  const struct {
    std::string_view input;
    pickle_errc expected;
  } table[] = {
      {"K\1.X\5\0\0\0ab"sv, pickle_errc::truncated},
      {"K\1.]"sv, pickle_errc::ran_out_of_input},
      {"K\1.N\xffN."sv, pickle_errc::invalid_load_key},
      {"K\1.\x8e\xff\xff\xff\xff\xff\0\0\0N."sv, pickle_errc::truncated},
  };
  for (const auto& entry : table) {
    pickle_reader reader(text_source{entry.input, 3});
    load_error error;
    value v;
    REQUIRE(reader.next(v, error));
    CHECK_FALSE(reader.next(v, error));
    CHECK(error.code == entry.expected);
    CHECK_FALSE(reader.next(v, error));
    CHECK(error.code == entry.expected);
  }
}

TEST_CASE("a pickle longer than the limit is given up", "[pickle]") {
  load_options options;
  options.max_memory = 1000;
  const std::string input = "X\xff\xff\xff\x0f" + std::string(5000, 'x');
  text_source source{input, 100};
  pickle_reader reader([&](std::span<std::byte> room) { return source(room); }, options);
  load_error error;
  value v;
  CHECK_FALSE(reader.next(v, error));
  CHECK(error.code == pickle_errc::too_large);
  CHECK(source.left.size() > 3500);
}

TEST_CASE("a sink gets the pickle of dumps piece by piece", "[pickle]") {
  arena a;
  value_builder build(a);
  const value_view list = build.list();
  for (int i = 0; i < 30'000; ++i)
    build.append(list, build.str("item " + std::to_string(i)));
  const value_view large = build.bytes(as_bytes(std::string(200'000, 'x')));
  build.append(list, large);
  build.append(list, list);
  for (const int protocol : {0, 2, 4, 5}) {
    CAPTURE(protocol);
    dump_options options;
    options.protocol = protocol;
    options.like_cpython = true;
    std::string joined;
    std::size_t largest = 0;
    bool passed_on = false;
    const auto take = [&](bytes_view piece) {
      joined += as_text(piece);
      if (piece.data() == large.as_bytes().data()) {
        passed_on = true;
      } else {
        largest = std::max(largest, piece.size());
      }
    };
    dump(list, take, options);
    CHECK(joined == as_text(dumps(list, options)));
    CHECK(passed_on == (protocol >= 3));
    if (protocol >= 3) CHECK(largest < 70'000);
  }
}

TEST_CASE("an error is handed out where a stream cannot have the value", "[pickle]") {
  arena a;
  value_builder build(a);
  std::string joined;
  const auto take = [&](bytes_view piece) { joined += as_text(piece); };
  std::error_code error;
  dump(value_view::integer(7), take, error);
  CHECK_FALSE(error);
  CHECK(joined == "\x80\x04K\x07.");
  const proxy_reference reference{nullptr, "list", "x", "ListProxy", {}};
  dump(build.proxy(reference), take, error);
  CHECK(error == pickle_errc::not_picklable);
}
