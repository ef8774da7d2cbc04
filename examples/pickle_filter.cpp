// SPDX-License-Identifier: BSL-1.0

// Works for a Python program through two pipes: reads pickles of (what to do, an argument) from
// stdin, one after the other, and writes the pickle of each result to stdout. Links to
// pickled::pickle alone. README.md quotes its functions; interop/readme runs it.

#include <pickled/codec/stream.hpp>
#include <pickled/convert/convert.hpp>
#include <pickled/json/json.hpp>
#include <pickled/python/repr.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

struct point {
  double x = 0;
  double y = 0;
};
PICKLED_DESCRIBE(point, "shapes", "Point", x, y)

struct shape {
  std::string name;
  std::vector<point> corners;
  std::optional<std::chrono::system_clock::time_point> drawn;
};
PICKLED_DESCRIBE_AS(slots, shape, "shapes", "Shape", name, corners, drawn)

namespace paint {

struct colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
};

pickled::value_view to_value(const colour& from, pickled::value_builder& b) {
  return to_value(std::tuple(from.red, from.green, from.blue), b);
}

void from_value(pickled::value_view v, colour& to) {
  std::tie(to.red, to.green, to.blue) =
      v.get<std::tuple<std::uint8_t, std::uint8_t, std::uint8_t>>();
}

}  // namespace paint

namespace {

pickled::buffer count_words(pickled::bytes_view pickle) {
  std::map<std::string, int> counts;
  for (const std::string& word : pickled::loads<std::vector<std::string>>(pickle))
    ++counts[word];
  return pickled::dumps(counts);
}

// Whatever it is: a dict of any objects, say.
std::string describe(pickled::value_view v) {
  std::string text = pickled::repr(v);
  if (!v.is(pickled::kind::dict)) return text;
  for (const auto& [key, item] : v.as_entries()) {
    if (item.is(pickled::kind::integer)) text += "; " + pickled::repr(key) + " is an int";
  }
  return text;
}

// With notes on the way that Python can read beside it.
pickled::value annotated(pickled::value_view v) {
  using pickled::value;
  value result = value::dict({{"value", v}, {"notes", value::list({"seen in C++"})}});
  if (const auto items = v.if_items())
    result["notes"].push_back(value::tuple({"items", items->size()}));
  result["notes"][0] = "checked in C++";
  return result;
}

point middle(const shape& of) {
  point sum;
  for (const point& corner : of.corners) {
    sum.x += corner.x;
    sum.y += corner.y;
  }
  const auto count = static_cast<double>(of.corners.size());
  return {sum.x / count, sum.y / count};
}

pickled::buffer row_sums(pickled::value_view v) {
  const auto matrix = v.get<pickled::ndarray_view<double>>();
  std::vector<double> sums(matrix.shape()[0]);
  for (std::size_t row = 0; row != sums.size(); ++row) {
    for (std::size_t column = 0; column != matrix.shape()[1]; ++column)
      sums[row] += matrix(row, column);
  }
  return pickled::dumps(pickled::ndarray_view<double>(sums));
}

pickled::buffer through_json(pickled::value_view v) {
  const std::string text = pickled::to_json(v).dump();
  return pickled::dumps(pickled::from_json(nlohmann::ordered_json::parse(text)));
}

// Untrusted bytes: no exception, and no more memory than is allowed.
std::string check(pickled::bytes_view pickle) {
  pickled::load_options limits;
  limits.max_memory = 1 << 20;
  limits.max_depth = 100;
  pickled::load_error error;
  const pickled::value v = pickled::loads(pickle, error, limits);
  if (error) return std::string(error.python_exception()) + ": " + error.message();
  return "good";
}

pickled::buffer answer(const std::string& task, pickled::value_view argument) {
  if (task == "count_words") return count_words(argument.get<pickled::bytes_view>());
  if (task == "describe") return pickled::dumps(describe(argument));
  if (task == "middle") return pickled::dumps(middle(argument.get<shape>()));
  if (task == "annotated") return pickled::dumps(annotated(argument));
  if (task == "row_sums") return row_sums(argument);
  if (task == "through_json") return through_json(argument);
  if (task == "check") return pickled::dumps(check(argument.get<pickled::bytes_view>()));
  paint::colour colour = argument.get<paint::colour>();
  std::swap(colour.red, colour.blue);
  return pickled::dumps(colour);
}

pickled::buffer answer_or_error(const pickled::value& request) {
  try {
    const auto [task, argument] = request.get<std::pair<std::string, pickled::value_view>>();
    return answer(task, argument);
  } catch (const pickled::conversion_error& error) {
    return pickled::dumps(std::string(error.what()));
  }
}

}  // namespace

int main() {
  // Reads not one byte beyond the pickle, so that the pipe may be read by others after it.
  pickled::pickle_reader requests([](std::span<std::byte> room) {
    const ssize_t count = read(STDIN_FILENO, room.data(), room.size());
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  });
  pickled::value request;
  pickled::load_error error;
  while (requests.next(request, error)) {
    const pickled::buffer result = answer_or_error(request);
    std::cout << pickled::as_text(result) << std::flush;
  }
  if (!error) return 0;
  std::cerr << error.message() << '\n';
  return 1;
}
