// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/shared_memory.hpp"

#include "pickled/python/python_error.hpp"
#include "process/resource_tracker.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

using namespace pickled;
using namespace pickled::multiprocessing;

TEST_CASE("a segment is shared by its name, until it is unlinked", "[process]") {
  const auto made = shared_memory::create(100);
  CHECK(made.name().size() == 12);
  CHECK(made.size() == 100);
  const auto attached = shared_memory::attach(made.name());
  CHECK(attached.size() == 100);
  made.buf()[99] = std::byte{5};
  CHECK(attached.buf()[99] == std::byte{5});
  attached.unlink();
  CHECK_FALSE(std::filesystem::exists("/dev/shm/" + made.name()));
  CHECK(made.buf()[99] == std::byte{5});
  CHECK_THROWS_AS(made.unlink(), std::system_error);
}

TEST_CASE("a segment travels by its name", "[process]") {
  const auto made = shared_memory::create(100);
  made.buf()[0] = std::byte{7};
  const value written = to_value(made);
  CHECK(written.get<shared_memory>().buf()[0] == std::byte{7});
  made.unlink();
  CHECK_THROWS_WITH(written.get<shared_memory>(),
                    Catch::Contains("cannot attach to the shared memory psm_"));
  CHECK_THROWS_AS(value_view::integer(1).get<shared_memory>(), conversion_error);
}

TEST_CASE("a segment that cannot be is an error", "[process]") {
  const auto made = shared_memory::create(1, "pickled-test-taken");
  const auto error_of = [](const auto& call) {
    try {
      call();
    } catch (const std::system_error& error) {
      return error.code().value();
    }
    return 0;
  };
  CHECK(error_of([] { shared_memory::create(1, "pickled-test-taken"); }) == EEXIST);
  made.unlink();
  CHECK(error_of([] { shared_memory::create(std::size_t{1} << 60, "pickled-test"); }) == ENOSPC);
  CHECK_FALSE(std::filesystem::exists("/dev/shm/pickled-test"));
  CHECK(error_of([] { shared_memory::attach("pickled-test"); }) == ENOENT);
  CHECK_THROWS_AS(shared_memory::create(0), python_error);
}

TEST_CASE("a segment is seen as numbers in any shape", "[process]") {
  const auto made = shared_memory::create(24 * sizeof(double));
  const auto numbers = made.ndarray<double>({2, 3, 4});
  numbers(1, 2, 3) = 1.5;
  CHECK(numbers.items()[23] == 1.5);
  CHECK(made.as_span<double>()[23] == 1.5);
  CHECK(made.as_span<double>(1, 23 * sizeof(double))[0] == 1.5);
  const ndarray_view<double> copy = numbers;
  CHECK(copy(1, 2, 3) == 1.5);
  CHECK_THROWS_AS(made.as_span<double>(25), python_error);
  CHECK_THROWS_AS(made.as_span<double>(1, 1), python_error);
  CHECK_THROWS_AS(made.as_span<double>(0, 1000), python_error);
  // More items than can be counted.
  const std::size_t half = std::size_t{1} << 32;
  CHECK_THROWS_AS(made.ndarray<double>({half, half}), python_error);
  CHECK_THROWS_AS(made.ndarray<double>({half, half, 3}), python_error);
  CHECK(made.ndarray<double>({half, half, 0}).size() == 0);
  made.unlink();
}
