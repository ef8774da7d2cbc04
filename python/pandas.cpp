// SPDX-License-Identifier: BSL-1.0

#include "python/pandas.hpp"

#include "pickled/value/attribute.hpp"
#include "python/behaviour.hpp"
#include "python/numpy_scalar.hpp"
#include "python/raw_array.hpp"

#include <limits>
#include <span>
#include <string_view>

namespace pickled {
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
    return std::nullopt;
  }

  // What s[key] gives for each key of s, of which numpy's numbers stay numpy's.
  items_or_none values(value_view series) {
    const value_view values = values_of(series);
    const auto array = read_raw_array(values);
    const bool plain = array && array->shape.size() == 1 && !holds_times(*array);
    if (!plain) return array_items(values, {});
    sequence result;
    for (std::size_t n = 0; n != array->size(); ++n)
      result.push_back(array->item(n, build_));
    return result;
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

  // _new_Index(class, {'data': …}), or of a range {'start': 0, 'stop': 3, 'step': 1}.
  items_or_none index_items(value_view index) {
    if (pandas_class_of(index) != pandas_class::index) return std::nullopt;
    const auto args = index.as_instance().args.as_items();
    if (args.size() != 2 || !args[1].is(kind::dict)) return std::nullopt;
    const value_view data = item_of(args[1], "data");
    if (!data.is_none()) return array_items(data, item_of(args[1], "tz"));
    const value_view start = item_of(args[1], "start");
    const value_view stop = item_of(args[1], "stop");
    const value_view step = item_of(args[1], "step");
    const bool whole = start.is(kind::integer) && stop.is(kind::integer) &&
                       step.is(kind::integer) && step.as_integer() != 0;
    if (!whole) return std::nullopt;
    return range_items(start.as_integer(), stop.as_integer(), step.as_integer());
  }

  // No more than an arena could hold.
  static items_or_none range_items(std::int64_t first, std::int64_t end, std::int64_t step) {
    constexpr std::int64_t farthest = std::int64_t{1} << 40;
    const auto near = [](std::int64_t i) { return i > -farthest && i < farthest; };
    if (!near(first) || !near(end) || !near(step)) return std::nullopt;
    if ((end - first) / step > most_of_a_range) return std::nullopt;
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
    if (name == "Categorical") return categories(*array, dtype);
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
    if (count == missing_time) {
      const value_view none[] = {value_view::none()};
      return make("pandas._libs.tslibs.nattype", "__nat_unpickle", none);
    }
    std::vector<value_view> args = {value_view::integer(count)};
    if (s.letter == 'M') {
      args.push_back(value_view::none());
      args.push_back(zone);
    }
    if (s.letter == 'm' || *unit != 10) args.push_back(value_view::integer(*unit));
    return s.letter == 'M' ? make("pandas._libs.tslibs.timestamps", "_unpickle_timestamp", args)
                           : make("pandas._libs.tslibs.timedeltas", "_timedelta_unpickle", args);
  }

  value_view make(std::string_view module, std::string_view name,
                  std::span<const value_view> args) {
    return build_.instance(construction::reduce, build_.global(module, name), build_.tuple(args));
  }

  // The codes of some categories; -1 is what is missing.
  items_or_none categories(const raw_array& codes, value_view dtype) {
    const auto known = index_items(attribute_of(dtype, "categories"));
    const auto chosen = plain_items(codes, {});
    if (!known || !chosen) return std::nullopt;
    sequence result;
    for (const value_view code : *chosen) {
      if (!code.is(kind::integer)) return std::nullopt;
      const auto place = static_cast<std::size_t>(code.as_integer());
      if (code.as_integer() == -1) {
        result.push_back(value_view::real(std::numeric_limits<double>::quiet_NaN()));
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
    const auto data = read_raw_array(attribute_of(array, "_data"));
    const auto mask = read_raw_array(find_masked(array));
    if (!data || !mask) return std::nullopt;
    auto result = plain_items(*data, {});
    const auto missing = plain_items(*mask, {});
    if (!result || !missing || result->size() != missing->size()) return std::nullopt;
    for (std::size_t n = 0; n != result->size(); ++n) {
      if (!(*missing)[n].is(kind::boolean)) return std::nullopt;
      if ((*missing)[n].as_bool()) (*result)[n] = build_.global("pandas._libs.missing", "NA");
    }
    return result;
  }

  static constexpr std::int64_t most_of_a_range = std::int64_t{1} << 24;

  arena& where_;
  value_builder build_;
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

}  // namespace pickled
