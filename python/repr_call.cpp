// SPDX-License-Identifier: BSL-1.0

// Objects of the standard library whose repr() is the call that makes them, or nearly.

#include "pickled/value/big_integer.hpp"
#include "python/repr_writer.hpp"
#include "python/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace pickled {
namespace {

struct call_name {
  global_name name;
  std::string_view text;
};
constexpr std::array call_names{
    call_name{{"ipaddress", "IPv4Interface"}, "IPv4Interface"},
    call_name{{"ipaddress", "IPv4Network"}, "IPv4Network"},
    call_name{{"ipaddress", "IPv6Address"}, "IPv6Address"},
    call_name{{"ipaddress", "IPv6Interface"}, "IPv6Interface"},
    call_name{{"ipaddress", "IPv6Network"}, "IPv6Network"},
    call_name{{"itertools", "count"}, "count"},
    call_name{{"operator", "attrgetter"}, "operator.attrgetter"},
    call_name{{"operator", "itemgetter"}, "operator.itemgetter"},
    call_name{{"operator", "methodcaller"}, "operator.methodcaller"},
};

constexpr std::array<std::string_view, 9> struct_time_fields{"tm_year", "tm_mon",  "tm_mday",
                                                             "tm_hour", "tm_min",  "tm_sec",
                                                             "tm_wday", "tm_yday", "tm_isdst"};
constexpr std::array<std::string_view, 10> stat_result_fields{
    "st_mode", "st_ino",  "st_dev",   "st_nlink", "st_uid",
    "st_gid",  "st_size", "st_atime", "st_mtime", "st_ctime"};

struct re_flag {
  std::int64_t value;
  std::string_view name;
};
constexpr std::array re_flags{
    re_flag{2, "IGNORECASE"}, re_flag{4, "LOCALE"},  re_flag{8, "MULTILINE"}, re_flag{16, "DOTALL"},
    re_flag{64, "VERBOSE"},   re_flag{128, "DEBUG"}, re_flag{256, "ASCII"}};

std::string flags_text(std::int64_t flags) {
  std::string text;
  for (const re_flag& flag : re_flags) {
    if ((flags & flag.value) == 0) continue;
    fmt::format_to(std::back_inserter(text), "{}re.{}", text.empty() ? ", " : "|", flag.name);
  }
  return text;
}

// ipaddress's text: the longest run of zeros, of two or more, is left out.
std::string ipv6_text(value_view number) {
  const big_integer bits = to_big_integer(number);
  std::array<unsigned, 8> groups{};
  for (std::size_t n = 0; n != 8; ++n)
    groups[n] = static_cast<unsigned>((bits >> (112 - 16 * n)) & 0xffff);
  std::size_t best = 8;
  std::size_t longest = 1;
  for (std::size_t n = 0; n != 8; ++n) {
    std::size_t run = 0;
    while (n + run != 8 && groups[n + run] == 0)
      ++run;
    if (run > longest) best = n, longest = run;
  }
  std::string text;
  for (std::size_t n = 0; n != 8; ++n) {
    if (n == best) {
      text += "::";
      n += longest - 1;
    } else {
      if (!text.empty() && text.back() != ':') text += ':';
      fmt::format_to(std::back_inserter(text), "{:x}", groups[n]);
    }
  }
  return text;
}

bool is_windows_path(const global_name& name) {
  return (name.module == "pathlib" || name.module == "pathlib._local") &&
         (name.name == "PureWindowsPath" || name.name == "WindowsPath");
}

bool is_made_by_call_alone(const instance_node& i) {
  return i.how == instance_node::construction::reduce && i.args.is(kind::tuple) &&
         i.args.size() != 0 && i.changes.size == 0;
}

}  // namespace

bool repr_writer::write_call(const instance_node& i, const global_name& name) {
  if (!i.callable.is(kind::global)) return false;
  const global_name callable = i.callable.as_global();
  if (callable == global_name{"functools", "partial"} ||
      callable == global_name{"multiprocessing.reduction", "_rebuild_partial"})
    return write_partial(i);
  if (!is_made_by_call_alone(i)) return false;
  const auto args = i.args.as_items();
  if (name == global_name{"ipaddress", "IPv6Address"} && !args[0].is(kind::str)) {
    if (!args[0].is(kind::integer) && !args[0].is(kind::big_integer)) return false;
    out_ += "IPv6Address('" + ipv6_text(args[0]) + "')";
    return true;
  }
  if (is_windows_path(name)) return write_windows_path(args, name);
  const auto known = std::ranges::find(call_names, name, &call_name::name);
  if (known != call_names.end()) {
    out_ += known->text;
    out_ += '(';
    push_items(nullptr, args, ")");
    return true;
  }
  if (name == global_name{"time", "struct_time"})
    return write_fields("time.struct_time(", struct_time_fields, args[0]);
  if (name == global_name{"os", "stat_result"})
    return write_fields("os.stat_result(", stat_result_fields, args[0]);
  if (name == global_name{"re", "_compile"}) return write_pattern(args);
  if (name == global_name{"ipaddress", "IPv4Address"} && args[0].is(kind::integer)) {
    const auto address = static_cast<std::uint32_t>(args[0].as_integer());
    fmt::format_to(std::back_inserter(out_), "IPv4Address('{}.{}.{}.{}')", address >> 24,
                   address >> 16 & 0xff, address >> 8 & 0xff, address & 0xff);
    return true;
  }
  return false;
}

bool repr_writer::write_fields(std::string_view open, std::span<const std::string_view> names,
                               value_view values) {
  if (!values.is(kind::tuple) || values.size() != names.size()) return false;
  frame fields{nullptr, frame::style::attributes, ")", {}, {}, {}, {}};
  for (std::size_t n = 0; n != names.size(); ++n) {
    const auto name = value_view::characters(kind::str, names[n].data(), names[n].size());
    fields.made_entries.push_back({name, values.as_items()[n]});
  }
  fields.entries = fields.made_entries;
  out_ += open;
  push(std::move(fields));
  return true;
}

// Of one text (3.13), or of parts, the first of which may be an anchor ("c:\\").
bool repr_writer::write_windows_path(std::span<const value_view> parts, const global_name& name) {
  std::string text;
  if (!std::ranges::all_of(parts, [](value_view part) { return part.is(kind::str); })) return false;
  for (const value_view part : parts) {
    if (text.size() > limit_) break;  // few bytes may share a long part often
    if (!text.empty() && text.back() != '/') text += '/';
    std::ranges::replace_copy(part.as_str(), std::back_inserter(text), '\\', '/');
  }
  fmt::format_to(std::back_inserter(out_), "{}(", name.name);
  append_str(text, limit_, out_);
  out_ += ')';
  return true;
}

// The pattern itself is cut at 200 characters, as CPython does it.
bool repr_writer::write_pattern(std::span<const value_view> args) {
  const bool text = args[0].is(kind::str);
  if (args.size() != 2 || !args[1].is(kind::integer) || !(text || args[0].is(kind::bytes)))
    return false;
  std::string pattern;
  if (text) {
    append_str(args[0].as_str(), limit_, pattern);
  } else {
    append_bytes(args[0].as_bytes(), limit_, pattern);
  }
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; };
  std::size_t characters = 0;
  const auto end =
      std::ranges::find_if(pattern, [&](char c) { return begins(c) && ++characters > 200; });
  out_ += "re.compile(";
  out_.append(pattern.begin(), end);
  out_ += flags_text(args[1].as_integer()) + ")";
  return true;
}

// Its state is (func, args, keywords, __dict__); multiprocessing sends the first three as
// arguments.
bool repr_writer::write_partial(const instance_node& i) {
  const bool rebuilt = i.callable.as_global().name == "_rebuild_partial";
  const value_view made_of = rebuilt ? i.args : state_of(i);
  if (!made_of.is(kind::tuple) || made_of.size() != (rebuilt ? 3U : 4U)) return false;
  const auto parts = made_of.as_items();
  if (!parts[1].is(kind::tuple) || !parts[2].is(kind::dict)) return false;
  const auto keywords = parts[2].as_entries();
  const auto named = [](const dict_entry& entry) { return entry.key.is(kind::str); };
  if (!std::ranges::all_of(keywords, named)) return false;
  if (repeats(&i, "...")) return true;
  std::vector<value_view> items{parts[0]};
  items.insert(items.end(), parts[1].as_items().begin(), parts[1].as_items().end());
  out_ += "functools.partial(";
  push({&i, frame::style::attributes, ")", {}, {}, keywords, {}});
  push_made(nullptr, std::move(items), keywords.empty() ? "" : ", ");
  return true;
}

}  // namespace pickled
