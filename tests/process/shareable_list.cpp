// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/shareable_list.hpp"

#include "pickled/python/python_error.hpp"

#include <catch2/catch.hpp>

#include <cstring>
#include <string>
#include <tuple>
#include <vector>

using namespace pickled;
using namespace pickled::multiprocessing;

namespace {

// Unlinks the segment.
struct made_list {
  shareable_list list;

  ~made_list() { list.shm().unlink(); }
};

std::string bytes_of(const shareable_list& list) {
  return std::string(as_text(list.shm().buf()));
}

}  // namespace

TEST_CASE("a list of either layout is read", "[process]") {
  for (const auto how : {shareable_list::layout::offsets, shareable_list::layout::lengths}) {
    const made_list made{
        shareable_list::create(std::tuple(1, "text", nullptr, true, 2.5, as_bytes("b")), how)};
    const auto attached = shareable_list::attach(made.list.shm().name());
    REQUIRE(attached.size() == 6);
    CHECK(attached.get<int>(0) == 1);
    CHECK(attached.get<std::string>(1) == "text");
    CHECK(attached.get(2).is_none());
    CHECK(attached.get<bool>(3));
    CHECK(attached.get<double>(4) == 2.5);
    CHECK(as_text(value_argument(attached.get(5)).as_bytes()) == "b");
    CHECK_THROWS_WITH(attached.get(6), "IndexError: index out of range");
  }
}

TEST_CASE("a list has CPython's bytes", "[process]") {
  // ShareableList([7, 'ab']).shm.buf of 3.13, then of 3.8
  const std::string slots{
      "\7\0\0\0\0\0\0\0ab\0\0\0\0\0\0q\0\0\0\0\0\0\0"
      "8s\0\0\0\0\0\0\0\1",
      34};
  const std::string offsets{"\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0",
                            32};
  const std::string lengths{"\2\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0", 24};
  const made_list now{shareable_list::create(std::tuple(7, "ab"))};
  CHECK(bytes_of(now.list) == offsets + slots);
  const made_list old{shareable_list::create(std::tuple(7, "ab"), shareable_list::layout::lengths)};
  CHECK(bytes_of(old.list) == lengths + slots);
}

TEST_CASE("items are set to what fits into their slots", "[process]") {
  const made_list made{shareable_list::create(std::tuple("12345678", 5))};
  const shareable_list& list = made.list;
  list.set(0, std::string(16, 'x'));
  CHECK(list.get<std::string>(0) == std::string(16, 'x'));
  CHECK_THROWS_WITH(list.set(0, std::string(17, 'x')),
                    "ValueError: bytes/str item exceeds available storage");
  list.set(1, "12345678");
  CHECK(list.get<std::string>(1) == "12345678");
  list.set(1, -1.5);
  CHECK(list.get<double>(1) == -1.5);
  CHECK_THROWS_AS(list.set(1, std::vector{1}), python_error);
  CHECK_THROWS_AS(shareable_list::create(std::tuple(std::vector{1})), python_error);
}

TEST_CASE("an empty list is one", "[process]") {
  const made_list made{shareable_list::create(std::vector<int>())};
  CHECK(shareable_list::attach(made.list.shm().name()).size() == 0);
}

TEST_CASE("memory that holds no list is refused", "[process]") {
  const auto segment = shared_memory::create(64);
  const std::int64_t wrong[][4] = {{-1, 0, 0, 0},     {1000, 0, 8, 0}, {2, 0, 8, 8},
                                   {2, 0, 8, 1000},   {2, 8, -8, 0},   {1, 0, -8, 0},
                                   {1, 1 << 20, 0, 0}};
  for (const auto& words : wrong) {
    std::memcpy(segment.buf().data(), words, sizeof words);
    CHECK_THROWS_WITH(shareable_list(segment),
                      "ValueError: this shared memory holds no ShareableList");
  }
  segment.unlink();
}

TEST_CASE("a list travels by its name", "[process]") {
  const made_list made{shareable_list::create(std::tuple(5))};
  CHECK(loads<shareable_list>(dumps(made.list).view()).get<int>(0) == 5);
  // pickle.dumps(ShareableList(...)), as its own partial is pickled
  const std::string pickle =
      "cfunctools\npartial\n(cmultiprocessing.shared_memory\nShareableList\ntR"
      "(cmultiprocessing.shared_memory\nShareableList\n)}Vname\nV" +
      made.list.shm().name() + "\nsNtb)R.";
  CHECK(loads<shareable_list>(as_bytes(pickle)).get<int>(0) == 5);
  CHECK_THROWS_AS(loads<shareable_list>(as_bytes("I1\n.")), conversion_error);
}
