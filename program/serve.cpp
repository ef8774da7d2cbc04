// SPDX-License-Identifier: BSL-1.0

// `pickled serve`

#include "program/authkey.hpp"
#include "program/command.hpp"
#include "program/config_file.hpp"
#include "program/descriptor_limit.hpp"
#include "program/log.hpp"
#include "program/named_objects.hpp"
#include "program/parent.hpp"
#include "program/serve_options.hpp"
#include "program/serve_to_end.hpp"
#include "program/service_manager.hpp"
#include "python/value_classes.hpp"
#include "server/server.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

struct serve_arguments {
  std::map<std::string_view, CLI::Option*> options;
  std::string config;
  bool check_config = false;
};

given_options on_command_line(const serve_arguments& arguments) {
  given_options given;
  for (const auto& [name, option] : arguments.options)
    if (option->count() != 0) given[name] = {fmt::format("--{}", name), option->results()};
  return given;
}

std::optional<std::string> environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  if (*text == '\0') throw std::runtime_error(fmt::format("{} is empty", name));
  return text;
}

std::vector<std::string> read_authkey_files(const std::vector<std::string>& files) {
  std::vector<std::string> keys;
  for (const std::string& file : files)
    try {
      keys.push_back(read_authkey_file(file));
    } catch (const std::runtime_error& e) {
      throw std::runtime_error(fmt::format("--authkey-file: {}", e.what()));
    }
  return keys;
}

// The key that the environment gives, or nothing.
std::optional<std::string> environment_authkey() {
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

// Clients may know the address all the same.
void print_ready(const std::vector<address>& bound) {
  std::string text;
  for (const address& a : bound)
    text += a.text() + '\n';
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    spdlog::warn("cannot print the addresses: {}", std::generic_category().message(errno));
  std::clearerr(stdout);
}

// A key of our own, in a file that goes with it.
std::unique_ptr<random_authkey> make_authkey(const server_options& options) {
  std::vector<address> addresses = options.addresses;
  for (const descriptor& socket : options.sockets)
    addresses.push_back(local_address(socket.get()));
  for (const address& a : addresses)
    if (!a.is_loopback())
      throw std::runtime_error(fmt::format(
          "{} is open to other machines, which needs a key of your own: give --authkey-file, or "
          "set PICKLED_AUTHKEY",
          a.text()));
  auto made = std::make_unique<random_authkey>();
  spdlog::info("the authkey is in {}", made->path());
  return made;
}

// Whoever made the directory for this server's socket may not live to remove it.
void remove_empty_directories(const std::vector<address>& bound) noexcept {
  for (const address& a : bound)
    if (a.family() == address::family::unix_path)
      ::rmdir(std::filesystem::path(a.name()).parent_path().c_str());
}

bool is_ignored(int signal) noexcept {
  struct sigaction now {};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

int run(serve_settings settings, registry types) {
  const server_log log;
  raise_descriptor_limit();
  // Stderr is that of the program which started this.
  if (settings.until_eof) spdlog::set_level(spdlog::level::warn);
  server_options& options = settings.server;
  std::unique_ptr<random_authkey> random;
  options.authkeys = read_authkey_files(settings.authkey_files);
  if (options.authkeys.empty())
    if (auto key = environment_authkey()) options.authkeys.push_back(*std::move(key));
  if (options.authkeys.empty()) {
    random = make_authkey(options);
    options.authkeys.push_back(random->key());
  }

  server s(std::move(options), std::move(types));
  std::vector<int> signals{SIGTERM};
  if (!is_ignored(SIGHUP)) signals.push_back(SIGHUP);  // nohup has it ignored
  settings.ignore_sigint ? void(std::signal(SIGINT, SIG_IGN)) : signals.push_back(SIGINT);
  std::optional<parent> started_by;
  if (settings.until_eof) started_by.emplace(s, STDIN_FILENO);
  serve_to_end(
      s, signals,
      [&] {
        print_ready(s.addresses());
        notify_ready();
      },
      [&] { random.reset(); });
  if (settings.until_eof) remove_empty_directories(s.addresses());
  return EXIT_SUCCESS;
}

int serve(const serve_arguments& arguments) {
  if (arguments.check_config && arguments.config.empty())
    throw usage_error("--check-config: expected --config FILE beside it");
  std::optional<config_file> file;
  if (!arguments.config.empty()) file.emplace(arguments.config);
  serve_settings settings = settings_of(
      on_command_line(arguments), file ? file->options() : given_options(), take_passed_sockets());
  compare_by_value(settings.compare_by_value);
  registry types = sync_manager_registry(settings.dict_iterators);
  if (file) register_named_objects(*file, settings.server.on_holder_death, types);
  if (!arguments.check_config) return run(std::move(settings), std::move(types));
  fmt::print("{}: no mistakes found\n", arguments.config);
  return EXIT_SUCCESS;
}

CLI::Option* add_option(CLI::App& command, const serve_option& option) {
  const std::string name = fmt::format("--{}", option.name);
  const std::string help(option.help);
  if (option.form == serve_option::value_form::flag) return command.add_flag(name, help);
  CLI::Option* added = command.add_option(name, help);
  added->type_name(std::string(option.argument));
  if (option.form == serve_option::value_form::texts)
    added->expected(1, CLI::detail::expected_max_vector_size)
        ->allow_extra_args(option.argument == "PATTERN");
  if (option.by_default != nullptr) added->default_str(option.by_default(serve_settings()));
  return added;
}

}  // namespace

void add_serve(CLI::App& program, std::function<int()>& chosen) {
  CLI::App& command = *program.add_subcommand(
      "serve", "Serve managed objects to CPython's multiprocessing and to C++");
  auto arguments = std::make_shared<serve_arguments>();
  for (const serve_option& option : serve_options())
    arguments->options[option.name] = add_option(command, option);
  command
      .add_option(
          "--config", arguments->config,
          "A JSON file with any of these options by name, and \"objects\" that clients find "
          "by name. What the command line says comes first")
      ->type_name("FILE");
  command.add_flag("--check-config", arguments->check_config,
                   "Look for mistakes in the file of --config, and serve nothing");
  command.callback([arguments, &chosen] { chosen = [arguments] { return serve(*arguments); }; });
}

}  // namespace pickled::inline v0::detail
