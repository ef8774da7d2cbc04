// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/heap.hpp"

#include "pickled/convert/convert.hpp"
#include "pickled/process/reduction.hpp"
#include "pickled/python/python_error.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <sys/mman.h>
#include <unistd.h>

using namespace pickled;
using namespace pickled::multiprocessing;

namespace {

// A file of that size, and a block in it as a parent would pickle it.
std::string block_pickle(std::size_t file_size, const char* arena_size, const char* start,
                         const char* stop, const char* size) {
  const int fd = ::memfd_create("test", 0);
  REQUIRE(::ftruncate(fd, static_cast<off_t>(file_size)) == 0);
  return std::string(
             "cmultiprocessing.heap\nBufferWrapper\n)\x81}V_state\n"
             "((cmultiprocessing.heap\nrebuild_arena\n(I") +
         arena_size + "\ncmultiprocessing.popen_spawn_posix\n_DupFd\n)\x81}Vfd\nI" +
         std::to_string(fd) + "\nsbtRI" + start + "\nI" + stop + "\ntI" + size + "\ntsb.";
}

}  // namespace

TEST_CASE("blocks are zeroed, apart, and used again", "[process]") {
  std::byte* first = nullptr;
  {
    const auto one = shared_block::allocate(13);
    const auto two = shared_block::allocate(13);
    first = two.memory().data();
    CHECK(one.memory().size() == 13);
    CHECK(reinterpret_cast<std::uintptr_t>(first) % 8 == 0);
    std::ranges::fill(one.memory(), std::byte{1});
    CHECK(std::ranges::all_of(two.memory(), [](std::byte b) { return b == std::byte{0}; }));
    std::ranges::fill(two.memory(), std::byte{2});
  }
  const auto again = shared_block::allocate(16);
  const auto other = shared_block::allocate(16);
  CHECK((again.memory().data() == first || other.memory().data() == first));
  CHECK(std::ranges::all_of(other.memory(), [](std::byte b) { return b == std::byte{0}; }));
  const auto large = shared_block::allocate(10'000'000);
  CHECK(large.memory().back() == std::byte{0});
  CHECK(shared_block::allocate(0).memory().empty());
}

TEST_CASE("a block is written for a child", "[process]") {
  const auto block = shared_block::allocate(12);
  CHECK_THROWS_AS(to_value(block), python_error);
  const spawning child;
  const value written = to_value(block);
  REQUIRE(child.inherited().size() == 1);
  CHECK(as_text(dumps(written).view()).find("rebuild_arena") != std::string::npos);
}

TEST_CASE("a block of another process is mapped", "[process]") {
  const std::string pickle = block_pickle(4096, "4096", "16", "32", "10");
  const auto block = loads<shared_block>(as_bytes(pickle));
  CHECK(block.memory().size() == 10);
  block.memory()[0] = std::byte{5};
  CHECK(loads<shared_block>(as_bytes(pickle)).memory()[0] == std::byte{5});
}

TEST_CASE("a block that lies is refused", "[process]") {
  const struct {
    std::size_t file;
    const char* arena;
    const char* start;
    const char* stop;
    const char* size;
  } wrong[] = {
      {100, "4096", "0", "8", "8"},     {4096, "4096", "8", "0", "0"},
      {4096, "4096", "0", "5000", "8"}, {4096, "4096", "0", "8", "9"},
      {4096, "4096", "4", "12", "8"},   {4096, "4096", "-8", "8", "8"},
      {4096, "4096", "0", "8", "-1"},
  };
  for (const auto& [file, arena, start, stop, size] : wrong) {
    CAPTURE(arena, start, stop, size);
    const std::string pickle = block_pickle(file, arena, start, stop, size);
    CHECK_THROWS_AS(loads<shared_block>(as_bytes(pickle)), conversion_error);
  }
}
