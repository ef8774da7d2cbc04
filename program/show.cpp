// SPDX-License-Identifier: BSL-1.0

// `pickled show`: what is in a pickle, for people who want to know before they load it.

#include "pickled/codec/unpickler.hpp"
#include "pickled/json/json.hpp"
#include "pickled/python/disassembler.hpp"
#include "pickled/python/repr.hpp"
#include "program/command.hpp"
#include "program/file_format.hpp"
#include "program/read_file.hpp"
#include "python/loading_trace.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <limits>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

struct show_arguments {
  std::vector<std::string> files;
  bool json = false;
  bool disassembly = false;
  bool globals = false;
  bool whole = false;
  std::string encoding = "ASCII";
};

std::string read_all(const std::string& name) {
  if (name != "-") return read_file(name);
  std::ostringstream content;
  content << std::cin.rdbuf();
  return std::move(content).str();
}

// Escaped as in Python's text, so that nobody's name passes for two, or for none on a terminal.
std::string plain(std::string_view name) {
  const std::string quoted = repr(name);
  return quoted.substr(1, quoted.size() - 2);
}

// An extension code means a name that only the program which registered it knows.
load_options naming_extensions(std::vector<std::unique_ptr<std::string>>& names,
                               std::set<std::string>& told) {
  load_options options;
  options.on_global = [&told](const global_name& name) {
    const std::string line = plain(name.module) + ' ' + plain(name.name);
    if (told.insert(line).second) std::cout << line << '\n';
  };
  options.extension = [&names](std::int32_t code) {
    names.push_back(std::make_unique<std::string>(std::to_string(code)));
    return global_name{"(extension code)", *names.back()};
  };
  options.persistent_load = [](value_view id, value_builder& build) {
    return build.persistent(id);
  };
  return options;
}

load_error show_globals(bytes_view input, std::size_t& consumed) {
  // What CPython reads in two ways has names of which only one is told by loading it.
  const traced followed = trace_loading(input, {});
  if (followed.error.code == pickle_errc::bad_frame) return followed.error;
  std::vector<std::unique_ptr<std::string>> names;
  std::set<std::string> told;
  load_options options = naming_extensions(names, told);
  options.encoding = "latin1";  // which takes any: no name is behind a str that does not decode
  load_error error;
  loads(input, error, options, &consumed);
  return error;
}

// How much text there is room for: parts that stand in many places are printed in each of them, and
// opcodes are indented by the marks below them, which may be more than there will ever be time for.
std::size_t most_text(const show_arguments& given, std::size_t pickled) {
  return given.whole ? std::numeric_limits<std::size_t>::max() - 1
                     : (std::size_t{64} << 20) + 16 * pickled;
}

[[noreturn]] void refuse_more(std::size_t most, std::string_view why) {
  throw std::runtime_error(
      fmt::format("cut off after {} bytes: {}; --whole prints all of it", most, why));
}

void print_text(const value& v, std::size_t most) {
  const std::string text = repr(v, most + 1);
  if (text.size() <= most) {
    std::cout << text << '\n';
    return;
  }
  std::cout << std::string_view(text).substr(0, most) << '\n';
  refuse_more(most, "what stands in many places is printed in each (not so with --json and --dis)");
}

// Hands `most` bytes on to standard output.
class limited_output : public std::streambuf {
 public:
  explicit limited_output(std::size_t most) noexcept : most_(most), left_(most) {}

 protected:
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    const std::size_t taken = std::min(static_cast<std::size_t>(size), left_);
    left_ -= taken;
    std::cout.write(text, static_cast<std::streamsize>(taken));
    if (taken != static_cast<std::size_t>(size)) {
      std::cout << '\n';
      refuse_more(most_, "opcodes are indented by the marks below them");
    }
    return size;
  }
  int_type overflow(int_type c) override {
    const char one = traits_type::to_char_type(c);
    if (!traits_type::eq_int_type(c, traits_type::eof())) xsputn(&one, 1);
    return traits_type::not_eof(c);
  }

 private:
  std::size_t most_;
  std::size_t left_;
};

load_error show_opcodes(bytes_view input, const show_arguments& given, std::size_t& consumed) {
  limited_output limited(most_text(given, input.size()));
  std::ostream out(&limited);
  out.exceptions(std::ios::badbit);  // or it would keep what the buffer throws
  return disassemble(input, out, consumed);
}

load_error show_value(bytes_view input, const show_arguments& given, std::size_t& consumed) {
  load_options options;
  options.encoding = given.encoding;
  options.persistent_load = [](value_view id, value_builder& build) {
    return build.persistent(id);
  };
  load_error error;
  const value v = loads(input, error, options, &consumed);
  if (error) return error;
  if (given.json)
    std::cout << to_json(v).dump() << '\n';
  else
    print_text(v, most_text(given, consumed));
  return {};
}

load_error show_one(bytes_view input, const show_arguments& given, std::size_t& consumed) {
  if (given.disassembly) return show_opcodes(input, given, consumed);
  if (given.globals) return show_globals(input, consumed);
  return show_value(input, given, consumed);
}

// Every pickle of a file, one after the other; what is wrong is told with its place in the file.
bool show_file(const std::string& name, const show_arguments& given) try {
  const std::string content = read_all(name);
  std::size_t offset = 0;
  do {
    std::size_t consumed = 0;
    load_error error = show_one(as_bytes(content).subspan(offset), given, consumed);
    if (error) {
      std::cout.flush();
      error.offset += offset;
      fmt::print(stderr, "pickled show: {}: {}{}{}\n", name, error.message(),
                 offset == 0 ? hint_at_format(as_bytes(content)) : "",
                 given.globals ? "; names behind it are not listed" : "");
      return false;
    }
    offset += consumed;
  } while (offset < content.size());
  return true;
} catch (const std::exception& e) {
  // It cannot be read, or has no such form: an int of too many digits, say.
  std::cout.flush();
  fmt::print(stderr, "pickled show: {}: {}\n", name, e.what());
  return false;
}

int show(const show_arguments& given) {
  bool good = true;
  for (const std::string& name : given.files)
    good = show_file(name, given) && good;
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

void add_show(CLI::App& program, std::function<int()>& chosen) {
  auto given = std::make_shared<show_arguments>();
  CLI::App* command = program.add_subcommand(
      "show", "Print what is in pickles, as Python text. Nothing in them is executed.");
  command->add_option("FILE", given->files, "pickles, also several in one file; - is stdin")
      ->default_val(std::vector<std::string>{"-"});
  CLI::Option* json = command->add_flag("--json", given->json, "print JSON");
  CLI::Option* dis = command->add_flag("--dis", given->disassembly,
                                       "print opcodes with offsets, operands, marks and memo");
  CLI::Option* globals = command->add_flag(
      "--globals", given->globals, "print every name that loading it in Python would import");
  command->add_flag("--whole", given->whole,
                    "print text and opcodes to their end, however long they are");
  add_encoding(*command, given->encoding);
  json->excludes(dis)->excludes(globals);
  dis->excludes(globals);
  command->callback([given, &chosen] { chosen = [given] { return show(*given); }; });
}

}  // namespace pickled::inline v0::detail
