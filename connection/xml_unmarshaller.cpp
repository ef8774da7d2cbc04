// SPDX-License-Identifier: BSL-1.0

#include "connection/xml_rpc.hpp"
#include "pickle/codec/text_operand.hpp"
#include "pickle/value/base64.hpp"
#include "pickled/codec/pickler.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/value/big_integer.hpp"
#include "pickled/value/value.hpp"

#include <expat.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

// What Expat is given at a time; it copies what it cannot finish.
constexpr std::size_t piece = std::size_t{1} << 20;
constexpr std::size_t longest_shown = 200;

std::string_view without_prefix(std::string_view tag) {
  return tag.substr(tag.rfind(':') + 1);
}

constexpr std::string_view blanks = " \t\n\r\f\v";

std::string_view stripped(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(blanks), text.size());
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

// xmlrpc.client.Unmarshaller: one stack of values, and marks where arrays and structs begin.
class unmarshaller {
 public:
  unmarshaller(arena& where, std::size_t max_depth) : build_(where), max_depth_(max_depth) {}

  // The one value.
  value_view parse(bytes_view text);

 private:
  using end_function = void (unmarshaller::*)();
  struct tag {
    std::string_view name;
    end_function end;
  };
  static const std::array<tag, 21> tags;

  static const tag* find(std::string_view name) {
    const auto found = std::ranges::find(tags, without_prefix(name), &tag::name);
    return found == tags.end() ? nullptr : &*found;
  }

  void start(std::string_view name);
  void end(std::string_view name);

  void end_nil() { push(value_view::none()); }
  void end_boolean();
  void end_int();
  void end_double();
  void end_decimal();
  void end_string() { push(build_.str(data_)); }
  void end_array();
  void end_struct();
  void end_base64();
  void end_date_time();
  void end_value() {
    if (in_value_) end_string();  // without an element in it
  }
  void end_params() { has_params_ = true; }

  void push(value_view v) {
    stack_.push_back(v);
    in_value_ = false;
  }
  // An instance of xmlrpc.client with one attribute.
  value_view wrapper(std::string_view type, std::string_view attribute, value_view content);
  template <class Function>
  void guarded(Function function) noexcept;

  value_builder build_;
  std::size_t max_depth_;
  XML_Parser parser_ = nullptr;
  std::exception_ptr failure_;  // Expat knows no exceptions
  std::vector<value_view> stack_;
  std::vector<std::size_t> marks_;
  std::string data_;
  bool in_value_ = false;
  bool has_params_ = false;
};

constexpr std::array<unmarshaller::tag, 21> unmarshaller::tags{{
    {"nil", &unmarshaller::end_nil},
    {"boolean", &unmarshaller::end_boolean},
    {"i1", &unmarshaller::end_int},
    {"i2", &unmarshaller::end_int},
    {"i4", &unmarshaller::end_int},
    {"i8", &unmarshaller::end_int},
    {"int", &unmarshaller::end_int},
    {"biginteger", &unmarshaller::end_int},
    {"double", &unmarshaller::end_double},
    {"float", &unmarshaller::end_double},
    {"bigdecimal", &unmarshaller::end_decimal},
    {"string", &unmarshaller::end_string},
    {"name", &unmarshaller::end_string},
    {"array", &unmarshaller::end_array},
    {"struct", &unmarshaller::end_struct},
    {"base64", &unmarshaller::end_base64},
    {"dateTime.iso8601", &unmarshaller::end_date_time},
    {"value", &unmarshaller::end_value},
    {"params", &unmarshaller::end_params},
    {"fault", nullptr},
    {"methodName", nullptr},
}};

template <class Function>
void unmarshaller::guarded(Function function) noexcept {
  if (failure_) return;
  try {
    function();
  } catch (...) {
    failure_ = std::current_exception();
    XML_StopParser(parser_, XML_FALSE);
  }
}

value_view unmarshaller::parse(bytes_view text) {
  const std::unique_ptr<XML_ParserStruct, void (*)(XML_Parser)> parser(XML_ParserCreate("UTF-8"),
                                                                       XML_ParserFree);
  if (parser == nullptr) throw std::bad_alloc();
  parser_ = parser.get();
  XML_SetUserData(parser_, this);
  XML_SetElementHandler(
      parser_,
      [](void* user, const XML_Char* name, const XML_Char**) {
        auto& u = *static_cast<unmarshaller*>(user);
        u.guarded([&] { u.start(name); });
      },
      [](void* user, const XML_Char* name) {
        auto& u = *static_cast<unmarshaller*>(user);
        u.guarded([&] { u.end(name); });
      });
  XML_SetCharacterDataHandler(parser_, [](void* user, const XML_Char* data, int size) {
    auto& u = *static_cast<unmarshaller*>(user);
    u.guarded([&] { u.data_.append(data, static_cast<std::size_t>(size)); });
  });
  XML_SetStartDoctypeDeclHandler(
      parser_, [](void* user, const XML_Char*, const XML_Char*, const XML_Char*, int) {
        static_cast<unmarshaller*>(user)->guarded([] {
          throw python_error("xmlrpc.client.ResponseError", "a document type is not accepted");
        });
      });
  XML_Status status = XML_STATUS_OK;
  for (std::size_t at = 0; at < text.size() && status == XML_STATUS_OK; at += piece) {
    const bytes_view next = text.subspan(at, std::min(piece, text.size() - at));
    status = XML_Parse(parser_, as_text(next).data(), static_cast<int>(next.size()),
                       at + next.size() == text.size());
  }
  if (failure_) std::rethrow_exception(failure_);
  if (status != XML_STATUS_OK)
    throw python_error(
        "xml.parsers.expat.ExpatError",
        fmt::format("{}: line {}, column {}", XML_ErrorString(XML_GetErrorCode(parser_)),
                    XML_GetCurrentLineNumber(parser_), XML_GetCurrentColumnNumber(parser_)));
  if (!has_params_) throw python_error("xmlrpc.client.ResponseError");
  if (stack_.empty())
    throw python_error("ValueError", "not enough values to unpack (expected 1, got 0)");
  if (stack_.size() > 1) throw python_error("ValueError", "too many values to unpack (expected 1)");
  return stack_.front();
}

void unmarshaller::start(std::string_view name) {
  const std::string_view plain = without_prefix(name);
  if (plain == "array" || plain == "struct") {
    if (marks_.size() == max_depth_)
      throw python_error("RecursionError",
                         fmt::format("a request is nested more than {} deep", max_depth_));
    marks_.push_back(stack_.size());
  }
  data_.clear();
  if (in_value_ && find(name) == nullptr)
    throw python_error("xmlrpc.client.ResponseError",
                       fmt::format("unknown tag {}", repr(plain.substr(0, longest_shown))));
  in_value_ = plain == "value";
}

void unmarshaller::end(std::string_view name) {
  const tag* found = find(name);
  if (found != nullptr && found->end != nullptr) (this->*found->end)();
}

void unmarshaller::end_boolean() {
  if (data_ != "0" && data_ != "1") throw python_error("TypeError", "bad boolean value");
  push(value_view::boolean(data_ == "1"));
}

void unmarshaller::end_int() {
  const std::optional<big_integer> number = parse_integer(data_, 10);
  if (!number)
    throw python_error("ValueError", "invalid literal for int() with base 10: " +
                                         repr(std::string_view(data_).substr(0, longest_shown)));
  push(build_.integer(twos_complement(*number)));
}

void unmarshaller::end_double() {
  double number = 0;
  if (parse_float_line(stripped(data_), number) == pickle_errc::bad_operand)
    throw python_error("ValueError", "could not convert string to float: " +
                                         repr(std::string_view(data_).substr(0, longest_shown)));
  push(value_view::real(number));
}

void unmarshaller::end_decimal() {
  const value_view text = build_.str(data_);
  push(build_.instance(instance_node::construction::reduce, build_.global("decimal", "Decimal"),
                       build_.tuple({&text, 1})));
}

void unmarshaller::end_array() {
  const std::span<const value_view> items = std::span(stack_).subspan(marks_.back());
  const value_view list = build_.list(items);
  stack_.resize(marks_.back());
  marks_.pop_back();
  push(list);
}

void unmarshaller::end_struct() {
  const std::span<const value_view> items = std::span(stack_).subspan(marks_.back());
  if (items.size() % 2 != 0) throw python_error("IndexError", "list index out of range");
  const value_view dict = build_.dict();
  for (std::size_t i = 0; i != items.size(); i += 2)
    build_.insert(dict, items[i], items[i + 1]);
  stack_.resize(marks_.back());
  marks_.pop_back();
  push(dict);
}

void unmarshaller::end_base64() {
  std::erase_if(data_, [](char c) { return blanks.find(c) != blanks.npos; });
  const std::optional<std::string> content = from_base64(data_);
  if (!content) throw python_error("binascii.Error", "Incorrect padding");
  push(wrapper("Binary", "data", build_.bytes(as_bytes(*content))));
}

void unmarshaller::end_date_time() {
  push(wrapper("DateTime", "value", build_.str(stripped(data_))));
}

value_view unmarshaller::wrapper(std::string_view type, std::string_view attribute,
                                 value_view content) {
  const value_view object = build_.instance(instance_node::construction::newobj,
                                            build_.global("xmlrpc.client", type), build_.tuple({}));
  const dict_entry entry{build_.str(attribute), content};
  build_.change(object, {instance_node::change::action::build, build_.dict({&entry, 1}), {}});
  return object;
}

}  // namespace

buffer pickle_of_xml_rpc(bytes_view message, std::size_t max_memory, std::size_t max_depth) {
  arena where(max_memory);
  value_view request = unmarshaller(where, max_depth).parse(message);
  // XML has no tuples; a request is one.
  if (request.is(kind::list)) request = value_builder(where).tuple(request.as_items());
  return dumps(request);
}

}  // namespace pickled::inline v0::detail
