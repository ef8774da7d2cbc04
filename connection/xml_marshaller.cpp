// SPDX-License-Identifier: BSL-1.0

#include "connection/exception.hpp"
#include "connection/reply.hpp"
#include "connection/xml_rpc.hpp"
#include "pickle/value/base64.hpp"
#include "pickle/value/utf8.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/python/type_name.hpp"
#include "pickled/value/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

// CPython's marshaller calls itself, and reaches its limit at about this depth.
constexpr std::size_t deepest = 500;

[[noreturn]] void refuse(value_view v) {
  // As str(type(v)) shows it.
  const bool named = v.is(kind::instance) && v.as_instance().callable.is(kind::global);
  const std::string type =
      named ? repr(v.as_instance().callable) : fmt::format("<class '{}'>", type_name(v));
  throw python_error("TypeError", fmt::format("cannot marshal {} objects", type));
}

// The __dict__ that an instance was pickled with. A class without one, or derived from a builtin
// type, which cannot be marshalled, gives itself away by its arguments or its state.
std::span<const dict_entry> attributes_of(value_view object) {
  const instance_node& made = object.as_instance();
  const auto changes = made.changes.view();
  const bool plain = made.how == instance_node::construction::newobj && made.args.size() == 0;
  if (plain && changes.empty()) return {};
  if (changes.size() != 1 || changes[0].action != instance_node::change::action::build ||
      !changes[0].first.is(kind::dict))
    refuse(object);
  return changes[0].first.as_entries();
}

// xmlrpc.client.Marshaller.
class marshaller {
 public:
  explicit marshaller(std::size_t max_size) : max_size_(max_size) {}

  spliced dumps(value_view v) && {
    text_.append("<params>\n<param>\n");
    dump(v);
    write("</param>\n</params>\n");
    return spliced(std::move(text_));
  }

 private:
  void dump(value_view v);
  void dump_integer(std::int64_t number);
  void dump_string(std::string_view text);
  void dump_bytes(bytes_view content);
  void dump_array(std::span<const value_view> items);
  void dump_struct(std::span<const dict_entry> entries);
  void dump_instance(value_view object);

  void write(std::string_view piece) {
    if (piece.size() > max_size_ - std::min(max_size_, text_.size()))
      throw python_error("MemoryError", fmt::format("a reply is larger than {}", max_size_));
    text_.append(piece);
  }
  void write_escaped(std::string_view text);

  buffer text_;
  std::size_t max_size_;
  std::vector<const void*> open_;  // the containers that the next value is in
};

void marshaller::dump(value_view v) {
  switch (v.kind()) {
    case kind::none: return write("<value><nil/></value>");
    case kind::boolean:
      return write(v.as_bool() ? "<value><boolean>1</boolean></value>\n"
                               : "<value><boolean>0</boolean></value>\n");
    case kind::integer: return dump_integer(v.as_integer());
    case kind::big_integer: throw python_error("OverflowError", "int exceeds XML-RPC limits");
    case kind::real: return write(fmt::format("<value><double>{}</double></value>\n", repr(v)));
    case kind::str: return dump_string(v.as_str());
    case kind::bytes:
    case kind::bytearray: return dump_bytes(v.as_bytes());
    case kind::tuple:
    case kind::list:
    case kind::dict:
    case kind::instance: break;
    default: refuse(v);
  }
  if (std::ranges::find(open_, v.identity()) != open_.end())
    throw python_error("TypeError", v.is(kind::dict) || v.is(kind::instance)
                                        ? "cannot marshal recursive dictionaries"
                                        : "cannot marshal recursive sequences");
  if (open_.size() == deepest)
    throw python_error("RecursionError", "maximum recursion depth exceeded");
  open_.push_back(v.identity());
  if (v.is(kind::dict))
    dump_struct(v.as_entries());
  else if (v.is(kind::instance))
    dump_instance(v);
  else
    dump_array(v.as_items());
  open_.pop_back();
}

void marshaller::dump_integer(std::int64_t number) {
  if (!std::in_range<std::int32_t>(number))
    throw python_error("OverflowError", "int exceeds XML-RPC limits");
  write(fmt::format("<value><int>{}</int></value>\n", number));
}

void marshaller::dump_string(std::string_view text) {
  write("<value><string>");
  write_escaped(text);
  write("</string></value>\n");
}

void marshaller::write_escaped(std::string_view text) {
  if (has_surrogates(text))
    throw python_error("ValueError", "'utf-8' codec can't encode a str with surrogates");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t special = std::min(text.find_first_of("&<>", at), text.size());
    write(text.substr(at, special - at));
    if (special == text.size()) return;
    write(text[special] == '&' ? "&amp;" : text[special] == '<' ? "&lt;" : "&gt;");
    at = special + 1;
  }
}

// base64.encodebytes: lines of 76 characters.
void marshaller::dump_bytes(bytes_view content) {
  constexpr std::size_t line = 57;
  write("<value><base64>\n");
  for (; !content.empty(); content = content.subspan(std::min(line, content.size()))) {
    write(to_base64(content.first(std::min(line, content.size()))));
    write("\n");
  }
  write("</base64></value>\n");
}

void marshaller::dump_array(std::span<const value_view> items) {
  write("<value><array><data>\n");
  for (const value_view item : items)
    dump(item);
  write("</data></array></value>\n");
}

void marshaller::dump_struct(std::span<const dict_entry> entries) {
  write("<value><struct>\n");
  for (const auto& [key, item] : entries) {
    write("<member>\n");
    if (!key.is(kind::str)) throw python_error("TypeError", "dictionary key must be string");
    write("<name>");
    write_escaped(key.as_str());
    write("</name>\n");
    dump(item);
    write("</member>\n");
  }
  write("</struct></value>\n");
}

void marshaller::dump_instance(value_view object) {
  const std::span<const dict_entry> entries = attributes_of(object);
  const value_view callable = object.as_instance().callable;
  if (callable.is(kind::global) && callable.as_global().module == "xmlrpc.client" &&
      entries.size() == 1) {
    const std::string_view name = callable.as_global().name;
    const value_view content = entries.front().value;
    if (name == "Binary" && content.is(kind::bytes)) return dump_bytes(content.as_bytes());
    if (name == "DateTime" && content.is(kind::str)) {
      write("<value><dateTime.iso8601>");
      write_escaped(content.as_str());
      return write("</dateTime.iso8601></value>\n");
    }
  }
  dump_struct(entries);
}

spliced text_reply(reply_kind kind, std::string_view text) {
  return marshaller(std::numeric_limits<std::size_t>::max())
      .dumps(value_argument(loads(make_text_reply(kind, text).joined())));
}

// The last line of the traceback that the exception would leave.
std::string line_of(value_view exception) {
  const auto known = read_exception(exception);
  return known ? error_line(to_python_error(*known)) : repr(exception);
}

}  // namespace

xml_reply xml_rpc_of_reply(const spliced& pickled, reply_kind failure, std::size_t max_size) {
  try {
    load_options limits;
    limits.max_memory = std::numeric_limits<std::size_t>::max();
    limits.max_depth = value_view::deepest;
    const value reply = loads(pickled.joined(), limits);
    const auto kind_and_payload = reply->as_items();
    if (kind_and_payload[0].as_str() == "#ERROR")
      return {text_reply(reply_kind::traceback,
                         traceback_text("serve_client", line_of(kind_and_payload[1]))),
              true};
    return {marshaller(max_size).dumps(reply), true};
  } catch (const python_error& error) {
    return {text_reply(failure, traceback_text("serve_client", error_line(error))), false};
  } catch (const std::bad_alloc&) {
    return {text_reply(failure, traceback_text("serve_client", "MemoryError")), false};
  }
}

}  // namespace pickled::inline v0::detail
