// SPDX-License-Identifier: BSL-1.0

#include "python/pandas.hpp"

#include "pickled/value/attribute.hpp"
#include "python/behaviour.hpp"
#include "python/numpy_scalar.hpp"
#include "python/raw_array.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <string_view>

namespace pickled::inline v0::detail {
namespace {

using construction = instance_node::construction;

constexpr std::int64_t missing_time = std::numeric_limits<std::int64_t>::min();

// numpy's numbers of the units that pandas has.
std::optional<std::int64_t> number_of_unit(std::string_view unit) noexcept {
  if (unit == "s") return 7;
  if (unit == "ms") return 8;
  if (unit == "us") return 9;
  if (unit == "ns") return 10;
  return std::nullopt;
}

class pandas_reader {
 public:
  using sequence = std::vector<value_view>;
  using items_or_none = std::optional<sequence>;

  explicit pandas_reader(arena& where) noexcept : where_(where), build_(where) {}

  items_or_none items(value_view v) {
    switch (pandas_class_of(v)) {
      case pandas_class::series: return array_items(values_of(v), {});
      case pandas_class::index: return index_items(v);
      case pandas_class::data_frame: return columns(v);
      case pandas_class::none: break;
    }
    return array_items(v, {});
  }

  // What s[key] gives for each key of s, of which numpy's numbers stay numpy's.
  items_or_none values(value_view series) {
    const value_view values = values_of(series);
    auto scalars = numpy_items(values);
    return scalars ? std::move(scalars) : array_items(values, {});
  }

  items_or_none keys(value_view series) {
    const value_view state = state_of_manager(series);
    if (!state.is(kind::tuple) || state.size() < 2) return std::nullopt;
    const value_view axes = state.as_items()[0];
    if (!axes.is(kind::list) || axes.size() != 1) return std::nullopt;
    return index_items(axes.as_items()[0]);
  }

 private:
  static value_view state_of_manager(value_view series) {
    const value_view manager = attribute_of(series, "_mgr");
    return manager.is(kind::instance) ? state_of(manager.as_instance()) : value_view();
  }

  // Of the state (axes, [values], …) of its manager.
  static value_view values_of(value_view series) {
    const value_view state = state_of_manager(series);
    if (!state.is(kind::tuple) || state.size() < 2) return {};
    const value_view blocks = state.as_items()[1];
    return blocks.is(kind::list) && blocks.size() == 1 ? blocks.as_items()[0] : value_view();
  }

  // BlockManager(blocks, [columns, index]).
  items_or_none columns(value_view frame) {
    const value_view manager = attribute_of(frame, "_mgr");
    if (!manager.is(kind::instance)) return std::nullopt;
    const value_view args = manager.as_instance().args;
    if (!args.is(kind::tuple) || args.size() != 2) return std::nullopt;
    const value_view axes = args.as_items()[1];
    if (!axes.is(kind::list) || axes.size() != 2) return std::nullopt;
    return index_items(axes.as_items()[0]);
  }

  // What numpy's own array of numbers or objects yields; nullopt for anything else.
  items_or_none numpy_items(value_view values) {
    const auto array = read_raw_array(values);
    const bool plain = array && array->shape.size() == 1 && !holds_times(*array);
    if (!plain) return std::nullopt;
    sequence result;
    for (std::size_t n = 0; n != array->size(); ++n)
      result.push_back(array->item(n, build_));
    return result;
  }

  // An Index may hold others, and, where somebody made it so, itself.
  items_or_none index_items(value_view index) {
    constexpr int deepest = 5;
    if (nesting_ == deepest || !spend(1)) return std::nullopt;
    ++nesting_;
    auto result = items_of_index(index);
    --nesting_;
    return result;
  }

  // _new_Index(class, {'data': …}), or of a range {'start': 0, 'stop': 3, 'step': 1}, of intervals
  // {'left': …, 'right': …, 'closed': 'right'}, of a MultiIndex {'levels': […], 'codes': […]}.
  items_or_none items_of_index(value_view index) {
    const value_view parts = parts_of_index(index);
    const value_view data = item_of(parts, "data");
    if (!data.is_none()) return array_items(data, item_of(parts, "tz"));
    if (!item_of(parts, "levels").is_none()) return rows(parts);
    if (!item_of(parts, "left").is_none()) return intervals(parts);
    const value_view start = item_of(parts, "start");
    const value_view stop = item_of(parts, "stop");
    const value_view step = item_of(parts, "step");
    const bool whole = start.is(kind::integer) && stop.is(kind::integer) &&
                       step.is(kind::integer) && step.as_integer() != 0;
    if (!whole) return std::nullopt;
    return range_items(start.as_integer(), stop.as_integer(), step.as_integer());
  }

  // A dict, or None.
  static value_view parts_of_index(value_view index) {
    if (pandas_class_of(index) != pandas_class::index) return {};
    const auto args = index.as_instance().args.as_items();
    return args.size() == 2 && args[1].is(kind::dict) ? args[1] : value_view();
  }

  items_or_none intervals(value_view parts) {
    const auto ends = [this](value_view index) {
      auto scalars = numpy_items(item_of(parts_of_index(index), "data"));
      return scalars ? std::move(scalars) : index_items(index);
    };
    const auto left = ends(item_of(parts, "left"));
    const auto right = ends(item_of(parts, "right"));
    if (!left || !right || left->size() != right->size()) return std::nullopt;
    sequence result;
    for (std::size_t n = 0; n != left->size(); ++n) {
      const value_view args[] = {(*left)[n], (*right)[n], item_of(parts, "closed")};
      result.push_back(make("pandas._libs.interval", "Interval", args));
    }
    return result;
  }

  // Tuples of one item of each level.
  items_or_none rows(value_view parts) {
    const value_view levels = item_of(parts, "levels");
    const value_view codes = item_of(parts, "codes");
    if (!levels.is(kind::list) || !codes.is(kind::list) || levels.size() != codes.size())
      return std::nullopt;
    std::vector<sequence> columns;
    for (std::size_t level = 0; level != levels.size(); ++level) {
      const auto array = read_raw_array(codes.as_items()[level]);
      auto column = array ? chosen_items(levels.as_items()[level], *array) : std::nullopt;
      if (!column || (!columns.empty() && column->size() != columns.front().size()))
        return std::nullopt;
      columns.push_back(*std::move(column));
    }
    sequence result;
    sequence row(columns.size());
    for (std::size_t n = 0; !columns.empty() && n != columns.front().size(); ++n) {
      std::ranges::transform(columns, row.begin(), [n](const sequence& c) { return c[n]; });
      result.push_back(build_.tuple(row));
    }
    return result;
  }

  // No more than an arena could hold.
  items_or_none range_items(std::int64_t first, std::int64_t end, std::int64_t step) {
    constexpr std::int64_t farthest = std::int64_t{1} << 40;
    const auto near = [](std::int64_t i) { return i > -farthest && i < farthest; };
    if (!near(first) || !near(end) || !near(step)) return std::nullopt;
    const std::int64_t steps = (end - first) / step;
    if (steps > 0 && !spend(static_cast<std::size_t>(steps))) return std::nullopt;
    sequence result;
    for (std::int64_t i = first; step > 0 ? i < end : i > end; i += step)
      result.push_back(value_view::integer(i));
    return result;
  }

  static bool holds_times(const raw_array& array) {
    const auto dtype = read_dtype(array.dtype);
    return dtype && (dtype->letters.starts_with('M') || dtype->letters.starts_with('m'));
  }

  items_or_none array_items(value_view values, value_view zone) {
    if (const auto array = read_raw_array(values)) return plain_items(*array, zone);
    if (!values.is(kind::instance)) return std::nullopt;
    const instance_node& i = values.as_instance();
    if (!i.callable.is(kind::global) || !i.args.is(kind::tuple)) return std::nullopt;
    if (!find_masked(values).is_none()) return masked_items(values);
    if (!attribute_of(values, "_sparse_index").is_none()) return sparse_items(values);
    const auto args = i.args.as_items();
    if (i.callable.as_global().name != "__pyx_unpickle_NDArrayBacked" || args.empty() ||
        !args[0].is(kind::global)) {
      return std::nullopt;
    }
    // (dtype, array, attributes).
    const value_view state = state_of(i);
    if (!state.is(kind::tuple) || state.size() < 2) return std::nullopt;
    const value_view dtype = state.as_items()[0];
    const auto array = read_raw_array(state.as_items()[1]);
    if (!array) return std::nullopt;
    const std::string_view name = args[0].as_global().name;
    if (name == "Categorical") return chosen_items(attribute_of(dtype, "categories"), *array);
    if (name == "DatetimeArray") {
      const value_view of_dtype = attribute_of(dtype, "tz");
      return plain_items(*array, of_dtype.is_none() ? zone : of_dtype);
    }
    if (name == "TimedeltaArray" || name == "StringArray") return plain_items(*array, {});
    return std::nullopt;
  }

  // As array.tolist() has them, but times are pandas'.
  items_or_none plain_items(const raw_array& array, value_view zone) {
    if (array.shape.size() != 1) return std::nullopt;
    sequence result;
    for (std::size_t n = 0; n != array.size(); ++n) {
      const value_view item = array.item(n, build_);
      if (array.holds_objects) {
        result.push_back(item);
        continue;
      }
      const auto scalar = read_numpy_scalar(item.as_instance());
      if (!scalar) return std::nullopt;
      const auto made = scalar->is_time() ? time(*scalar, zone) : plain_value(*scalar, &where_);
      if (!made) return std::nullopt;
      result.push_back(*made);
    }
    return result;
  }

  // Timestamp or Timedelta. The unit is told only where it is another one than the oldest
  // pandas has.
  std::optional<value_view> time(const numpy_scalar& s, value_view zone) {
    const auto unit = number_of_unit(s.unit);
    if (!unit || s.multiple != 1) return std::nullopt;
    const std::int64_t count = s.count();
    if (count == missing_time) return not_a_time();
    std::vector<value_view> args = {value_view::integer(count)};
    if (s.letter == 'M') {
      args.push_back(value_view::none());
      args.push_back(zone);
    }
    if (s.letter == 'm' || *unit != 10) args.push_back(value_view::integer(*unit));
    return s.letter == 'M' ? make("pandas._libs.tslibs.timestamps", "_unpickle_timestamp", args)
                           : make("pandas._libs.tslibs.timedeltas", "_timedelta_unpickle", args);
  }

  value_view not_a_time() {
    const value_view none[] = {value_view::none()};
    return make("pandas._libs.tslibs.nattype", "__nat_unpickle", none);
  }

  value_view make(std::string_view module, std::string_view name,
                  std::span<const value_view> args) {
    return build_.instance(construction::reduce, build_.global(module, name), build_.tuple(args));
  }

  static bool is_of_times(value_view index) {
    const auto args = index.as_instance().args.as_items();
    if (args.empty() || !args[0].is(kind::global)) return false;
    const std::string_view name = args[0].as_global().name;
    return name == "DatetimeIndex" || name == "TimedeltaIndex";
  }

  // The items of an index that the codes choose, as of categories; -1 is what is missing.
  items_or_none chosen_items(value_view index, const raw_array& codes) {
    const auto known = index_items(index);
    if (!known || !spend(known->size()) || !spend(codes.size())) return std::nullopt;
    const auto chosen = plain_items(codes, {});
    if (!chosen) return std::nullopt;
    const value_view missing = is_of_times(index)
                                   ? not_a_time()
                                   : value_view::real(std::numeric_limits<double>::quiet_NaN());
    sequence result;
    for (const value_view code : *chosen) {
      if (!code.is(kind::integer)) return std::nullopt;
      const auto place = static_cast<std::size_t>(code.as_integer());
      if (code.as_integer() == -1) {
        result.push_back(missing);
      } else if (place < known->size()) {
        result.push_back((*known)[place]);
      } else {
        return std::nullopt;
      }
    }
    return result;
  }

  static value_view find_masked(value_view array) { return attribute_of(array, "_mask"); }

  items_or_none masked_items(value_view array) {
    auto result = numpy_items(attribute_of(array, "_data"));
    const auto mask = read_raw_array(find_masked(array));
    const auto missing = mask ? plain_items(*mask, {}) : std::nullopt;
    if (!result || !missing || result->size() != missing->size()) return std::nullopt;
    for (std::size_t n = 0; n != result->size(); ++n) {
      if (!(*missing)[n].is(kind::boolean)) return std::nullopt;
      if ((*missing)[n].as_bool()) (*result)[n] = build_.global("pandas._libs.missing", "NA");
    }
    return result;
  }

  // The values that are there, and one that stands in all other places.
  items_or_none sparse_items(value_view array) {
    const auto values = numpy_items(attribute_of(array, "_sparse_values"));
    const value_view index = attribute_of(array, "_sparse_index");
    if (!values || !index.is(kind::instance) || !index.as_instance().args.is(kind::tuple))
      return std::nullopt;
    const auto args = index.as_instance().args.as_items();
    const auto places = sparse_places(args);
    if (!places || places->size() != values->size()) return std::nullopt;
    const std::int64_t length = args[0].as_integer();
    if (length < 0 || !spend(static_cast<std::size_t>(length))) return std::nullopt;
    sequence result(static_cast<std::size_t>(length),
                    attribute_of(attribute_of(array, "_dtype"), "_fill_value"));
    for (std::size_t n = 0; n != places->size(); ++n) {
      if ((*places)[n] < 0 || (*places)[n] >= length) return std::nullopt;
      result[static_cast<std::size_t>((*places)[n])] = (*values)[n];
    }
    return result;
  }

  // IntIndex(length, places), or BlockIndex(length, where each block begins, how long it is).
  std::optional<std::vector<std::int64_t>> sparse_places(std::span<const value_view> args) {
    if (args.size() < 2 || args.size() > 3 || !args[0].is(kind::integer)) return std::nullopt;
    const auto begins = whole_numbers(args[1]);
    if (!begins || args.size() == 2) return begins;
    const auto lengths = whole_numbers(args[2]);
    if (!lengths || lengths->size() != begins->size()) return std::nullopt;
    std::vector<std::int64_t> places;
    for (std::size_t block = 0; block != begins->size(); ++block) {
      const std::int64_t count = std::max<std::int64_t>((*lengths)[block], 0);
      if (!spend(static_cast<std::size_t>(count))) return std::nullopt;
      for (std::int64_t n = 0; n != count; ++n)
        places.push_back((*begins)[block] + n);
    }
    return places;
  }

  std::optional<std::vector<std::int64_t>> whole_numbers(value_view values) {
    const auto array = read_raw_array(values);
    const auto items = array ? plain_items(*array, {}) : std::nullopt;
    if (!items) return std::nullopt;
    std::vector<std::int64_t> result;
    for (const value_view item : *items) {
      if (!item.is(kind::integer)) return std::nullopt;
      result.push_back(item.as_integer());
    }
    return result;
  }

  // For what yields more items than it has bytes, as a range does, or a MultiIndex with one index
  // for all of its levels. False where all together would be too many.
  bool spend(std::size_t items) noexcept {
    const bool enough = items <= left_;
    if (enough) left_ -= items;
    return enough;
  }

  arena& where_;
  value_builder build_;
  std::size_t left_ = std::size_t{1} << 24;
  int nesting_ = 0;
};

}  // namespace

pandas_class pandas_class_of(value_view v) noexcept {
  if (!v.is(kind::instance)) return pandas_class::none;
  const instance_node& i = v.as_instance();
  if (!i.callable.is(kind::global) || !i.args.is(kind::tuple)) return pandas_class::none;
  const global_name name = i.callable.as_global();
  if (name == global_name{"pandas.core.series", "Series"}) return pandas_class::series;
  if (name == global_name{"pandas.core.frame", "DataFrame"}) return pandas_class::data_frame;
  const bool index =
      name.module.starts_with("pandas.core.indexes.") && name.name.starts_with("_new_");
  return index ? pandas_class::index : pandas_class::none;
}

std::optional<std::vector<value_view>> pandas_items(value_view v, arena& where) {
  return pandas_reader(where).items(v);
}

// _unpickle_timestamp(count, freq, tz), _timedelta_unpickle(count); of newer pandas with the unit.
std::optional<pandas_time> read_pandas_time(value_view v) {
  if (!v.is(kind::instance)) return std::nullopt;
  const instance_node& i = v.as_instance();
  if (!i.callable.is(kind::global) || !i.args.is(kind::tuple)) return std::nullopt;
  const global_name name = i.callable.as_global();
  const bool timestamp =
      name == global_name{"pandas._libs.tslibs.timestamps", "_unpickle_timestamp"};
  const bool delta = name == global_name{"pandas._libs.tslibs.timedeltas", "_timedelta_unpickle"};
  const auto args = i.args.as_items();
  const std::size_t least = timestamp ? 3 : 1;
  const bool fits = args.size() == least || args.size() == least + 1;
  if ((!timestamp && !delta) || !fits || !args[0].is(kind::integer)) return std::nullopt;
  const value_view unit = args.size() > least ? args[least] : value_view::integer(10);
  if (!unit.is(kind::integer) || unit.as_integer() < 7 || unit.as_integer() > 10)
    return std::nullopt;
  big_integer nanoseconds = args[0].as_integer();
  for (std::int64_t u = unit.as_integer(); u != 10; ++u)
    nanoseconds *= 1'000;
  return pandas_time{timestamp, timestamp && !args[2].is_none(), nanoseconds};
}

std::optional<series_pairs> read_series_pairs(value_view v, arena& where) {
  if (pandas_class_of(v) != pandas_class::series) return std::nullopt;
  pandas_reader read(where);
  auto keys = read.keys(v);
  auto values = read.values(v);
  if (!keys || !values || keys->size() != values->size()) return std::nullopt;
  return series_pairs{*std::move(keys), *std::move(values)};
}

}  // namespace pickled::inline v0::detail
