// SPDX-License-Identifier: BSL-1.0

#include "pickled/connection/frame.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace std::string_literals;
using status = frame_reader::status;

namespace {

// Gives `bytes` to the reader as one read would, or as several where the room is short.
void feed(frame_reader& reader, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto room = reader.prepare();
    const std::size_t count = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), count);
    reader.commit(count);
    bytes.remove_prefix(count);
  }
}

// The messages that arrive where `stream` comes in pieces of `step` bytes.
std::vector<std::string> cut(frame_reader& reader, std::string_view stream, std::size_t step) {
  std::vector<std::string> messages;
  bytes_view message;
  for (; !stream.empty(); stream.remove_prefix(std::min(step, stream.size()))) {
    feed(reader, stream.substr(0, step));
    while (reader.next(message) == status::message)
      messages.emplace_back(as_text(message));
  }
  return messages;
}

std::string frame(std::string_view payload) {
  return std::string(as_text(frame_header(payload.size()).view())) + std::string(payload);
}

}  // namespace

TEST_CASE("a large message can be taken with its memory", "[connection]") {
  const std::string payload(40000, 'p');
  frame_reader reader(1 << 20);
  bytes_view message;
  feed(reader, frame(payload));
  REQUIRE(reader.next(message) == status::message);
  const buffer memory = reader.release();
  CHECK(as_text(message) == payload);
  CHECK(message.data() == memory.data() + 4);
  CHECK(reader.memory() == 0);

  feed(reader, frame(payload) + "\0\0"s);
  REQUIRE(reader.next(message) == status::message);
  CHECK(reader.release().empty());
  feed(reader, "\0\2ab"s);
  REQUIRE(reader.next(message) == status::message);
  CHECK(as_text(message) == "ab");
  CHECK(reader.release().empty());

  feed(reader, frame(payload));
  REQUIRE(reader.next(message) == status::message);
  reader.prepare();  // of a read that has not ended
  CHECK(reader.release().empty());
}

TEST_CASE("a frame header is four bytes up to 2^31 - 1 and twelve above", "[connection]") {
  const struct {
    std::uint64_t size;
    std::string bytes;
  } table[] = {
      {0, "\0\0\0\0"s},
      {1, "\0\0\0\1"s},
      {0x1234, "\0\0\x12\x34"s},
      {0x7fffffff, "\x7f\xff\xff\xff"s},
      {0x80000000, "\xff\xff\xff\xff\0\0\0\0\x80\0\0\0"s},
      {0x123456789abcdef0, "\xff\xff\xff\xff\x12\x34\x56\x78\x9a\xbc\xde\xf0"s},
  };
  for (const auto& row : table)
    CHECK(as_text(frame_header(row.size).view()) == row.bytes);
}

TEST_CASE("a reader cuts messages wherever the stream is split", "[connection]") {
  const std::string large(70'000, 'x');
  const std::vector<std::string> expected{"one", "", "long form", "", "", large, "last"};
  const std::string stream = frame("one") + frame("") + "\xff\xff\xff\xff\0\0\0\0\0\0\0\x09"s +
                             "long form" + "\xff\xff\xff\xff\0\0\0\0\0\0\0\0"s +
                             "\xff\xff\xff\xfb"s + frame(large) + frame("last");
  for (const std::size_t step : {1UL, 2UL, 3UL, 5UL, 7UL, 4096UL, 65'536UL, stream.size()}) {
    frame_reader reader(1 << 20);
    CHECK(cut(reader, stream, step) == expected);
    CHECK(reader.buffered() == 0);
  }
}

TEST_CASE("a message is incomplete until its last byte", "[connection]") {
  for (const std::string& whole :
       {frame("payload"), "\xff\xff\xff\xff\0\0\0\0\0\0\0\x07payload"s}) {
    for (std::size_t size = 0; size != whole.size(); ++size) {
      frame_reader reader;
      feed(reader, whole.substr(0, size));
      bytes_view message;
      CHECK(reader.next(message) == status::need_more);
      CHECK(reader.buffered() == size);
    }
  }
}

TEST_CASE("a message longer than the limit is refused by its header alone", "[connection]") {
  for (const std::string& header :
       {"\0\0\1\1"s, "\x7f\xff\xff\xff"s, "\xff\xff\xff\xff\0\0\0\0\0\0\1\1"s,
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"s}) {
    frame_reader reader;
    feed(reader, header);
    bytes_view message;
    CHECK(reader.next(message) == status::too_long);
    CHECK(reader.next(message) == status::too_long);
    CHECK(reader.announced() > frame_reader::handshake_limit);
  }
}

TEST_CASE("a message of just the limit passes, and the limit may be raised", "[connection]") {
  frame_reader reader;
  CHECK(cut(reader, frame(std::string(256, 'a')), 50).size() == 1);
  feed(reader, frame(std::string(257, 'b')));
  bytes_view message;
  CHECK(reader.next(message) == status::too_long);
  reader.set_limit(257);
  REQUIRE(reader.next(message) == status::message);
  CHECK(message.size() == 257);
}

TEST_CASE("a message beyond the limit is dropped wherever the stream is split", "[connection]") {
  const std::string long_one(100'000, 'x');
  const std::string stream = frame("before") + frame(long_one) + frame("between") +
                             "\xff\xff\xff\xff\0\0\0\0\0\0\1\1"s + std::string(257, 'y') +
                             frame("after");
  for (const std::size_t step : {1UL, 7UL, 4096UL, 65'536UL, stream.size()}) {
    frame_reader reader;
    std::vector<std::string> messages;
    std::size_t most_buffered = 0;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      feed(reader, std::string_view(stream).substr(at, step));
      bytes_view message;
      for (auto s = reader.next(message); s != status::need_more; s = reader.next(message)) {
        if (s == status::too_long) {
          reader.discard();
          CHECK(reader.inside_message() == (reader.buffered() == 0));
        } else {
          messages.emplace_back(as_text(message));
        }
      }
      most_buffered = std::max(most_buffered, reader.buffered());
    }
    CHECK(messages == std::vector<std::string>{"before", "between", "after"});
    CHECK(most_buffered < 20);
    CHECK_FALSE(reader.inside_message());
  }
}

TEST_CASE("room is made as bytes arrive, not as announced", "[connection]") {
  frame_reader reader(std::uint64_t{1} << 40);
  feed(reader, "\xff\xff\xff\xff\0\0\0\xff\0\0\0\0"s);
  bytes_view message;
  std::size_t arrived = 12;
  for (int i = 0; i != 20; ++i) {
    CHECK(reader.next(message) == status::need_more);
    const auto room = reader.prepare();
    const std::size_t times = arrived < (1 << 20) ? 8 : 64;
    CHECK(room.size() <= std::max(frame_reader::read_ahead, times * arrived));
    const std::size_t count = std::min<std::size_t>(room.size() / 2, i < 12 ? 30'000 : 300'000);
    arrived += count;
    reader.commit(count);
  }
}

TEST_CASE("a reader grows no further than a message needs", "[connection]") {
  frame_reader reader(1 << 20);
  bytes_view message;
  feed(reader, "\0\0\x40\0"s);
  CHECK(reader.next(message) == status::need_more);
  CHECK(reader.prepare().size() == 0x4000);
}

TEST_CASE("reads get larger where they fill the room", "[connection]") {
  frame_reader reader;
  const std::size_t first = reader.prepare().size();
  const std::string stream(first, '\0');
  feed(reader, stream);
  bytes_view message;
  while (reader.next(message) == status::message) {
  }
  CHECK(reader.prepare().size() == 2 * first);
}

TEST_CASE("a connection that is idle after a large message keeps little", "[connection]") {
  frame_reader reader(1 << 20);
  const std::string large(1 << 20, 'x');
  CHECK(cut(reader, frame(large), 50'000).size() == 1);
  CHECK(reader.prepare().size() <= 16384);
}

TEST_CASE("a reader may be fed while whole messages wait in it", "[connection]") {
  frame_reader reader;
  feed(reader, frame("one") + frame("two"));
  bytes_view message;
  REQUIRE(reader.next(message) == status::message);
  CHECK(as_text(message) == "one");
  feed(reader, frame("three"));
  REQUIRE(reader.next(message) == status::message);
  CHECK(as_text(message) == "two");
  REQUIRE(reader.next(message) == status::message);
  CHECK(as_text(message) == "three");
  CHECK(reader.next(message) == status::need_more);
}

TEST_CASE("a writer gathers frames and forgets what went out", "[connection]") {
  const std::string large(5000, 'z');
  const std::string expected = frame("abc") + frame("") + frame(large) + frame("d");
  for (std::size_t step = 1; step <= expected.size(); step += step < 20 ? 1 : 617) {
    frame_writer writer;
    writer.add(as_bytes("abc"));
    writer.add(as_bytes(""));
    writer.add(as_bytes(large));
    writer.add(as_bytes("d"));
    std::string out;
    while (!writer.empty()) {
      std::string whole;
      for (const iovec& piece : writer.front())
        whole.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
      const std::size_t count = std::min(step, whole.size());
      out += whole.substr(0, count);
      writer.consume(count);
    }
    CHECK(out == expected);
  }
}

TEST_CASE("a writer makes one piece of small messages", "[connection]") {
  frame_writer writer;
  for (int i = 0; i != 20; ++i)
    writer.add(as_bytes("x"));
  CHECK(writer.front().size() == 1);
  writer.consume(7);
  writer.add(as_bytes("y"));
  REQUIRE(writer.front().size() == 1);
  CHECK(writer.front().front().iov_len == 21 * 5 - 7);
}

TEST_CASE("a writer hands out many pieces, some at a time", "[connection]") {
  frame_writer writer;
  const std::string large(5000, 'x');
  for (int i = 0; i != 3000; ++i)
    writer.add(as_bytes(large));
  std::size_t pieces = 0;
  while (!writer.empty()) {
    REQUIRE(!writer.front().empty());
    CHECK(writer.front().size() <= 1024);
    pieces += writer.front().size();
    std::size_t size = 0;
    for (const iovec& piece : writer.front())
      size += piece.iov_len;
    writer.consume(size);
  }
  CHECK(pieces == 6000);
  writer.add(as_bytes("x"));
  writer.clear();
  CHECK(writer.empty());
}
