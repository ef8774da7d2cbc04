// SPDX-License-Identifier: BSL-1.0

// Objects of the standard library whose repr() is the call that makes them, or nearly.

#include "pickled/value/big_integer.hpp"
#include "python/repr_writer.hpp"
#include "python/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace pickled::inline v0::detail {
namespace {

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

bool is_made_by_call_alone(const instance_node& i) {
  return i.how == instance_node::construction::reduce && i.args.is(kind::tuple) &&
         i.args.size() != 0 && i.changes.size == 0;
}

}  // namespace

bool repr_writer::write_call(const instance_node& i) {
  struct known_call {
    global_name callable;
    bool (repr_writer::*write)(const instance_node&, std::string_view name);
    std::string_view name;  // as repr() has it
    bool alone = true;      // nothing was done to the object after the call
  };
  static constexpr known_call known_calls[] = {
      {{"functools", "partial"}, &repr_writer::write_partial, "functools.partial", false},
      {{"ipaddress", "IPv4Address"}, &repr_writer::write_ipv4_address, "IPv4Address"},
      {{"ipaddress", "IPv4Interface"}, &repr_writer::write_arguments, "IPv4Interface"},
      {{"ipaddress", "IPv4Network"}, &repr_writer::write_arguments, "IPv4Network"},
      {{"ipaddress", "IPv6Address"}, &repr_writer::write_ipv6_address, "IPv6Address"},
      {{"ipaddress", "IPv6Interface"}, &repr_writer::write_arguments, "IPv6Interface"},
      {{"ipaddress", "IPv6Network"}, &repr_writer::write_arguments, "IPv6Network"},
      {{"itertools", "count"}, &repr_writer::write_arguments, "count"},
      {{"multiprocessing.reduction", "_rebuild_partial"},
       &repr_writer::write_partial,
       "functools.partial",
       false},
      {{"operator", "attrgetter"}, &repr_writer::write_arguments, "operator.attrgetter"},
      {{"operator", "itemgetter"}, &repr_writer::write_arguments, "operator.itemgetter"},
      {{"operator", "methodcaller"}, &repr_writer::write_arguments, "operator.methodcaller"},
      {{"os", "stat_result"}, &repr_writer::write_stat_result, "os.stat_result"},
      {{"pathlib", "PureWindowsPath"}, &repr_writer::write_windows_path, "PureWindowsPath"},
      {{"pathlib", "WindowsPath"}, &repr_writer::write_windows_path, "WindowsPath"},
      {{"pathlib._local", "PureWindowsPath"}, &repr_writer::write_windows_path, "PureWindowsPath"},
      {{"pathlib._local", "WindowsPath"}, &repr_writer::write_windows_path, "WindowsPath"},
      {{"re", "_compile"}, &repr_writer::write_pattern, "re.compile"},
      {{"time", "struct_time"}, &repr_writer::write_struct_time, "time.struct_time"},
  };
  if (!i.callable.is(kind::global)) return false;
  const auto* known = std::ranges::find(known_calls, i.callable.as_global(), &known_call::callable);
  if (known == std::ranges::end(known_calls) || (known->alone && !is_made_by_call_alone(i)))
    return false;
  return (this->*known->write)(i, known->name);
}

bool repr_writer::write_arguments(const instance_node& i, std::string_view name) {
  out_.append(name).append("(");
  push_items(nullptr, i.args.as_items(), ")");
  return true;
}

bool repr_writer::write_ipv4_address(const instance_node& i, std::string_view name) {
  const value_view number = i.args.as_items()[0];
  if (!number.is(kind::integer)) return false;
  const auto address = static_cast<std::uint32_t>(number.as_integer());
  fmt::format_to(std::back_inserter(out_), "{}('{}.{}.{}.{}')", name, address >> 24,
                 address >> 16 & 0xff, address >> 8 & 0xff, address & 0xff);
  return true;
}

// Of a number, or with a scope ("fe80::1%eth0") of a str.
bool repr_writer::write_ipv6_address(const instance_node& i, std::string_view name) {
  const value_view address = i.args.as_items()[0];
  if (address.is(kind::str)) return write_arguments(i, name);
  if (!address.is(kind::integer) && !address.is(kind::big_integer)) return false;
  fmt::format_to(std::back_inserter(out_), "{}('{}')", name, ipv6_text(address));
  return true;
}

bool repr_writer::write_stat_result(const instance_node& i, std::string_view name) {
  return write_fields(name, stat_result_fields, i.args.as_items()[0]);
}

bool repr_writer::write_struct_time(const instance_node& i, std::string_view name) {
  return write_fields(name, struct_time_fields, i.args.as_items()[0]);
}

bool repr_writer::write_fields(std::string_view name, std::span<const std::string_view> names,
                               value_view values) {
  if (!values.is(kind::tuple) || values.size() != names.size()) return false;
  frame fields{nullptr, frame::style::attributes, ")", {}, {}, {}, {}};
  for (std::size_t n = 0; n != names.size(); ++n) {
    const auto field = value_view::characters(kind::str, names[n].data(), names[n].size());
    fields.made_entries.push_back({field, values.as_items()[n]});
  }
  fields.entries = fields.made_entries;
  out_.append(name).append("(");
  push(std::move(fields));
  return true;
}

// Of one text (3.13), or of parts, the first of which may be an anchor ("c:\\").
bool repr_writer::write_windows_path(const instance_node& i, std::string_view name) {
  const auto parts = i.args.as_items();
  std::string text;
  if (!std::ranges::all_of(parts, [](value_view part) { return part.is(kind::str); })) return false;
  for (const value_view part : parts) {
    if (text.size() > limit_) break;  // a small pickle may repeat one long part often
    if (!text.empty() && text.back() != '/') text += '/';
    std::ranges::replace_copy(part.as_str(), std::back_inserter(text), '\\', '/');
  }
  fmt::format_to(std::back_inserter(out_), "{}(", name);
  append_str(text, limit_, out_);
  out_ += ')';
  return true;
}

// The pattern itself is cut at 200 characters, as CPython does it.
bool repr_writer::write_pattern(const instance_node& i, std::string_view name) {
  const auto args = i.args.as_items();
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
  out_.append(name).append("(");
  out_.append(pattern.begin(), end);
  out_ += flags_text(args[1].as_integer()) + ")";
  return true;
}

// Its state is (func, args, keywords, __dict__); multiprocessing sends the first three as
// arguments.
bool repr_writer::write_partial(const instance_node& i, std::string_view name) {
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
  out_.append(name).append("(");
  push({&i, frame::style::attributes, ")", {}, {}, keywords, {}});
  push_made(nullptr, std::move(items), keywords.empty() ? "" : ", ");
  return true;
}

}  // namespace pickled::inline v0::detail
