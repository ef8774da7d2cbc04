// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/type_name.hpp"
#include "python/array.hpp"
#include "python/calendar.hpp"
#include "python/names.hpp"
#include "python/path.hpp"
#include "python/range.hpp"
#include "python/repr_writer.hpp"
#include "python/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>

namespace pickled::inline v0::detail {
namespace {

constexpr std::array<std::string_view, 16> os_errors{
    "BlockingIOError",   "BrokenPipeError",        "ChildProcessError",    "ConnectionAbortedError",
    "ConnectionError",   "ConnectionRefusedError", "ConnectionResetError", "FileExistsError",
    "FileNotFoundError", "InterruptedError",       "IsADirectoryError",    "NotADirectoryError",
    "OSError",           "PermissionError",        "ProcessLookupError",   "TimeoutError"};

// OSError(2, …) makes a FileNotFoundError.
std::string_view os_error_of(std::int64_t number) {
  switch (number) {
    case EPERM:
    case EACCES: return "PermissionError";
    case ENOENT: return "FileNotFoundError";
    case ESRCH: return "ProcessLookupError";
    case EINTR: return "InterruptedError";
    case ECHILD: return "ChildProcessError";
    case EAGAIN:
    case EALREADY:
    case EINPROGRESS: return "BlockingIOError";
    case EEXIST: return "FileExistsError";
    case ENOTDIR: return "NotADirectoryError";
    case EISDIR: return "IsADirectoryError";
    case EPIPE:
    case ESHUTDOWN: return "BrokenPipeError";
    case ECONNABORTED: return "ConnectionAbortedError";
    case ECONNRESET: return "ConnectionResetError";
    case ECONNREFUSED: return "ConnectionRefusedError";
    case ETIMEDOUT: return "TimeoutError";
    default: return "OSError";
  }
}

// OSError keeps its file names apart from its arguments.
std::span<const value_view> exception_args(std::string_view name,
                                           std::span<const value_view> args) {
  const bool with_file = args.size() >= 3 && args.size() <= 5 && !args[2].is_none() &&
                         !(name == "BlockingIOError" && args[2].is(kind::integer)) &&
                         std::ranges::binary_search(os_errors, name);
  return with_file ? args.first(2) : args;
}

std::string uuid_text(value_view number) {
  const big_integer i = to_big_integer(number);
  const std::string digits = fmt::format("{:0>32}", i.str(0, std::ios_base::hex));
  return fmt::format("UUID('{}-{}-{}-{}-{}')", digits.substr(0, 8), digits.substr(8, 4),
                     digits.substr(12, 4), digits.substr(16, 4), digits.substr(20));
}

std::string range_text(const range& r) {
  const auto text = [](const big_integer& i) {
    return to_text(integer_bytes(twos_complement(i).view()));
  };
  std::string result = "range(" + text(r.start) + ", " + text(r.stop);
  if (r.step != 1) result += ", " + text(r.step);
  return result + ")";
}

std::string number_text(value_view v) {
  const number n = *number_of(v);
  if (const auto* d = std::get_if<decimal_number>(&n)) return "Decimal('" + to_text(*d) + "')";
  return "Fraction(" + to_text(std::get<fraction_number>(n)) + ")";
}

}  // namespace

void repr_writer::write_instance(const face& f) {
  switch (f.behaves) {
    case behaviour::ordered_dict: return write_ordered_dict(f);
    case behaviour::counter: return write_counter(f);
    case behaviour::defaultdict: return write_defaultdict(f);
    case behaviour::deque: return write_deque(f);
    case behaviour::array: return write_array(f);
    case behaviour::date:
    case behaviour::datetime:
    case behaviour::time: return write_moment(f);
    case behaviour::timezone: return write_timezone(f.value.as_instance());
    case behaviour::simple_namespace: return write_simple_namespace(f.value.as_instance());
    case behaviour::slice:
      out_ += "slice(";
      return push_items(nullptr, f.value.as_instance().args.as_items(), ")");
    case behaviour::other: return write_other(f.value);
    default: return write_standard(f);
  }
}

void repr_writer::write_standard(const face& f) {
  const instance_node& i = f.value.as_instance();
  const auto quoted = [this](std::string_view name, std::string_view text) {
    out_ += name;
    append_str(text, limit_, out_);
    out_ += ')';
  };
  switch (f.behaves) {
    case behaviour::number: out_ += number_text(f.value); return;
    case behaviour::range: out_ += range_text(*read_range(i)); return;
    case behaviour::uuid: out_ += uuid_text(uuid_int(f.value)); return;
    case behaviour::zone_info: return quoted("zoneinfo.ZoneInfo(key=", zone_key(f.value));
    case behaviour::path:
      return quoted(fmt::format("{}(", i.callable.as_global().name), path_text(i));
    case behaviour::timedelta:
      out_ += "datetime.timedelta(" + timedelta_text(*read_timedelta(i)) + ")";
      return;
    default: return write_other(f.value);  // pandas' times, for one
  }
}

void repr_writer::write_moment(const face& f) {
  const moment m = read_moment(f);
  out_ += f.behaves == behaviour::date       ? "datetime.date(" + date_text(m)
          : f.behaves == behaviour::datetime ? "datetime.datetime(" + datetime_text(m)
                                             : "datetime.time(" + time_text(m);
  const bool fold_last = f.behaves == behaviour::time;
  if (m.fold && !fold_last) out_ += ", fold=1";
  if (!m.zone.is_none()) out_ += ", tzinfo=";
  std::vector<value_view> zone;
  if (!m.zone.is_none()) zone.push_back(m.zone);
  push_made(nullptr, std::move(zone), m.fold && fold_last ? ", fold=1)" : ")");
}

void repr_writer::write_timezone(const instance_node& i) {
  const duration offset = *read_timezone(i);
  const auto args = i.args.as_items();
  if (offset == duration{} && args.size() == 1) {
    out_ += "datetime.timezone.utc";
    return;
  }
  out_ += "datetime.timezone(datetime.timedelta(" + timedelta_text(offset) + ")";
  if (args.size() == 2) {
    out_ += ", ";
    append_str(args[1].as_str(), limit_, out_);
  }
  out_ += ')';
}

void repr_writer::write_deque(const face& f) {
  if (repeats(f.value.identity(), "[...]")) return;
  const auto args = f.value.as_instance().args.as_items();
  out_ += "deque([";
  const bool limited = args.size() == 2 && !args[1].is_none();
  push_items(f.value.identity(), comparison_.items(f),
             limited ? fmt::format("], maxlen={})", args[1].as_integer()) : "])");
}

void repr_writer::write_array(const face& f) {
  const std::string_view code = array_typecode(f.value.as_instance());
  const auto items = comparison_.items(f);
  fmt::format_to(std::back_inserter(out_), "array('{}'", code);
  if (items.empty()) {
    out_ += ')';
  } else if (code == "u" || code == "w") {
    std::string text;
    for (const value_view item : items)
      text += item.is(kind::str) ? item.as_str() : "";
    out_ += ", ";
    append_str(text, limit_, out_);
    out_ += ')';
  } else {
    out_ += ", [";
    push_items(nullptr, items, "])");
  }
}

void repr_writer::write_ordered_dict(const face& f) {
  if (repeats(f.value.identity(), "...")) return;
  if (comparison_.entries(f).empty()) {
    out_ += "OrderedDict()";
    return;
  }
  out_ += "OrderedDict(";
  write_dict(f, "", "})");
}

// The highest counts first, if they can be ordered.
void repr_writer::write_counter(const face& f) {
  if (repeats(f.value.identity(), "Counter(...)")) return;
  const auto entries = comparison_.entries(f);
  if (entries.empty()) {
    out_ += "Counter()";
    return;
  }
  frame sorted{f.value.identity(), frame::style::pairs, "})", {}, {}, entries, {}};
  sorted.made_entries.assign(entries.begin(), entries.end());
  try {
    std::ranges::stable_sort(
        sorted.made_entries, [this](value_view a, value_view b) { return comparison_.less(b, a); },
        &dict_entry::value);
    sorted.entries = sorted.made_entries;
  } catch (const python_error&) {
    sorted.entries = entries;
  }
  out_ += "Counter({";
  push(std::move(sorted));
}

void repr_writer::write_defaultdict(const face& f) {
  const auto args = f.value.as_instance().args.as_items();
  out_ += "defaultdict(";
  const value_view factory = args.empty() ? value_view::none() : args[0];
  if (repeats(f.value.identity(), "")) {
    push_made(nullptr, {factory}, ", {...})");
    return;
  }
  push_entries(f.value.identity(), comparison_.entries(f), "})");
  push_made(nullptr, {factory}, ", {");
}

void repr_writer::write_simple_namespace(const instance_node& i) {
  if (repeats(&i, "namespace(...)")) return;
  out_ += "namespace(";
  const value_view state = state_of(i);
  std::span<const dict_entry> entries;
  if (!state.is_none()) entries = comparison_.entries(face_of(state));
  const bool named = std::ranges::all_of(
      entries, [](value_view key) { return key.is(kind::str); }, &dict_entry::key);
  push({&i, named ? frame::style::attributes : frame::style::pairs, ")", {}, {}, entries, {}});
}

void repr_writer::write_other(value_view v) {
  const instance_node& i = v.as_instance();
  const global_name name = class_of(i);
  // type(None) and the like, whose classes have no importable name.
  if (name == global_name{"builtins", "type"} && i.args.is(kind::tuple) && i.args.size() == 1) {
    fmt::format_to(std::back_inserter(out_), "<class '{}'>", type_name(i.args.as_items()[0]));
    return;
  }
  if (write_call(i) || write_wrapper(v, name)) return;
  if (const std::string_view iterator = iterator_type(i); !iterator.empty()) {
    fmt::format_to(std::back_inserter(out_), "<{} object", iterator);
  } else if (is_exception(name) && i.args.is(kind::tuple)) {
    return write_exception(i, name.name);
  } else if (name.module == "builtins" || name.name.empty()) {
    fmt::format_to(std::back_inserter(out_), "<{} object",
                   name.name.empty() ? "object" : name.name);
  } else {
    fmt::format_to(std::back_inserter(out_), "<{}.{} object", name.module, name.name);
  }
  write_address(&i);
}

void repr_writer::write_exception(const instance_node& i, std::string_view name) {
  const auto args = i.args.as_items();
  if (name == "OSError" && args.size() >= 2 && args[0].is(kind::integer)) {
    name = os_error_of(args[0].as_integer());
  }
  out_ += name;
  out_ += '(';
  // CPython looks for no cycle here: an exception among its own arguments stands in a list or dict,
  // whose repr() does.
  push_items(nullptr, exception_args(name, args), ")");
}

}  // namespace pickled::inline v0::detail
