// `pickled serve`

#include "connection/error.hpp"
#include "server/authkey.hpp"
#include "server/command.hpp"
#include "server/server.hpp"

#include <CLI/CLI.hpp>
#include <asio/signal_set.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace pickled {

namespace {

struct serve_arguments {
  std::vector<std::string> addresses;
  std::string authkey_file;
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  std::uint64_t max_message = std::uint64_t{1} << 30;
  double handshake_timeout = 20;
  holder_death on_holder_death = holder_death::by_default;
};

std::vector<address> parse_addresses(const std::vector<std::string>& texts) {
  if (texts.empty()) return {address()};
  std::vector<address> parsed;
  for (const std::string& text : texts) {
    address a;
    if (const auto error = address::parse(text, a))
      throw CLI::ValidationError("--address", fmt::format("'{}': {}", text, error.message()));
    parsed.push_back(std::move(a));
  }
  return parsed;
}

std::optional<std::string> environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  if (*text == '\0') throw std::runtime_error(fmt::format("{} is empty", name));
  return text;
}

// The key that was given, or nothing.
std::optional<std::string> given_authkey(const std::string& file) {
  try {
    if (!file.empty()) return read_authkey_file(file);
  } catch (const std::runtime_error& e) {
    throw std::runtime_error(fmt::format("--authkey-file: {}", e.what()));
  }
  const auto text = environment("PICKLED_AUTHKEY");
  const auto hex = environment("PICKLED_AUTHKEY_HEX");
  if (text && hex) throw std::runtime_error("both PICKLED_AUTHKEY and PICKLED_AUTHKEY_HEX are set");
  if (!hex) return text;
  try {
    return authkey_from_hex(*hex);
  } catch (const std::runtime_error& e) {
    throw std::runtime_error(fmt::format("PICKLED_AUTHKEY_HEX: {}", e.what()));
  }
}

void print_ready(const std::vector<address>& bound) {
  for (const address& a : bound)
    fmt::print("{}\n", a.text());
  std::fflush(stdout);
}

int serve(const serve_arguments& given) {
  server_options options;
  options.addresses = parse_addresses(given.addresses);
  options.threads = given.threads;
  options.max_message = given.max_message;
  options.on_holder_death = given.on_holder_death;
  options.handshake_timeout =
      std::chrono::milliseconds(static_cast<std::int64_t>(given.handshake_timeout * 1000));

  std::unique_ptr<random_authkey> random;
  std::optional<std::string> key = given_authkey(given.authkey_file);
  if (!key) {
    for (const address& a : options.addresses)
      if (!a.is_loopback())
        throw std::runtime_error(fmt::format(
            "{} is open to other machines, which needs a key of your own: give --authkey-file, or "
            "set PICKLED_AUTHKEY",
            a.text()));
    random = std::make_unique<random_authkey>();
    spdlog::info("the authkey is in {}", random->path());
    key = random->key();
  }
  options.authkeys = {*key};

  server s(std::move(options), sync_manager_registry());
  asio::signal_set signals(s.context(), SIGINT, SIGTERM);
  signals.async_wait([&s](std::error_code error, int) {
    if (!error) s.stop();
  });
  print_ready(s.addresses());
  s.run();
  return EXIT_SUCCESS;
}

}  // namespace

void add_serve(CLI::App& program, std::function<int()>& chosen) {
  CLI::App& command = *program.add_subcommand(
      "serve", "Serve managed objects to CPython's multiprocessing and to C++");
  auto given = std::make_shared<serve_arguments>();
  command
      .add_option("--address", given->addresses,
                  "Where to listen: HOST:PORT (port 0 picks one), unix:PATH or unix:@NAME; may be "
                  "given several times. Default: 127.0.0.1:0")
      ->allow_extra_args(false);
  command.add_option(
      "--authkey-file", given->authkey_file,
      "A file that holds the key, less one final newline. Default: PICKLED_AUTHKEY or "
      "PICKLED_AUTHKEY_HEX from the environment, or a random key in a new file");
  command.add_option("--threads", given->threads, "Threads that serve connections")
      ->check(CLI::Range(1U, 1024U))
      ->capture_default_str();
  command
      .add_option("--max-message", given->max_message,
                  "The longest message taken or given, in bytes, or as 64kb, 16mb, 1gb")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  command
      .add_option("--handshake-timeout", given->handshake_timeout,
                  "Seconds that a client may take to show that it knows the key")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  const std::map<std::string, holder_death> policies = {{"default", holder_death::by_default},
                                                        {"keep", holder_death::keep},
                                                        {"release", holder_death::release},
                                                        {"poison", holder_death::poison}};
  command
      .add_option("--on-holder-death", given->on_holder_death,
                  "What becomes of the locks and permits of a client that died: default (released "
                  "if it crashed), keep (as CPython does), release, or poison (acquiring them "
                  "raises RuntimeError)")
      ->transform(CLI::CheckedTransformer(policies))
      ->type_name("POLICY");
  command.callback([given, &chosen] { chosen = [given] { return serve(*given); }; });
}

}  // namespace pickled
