// SPDX-License-Identifier: BSL-1.0

// `pickled convert`: a filter that writes pickles again at another protocol.

#include "pickled/codec/pickler.hpp"
#include "pickled/codec/stream.hpp"
#include "program/command.hpp"
#include "program/file_format.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <unistd.h>

namespace pickled::inline v0::detail {

namespace {

struct convert_arguments {
  int protocol = 4;
  std::string encoding = "ASCII";
};

// What has come so far, without waiting for more.
std::size_t read_stdin(std::span<std::byte> room) {
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, room.data(), room.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "stdin");
  }
}

void write_stdout(bytes_view pickle) {
  const std::size_t written = std::fwrite(pickle.data(), 1, pickle.size(), stdout);
  if (written != pickle.size() || std::fflush(stdout) != 0)
    throw std::system_error(errno, std::generic_category(), "stdout");
}

int convert(const convert_arguments& given) {
  load_options options;
  options.encoding = given.encoding;
  options.persistent_load = [](value_view id, value_builder& build) {
    return build.persistent(id);
  };
  dump_options target;
  target.protocol = given.protocol;
  constexpr std::size_t longest_magic = 8;
  std::string beginning;
  const auto read = [&beginning](std::span<std::byte> room) {
    const std::size_t count = read_stdin(room);
    if (beginning.size() < longest_magic) beginning += as_text(room.first(count));
    return count;
  };
  pickle_reader in(read, options, pickle_reader::reading::ahead);
  value v;
  load_error error;
  bool any = false;
  for (; in.next(v, error); any = true)
    write_stdout(dumps(v, target));
  if (!error) return EXIT_SUCCESS;
  fmt::print(stderr, "pickled convert: {}{}\n", error.message(),
             any ? std::string() : hint_at_format(as_bytes(beginning)));
  return EXIT_FAILURE;
}

}  // namespace

void add_encoding(CLI::App& command, std::string& encoding) {
  command
      .add_option("--encoding", encoding,
                  "How the str of Python 2 is read: ASCII, latin1, utf-8, or bytes to keep it so")
      ->check(CLI::IsMember({"ASCII", "latin1", "utf-8", "bytes"}, CLI::ignore_case))
      ->capture_default_str();
}

void add_convert(CLI::App& program, std::function<int()>& chosen) {
  auto given = std::make_shared<convert_arguments>();
  CLI::App* command = program.add_subcommand(
      "convert",
      "Read pickles of any protocol from stdin and write each to stdout at another. Nothing in "
      "them is executed.");
  command->add_option("--protocol", given->protocol, "The protocol to write, 0 to 5")
      ->check(CLI::Range(0, 5))
      ->capture_default_str();
  add_encoding(*command, given->encoding);
  command->callback([given, &chosen] { chosen = [given] { return convert(*given); }; });
}

}  // namespace pickled::inline v0::detail
