// SPDX-License-Identifier: BSL-1.0

#include "pickled/value/arena.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

using pickled::arena;

TEST_CASE("an arena hands out aligned memory that does not overlap", "[pickle]") {
  arena a;
  auto* one = static_cast<char*>(a.allocate(3, 1));
  auto* two = static_cast<char*>(a.allocate(16, 16));
  auto* large = static_cast<char*>(a.allocate(1 << 20, 8));
  std::memset(one, 1, 3);
  std::memset(two, 2, 16);
  std::memset(large, 3, 1 << 20);
  CHECK(reinterpret_cast<std::uintptr_t>(two) % 16 == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(large) % 8 == 0);
  CHECK(one[2] == 1);
  CHECK(two[15] == 2);
}

TEST_CASE("an arena refuses what would pass its limit and goes on below it", "[pickle]") {
  arena a(4096);
  CHECK(a.try_allocate(4097) == nullptr);
  CHECK(a.try_allocate(64) != nullptr);
  CHECK(a.bytes() <= 4096);
  CHECK_THROWS_AS(a.allocate(1 << 20), std::bad_alloc);
}

TEST_CASE("an arena keeps what its values point into", "[pickle]") {
  auto owner = std::make_shared<int>(1);
  std::weak_ptr<int> watch = owner;
  {
    arena a;
    a.keep(std::move(owner));
    CHECK_FALSE(watch.expired());
  }
  CHECK(watch.expired());
}

TEST_CASE("large arenas keep apart, also in memory that one before them had", "[pickle]") {
  constexpr std::size_t piece = 100'000;
  const auto fill = [](arena& a, char with) {
    std::vector<char*> pieces;
    for (int i = 0; i != 40; ++i) {
      pieces.push_back(static_cast<char*>(a.allocate(piece)));
      std::memset(pieces.back(), with, piece);
    }
    return pieces;
  };
  {
    arena before;
    fill(before, 0);
  }
  arena one;
  arena two;
  const auto ones = fill(one, 1);
  const auto twos = fill(two, 2);
  for (const char* at : ones)
    CHECK(std::count(at, at + piece, 1) == piece);
  for (const char* at : twos)
    CHECK(std::count(at, at + piece, 2) == piece);
}
