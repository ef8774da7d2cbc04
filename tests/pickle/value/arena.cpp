// SPDX-License-Identifier: BSL-1.0

#include "pickled/value/arena.hpp"

#include "pickled/codec/unpickler.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <new>
#include <string_view>
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

namespace {

class counting_resource : public std::pmr::memory_resource {
 public:
  std::size_t taken = 0;
  std::size_t given_back = 0;
  std::size_t most = ~std::size_t{0};

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    if (size > most) throw std::bad_alloc();
    taken += size;
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void* at, std::size_t size, std::size_t alignment) override {
    given_back += size;
    std::pmr::new_delete_resource()->deallocate(at, size, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

}  // namespace

TEST_CASE("an arena takes all from a resource that it is given, and gives it back", "[pickle]") {
  counting_resource memory;
  {
    arena a(1 << 24, &memory);
    for (int i = 0; i != 100; ++i)
      std::memset(a.allocate(100'000), 1, 100'000);
    CHECK(memory.taken == a.bytes());
    memory.most = 0;
    CHECK(a.try_allocate(1 << 20) == nullptr);
  }
  CHECK(memory.given_back == memory.taken);
}

TEST_CASE("a value is loaded into a resource that is given", "[pickle]") {
  counting_resource memory;
  pickled::load_options options;
  options.memory = &memory;
  {
    const pickled::value v = pickled::loads(std::string_view("]K\1a."), options);
    CHECK(v->as_items()[0].as_integer() == 1);
    CHECK(memory.taken != 0);
  }
  CHECK(memory.given_back == memory.taken);
}
