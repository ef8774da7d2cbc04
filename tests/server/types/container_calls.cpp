// SPDX-License-Identifier: BSL-1.0

// The calls of tests/data/server/container_calls.txt, as CPython answers them.

#include "frozen/freezer.hpp"
#include "frozen/thaw.hpp"
#include "pickled/python/repr.hpp"
#include "server/types/array_object.hpp"
#include "server/types/dict_object.hpp"
#include "server/types/list_object.hpp"
#include "server/types/namespace_object.hpp"
#include "server/types/set_object.hpp"
#include "server/types/value_object.hpp"
#include "tests/recorded.hpp"
#include "tests/server/types/container.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace {

using namespace pickled;
using namespace pickled::detail;
using namespace pickled::detail::testing;

std::shared_ptr<hosted> make(const std::string& type_id, arguments args) {
  if (type_id == "list") return make_list(args);
  if (type_id == "dict") return make_dict(args);
  if (type_id == "set") return make_set(args);
  if (type_id == "Namespace") return make_namespace(args);
  if (type_id == "Value") return make_value(args);
  return make_array(args);
}

buffer from_base64(std::string_view text) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  buffer bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text.substr(0, text.find('='))) {
    bits = (bits << 6) | static_cast<unsigned>(digits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::byte>(bits >> count));
  }
  return bytes;
}

frozen frozen_from(const std::string& text) {
  frozen result;
  REQUIRE_FALSE(freeze(from_base64(text), {}, result));
  return result;
}

arguments arguments_from(const std::string& text) {
  frozen_request request;
  REQUIRE_FALSE(freeze_request(from_base64(text), {}, request));
  return {std::move(request.args), std::move(request.kwds)};
}

std::string described(const frozen& f) {
  return repr(thaw(f), 1000);
}

std::string described(arguments args) {
  std::string text;
  for (const frozen& argument : args.positional())
    text += ", " + described(argument);
  for (const auto& [name, argument] : args.keywords())
    text += ", " + name + "=" + described(argument);
  return "(" + text.substr(text.empty() ? 0 : 2) + ")";
}

// One line of the file against one object.
class replay {
 public:
  void line(const std::string& text) {
    INFO(calls_.substr(calls_.size() - std::min<std::size_t>(calls_.size(), 300)));
    std::istringstream words(text);
    std::string what, first, second;
    words >> what >> first >> second;
    if (what == "create") create(first, second);
    if (what == "again") create(type_id_, request_);
    if (what == "call") return call(first, second);
    if (what == "return") returned(frozen_from(first));
    if (what == "raise") raised(first, frozen_from(second));
    if (what == "state") state(first, frozen_from(second));
  }

 private:
  void create(const std::string& type_id, const std::string& request) {
    type_id_ = type_id;
    request_ = request;
    error_.reset();
    calls_ = type_id + described(arguments_from(request));
    try {
      object_ = make(type_id, arguments_from(request));
    } catch (const python_error& error) {
      error_ = error;
    }
  }

  void call(const std::string& method, const std::string& request) {
    calls_ += "." + method + described(arguments_from(request));
    try {
      result_ = answer(*object_, method, arguments_from(request));
    } catch (const python_error& error) {
      error_ = error;
    }
  }

  void returned(const frozen& expected) {
    INFO("expected " << described(expected) << ", returned " << described(result_));
    if (error_) FAIL_CHECK("raised " << error_->what());
    error_.reset();
    CHECK(same(thaw(result_), thaw(expected)));
  }

  void raised(const std::string& type, const frozen& expected) {
    INFO("expected " << type << described(expected));
    if (!error_) {
      FAIL_CHECK("returned " << described(result_));
      return;
    }
    const frozen given = freeze(error_->args());
    CHECK(error_->type() + described(given) == type + described(expected));
    error_.reset();
  }

  void state(const std::string& text, const frozen& expected) {
    if (error_) FAIL_CHECK("raised " << error_->what());
    const frozen now = value_of(*object_);
    INFO("state is " << described(now) << ", expected " << described(expected));
    CHECK(same(thaw(now), thaw(expected)));
    if (text != "-") CHECK(object_->repr(100'000) == as_text(from_base64(text)));
  }

  std::string type_id_, request_;
  std::string calls_;  // what was asked of the object
  std::shared_ptr<hosted> object_;
  frozen result_;
  std::optional<python_error> error_;
};

}  // namespace

TEST_CASE("calls of containers answer what CPython's do", "[server]") {
  std::ifstream file(test_data("server/container_calls.txt"));
  replay lines;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    INFO("line " << ++number);
    lines.line(line);
  }
  CHECK(number > 8000);
}
