// SPDX-License-Identifier: BSL-1.0

#include "python/loading_trace.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace pickled;
using namespace std::string_view_literals;

namespace {

std::string text_of(const detail::loading_step& step) {
  using event = enum detail::loading_step::event;
  const std::string name = " " + step.module + "." + step.name;
  const std::string at = std::to_string(step.offset) + ":";
  switch (step.event) {
    case event::import: return at + "import" + name + ";";
    case event::import_unknown: return at + "import?;";
    case event::import_extension: return at + "extension " + std::to_string(step.code) + ";";
    case event::call: return at + "call" + name + ";";
    case event::call_unknown: return at + "call?;";
    case event::change_class: return at + "change" + name + ";";
  }
  return {};
}

std::string steps_of(std::string_view pickle) {
  std::string steps;
  detail::trace_options options;
  options.on_step = [&](const detail::loading_step& step) { steps += text_of(step); };
  const detail::traced result = detail::trace_loading(as_bytes(pickle), options);
  if (result.error) steps += "error " + std::to_string(result.error.offset);
  return steps;
}

}  // namespace

TEST_CASE("what loading would import and call is told in order", "[pickle]") {
  const struct {
    std::string_view pickle;
    const char* steps;
  } cases[] = {
      {"N."sv, ""},
      {"cm\nf\n)R."sv, "0:import m.f;6:call m.f;"},
      {"(im\nf\n."sv, "1:import m.f;1:call m.f;"},
      {"(cm\nf\nNo."sv, "1:import m.f;7:call m.f;"},
      {"\x80\x04\x8c\x01m\x8c\x01g\x93)\x81."sv, "8:import m.g;10:call m.g;"},
      {"\x80\x04\x8c\x01mq\x00\x8c\x01g\x94h\x01\x30h\x00h\x01\x93."sv, "18:import m.g;"},
      {"\x80\x02\x82\x05."sv, "2:extension 5;"},
      {"\x82\x00."sv, "error 0"},
      {"cm\nf\n)R)R."sv, "0:import m.f;6:call m.f;8:call?;"},
      {"cm\nf\nNb."sv, "0:import m.f;6:change m.f;"},
      {"\x80\x04NN\x93."sv, "4:import?;"},
      {"c__builtin__\neval\n."sv, "0:import builtins.eval;"},
      {"\x80\x03"
       "c__builtin__\neval\n."sv,
       "2:import __builtin__.eval;"},
      {"cm\nf\n0\xff"sv, "0:import m.f;error 6"},
      {"c\xff\nf\n."sv, "error 0"},
      {"(.."sv, "error 1"},
      {"N(00.."sv, "error 4"},
      {"\x94."sv, "error 0"},
      {"h\x05."sv, "error 0"},
      {"]N\x61."sv, ""},
      {"N\x61."sv, "error 1"},
  };
  for (const auto& [pickle, steps] : cases) {
    INFO(steps);
    CHECK(steps_of(pickle) == steps);
  }
}

TEST_CASE("what CPython reads in two ways is not followed", "[pickle]") {
  const auto error_of = [](std::string_view pickle) {
    return detail::trace_loading(as_bytes(pickle), {}).error.code;
  };
  CHECK_FALSE(error_of("\x80\x04\x95\x02\0\0\0\0\0\0\0C\0."sv));
  // A length, bytes and a line that end behind the frame.
  CHECK(error_of("\x80\x04\x95\x01\0\0\0\0\0\0\0C\0."sv) == pickle_errc::bad_frame);
  CHECK(error_of("\x80\x04\x95\x03\0\0\0\0\0\0\0C\2abx."sv) == pickle_errc::bad_frame);
  CHECK(error_of("\x80\x04\x95\x03\0\0\0\0\0\0\0cos\nsystem\n."sv) == pickle_errc::bad_frame);
  // A frame in a frame.
  CHECK(error_of("\x80\x04\x95\x09\0\0\0\0\0\0\0\x95\x02\0\0\0\0\0\0\0C\0."sv) ==
        pickle_errc::bad_frame);
}

TEST_CASE("bytes that are no opcodes are left out", "[pickle]") {
  detail::trace_options options;
  std::string asked;
  options.bytes_after_build = [&](const std::string& name, std::size_t offset) {
    asked += name + " " + std::to_string(offset);
    return std::size_t{3};
  };
  const std::string_view good = "cm\nf\n)R}bxyz.";
  const detail::traced result = detail::trace_loading(as_bytes(good), options);
  CHECK_FALSE(result.error);
  CHECK(result.consumed == good.size());
  CHECK(asked == "m.f 9");
  // In a frame they would be taken from behind it.
  const auto framed = "\x80\x04\x95\x0d\0\0\0\0\0\0\0cm\nf\n)R}bxyz."sv;
  CHECK(detail::trace_loading(as_bytes(framed), options).error);
  CHECK(detail::trace_loading(as_bytes("cm\nf\n)R}bx."), options).error);
}
