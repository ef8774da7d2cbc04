// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/ndarray.hpp"

#include "pickled/convert/convert.hpp"
#include "tests/convert/recorded.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using Catch::Message;

namespace {

std::vector<std::size_t> shape_of(const array_view& array) {
  return {array.shape().begin(), array.shape().end()};
}

}  // namespace

TEST_CASE("an ndarray of CPython's is viewed in place", "[pickle]") {
  for (const char* name : {"matrix", "fortran"}) {
    for (const value& v : recorded(name)) {
      INFO(name);
      const auto m = v.get<ndarray_view<double>>();
      CHECK(shape_of(m) == std::vector<std::size_t>{2, 3});
      CHECK(m(0, 0) == 0);
      CHECK(m(0, 2) == 2);
      CHECK(m(1, 0) == 3);
      CHECK(m.to_vector() == std::vector<double>{0, 1, 2, 3, 4, 5});
      CHECK(m.contiguous() == (name == std::string_view("matrix")));
    }
  }
  for (const value& v : recorded("strided")) {
    const auto a = v.get<ndarray_view<std::int32_t>>();
    CHECK(a.size() == 3);
    CHECK(a[2] == 8);
  }
  for (const value& v : recorded("bools"))
    CHECK_FALSE(v.get<ndarray_view<bool>>()[1]);
  for (const value& v : recorded("scalar_array"))
    CHECK(v.get<ndarray_view<double>>()() == 2.5);
  for (const value& v : recorded("empty")) {
    CHECK(shape_of(v.get<ndarray_view<double>>()) == std::vector<std::size_t>{0, 3});
    CHECK(v.get<ndarray_view<double>>().to_vector().empty());
  }
}

TEST_CASE("an array of another type or byte order is refused by name", "[pickle]") {
  for (const value& v : recorded("matrix")) {
    CHECK_THROWS_MATCHES(v.get<ndarray_view<float>>(), conversion_error,
                         Message("$: expected ndarray of <f4, got ndarray of <f8"));
  }
  for (const value& v : recorded("big_endian")) {
    CHECK_THROWS_MATCHES(v.get<ndarray_view<std::int16_t>>(), conversion_error,
                         Message("$: expected ndarray of <i2, got ndarray of >i2"));
  }
  for (const value& v : recorded("objects"))
    CHECK_THROWS_AS(v.get<ndarray_view<double>>(), conversion_error);
  CHECK_THROWS_MATCHES(value_argument(to_value(std::vector{1.5})).get<ndarray_view<double>>(),
                       conversion_error, Message("$: expected ndarray of <f8, got list"));
}

TEST_CASE("arrays of any strides are written in C order", "[pickle]") {
  const double numbers[] = {0, 1, 2, 3, 4, 5};
  const ndarray_view<double> matrix(numbers, {2, 3});
  const ndarray_view<double> transposed(numbers, {3, 2}, {8, 24});
  const ndarray_view<double> backwards(numbers + 5, {6}, {-8});
  const auto written = [](const ndarray_view<double>& array) {
    return value_argument(to_value(array)).get<ndarray_view<double>>().to_vector();
  };
  CHECK(written(matrix) == std::vector<double>{0, 1, 2, 3, 4, 5});
  CHECK(written(transposed) == std::vector<double>{0, 3, 1, 4, 2, 5});
  CHECK(written(backwards) == std::vector<double>{5, 4, 3, 2, 1, 0});
  CHECK(transposed.to_vector() == std::vector<double>{0, 3, 1, 4, 2, 5});
  CHECK_FALSE(transposed.contiguous());
}

TEST_CASE("contiguous and aligned numbers may be had in place", "[pickle]") {
  const std::vector<std::int32_t> numbers = {1, 2, 3};
  const ndarray_view<std::int32_t> array{std::span(numbers)};
  REQUIRE(array.as_span());
  CHECK(array.as_span()->data() == numbers.data());
  CHECK_FALSE(ndarray_view<std::int32_t>(numbers.data(), {2}, {8}).as_span());
  const auto* odd = reinterpret_cast<const std::byte*>(numbers.data()) + 1;
  const array_view off(element_type_of<std::int16_t>, odd, {2}, {2});
  CHECK_FALSE(ndarray_view<std::int16_t>(off).as_span());
}

TEST_CASE("an ndarray whose bytes do not match its shape is refused", "[pickle]") {
  const auto build = [](std::int64_t rows, std::int64_t columns) {
    auto owner = std::make_shared<arena>();
    value_builder b(*owner);
    const value_view shape[] = {value_view::integer(rows), value_view::integer(columns)};
    const value_view args[] = {b.bytes(as_bytes(std::string_view("12345678"))),
                               write_dtype({'u', 1}, b), b.tuple(shape), b.str("C")};
    return value(b.instance(instance_node::construction::reduce,
                            b.global("numpy._core.numeric", "_frombuffer"), b.tuple(args)),
                 owner);
  };
  CHECK(value_argument(build(2, 4)).get<ndarray_view<std::uint8_t>>().size() == 8);
  for (const auto& [rows, columns] : {std::pair<std::int64_t, std::int64_t>{2, 5},
                                      {-2, -4},
                                      {std::int64_t{1} << 62, 8},
                                      {0, std::int64_t{1} << 62}}) {
    CHECK_THROWS_AS(value_argument(build(rows, columns)).get<ndarray_view<std::uint8_t>>(),
                    conversion_error);
  }
}
