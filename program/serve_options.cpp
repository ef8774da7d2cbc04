// SPDX-License-Identifier: BSL-1.0

#include "program/serve_options.hpp"

#include "python/allow_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <system_error>
#include <thread>
#include <utility>

namespace pickled::inline v0::detail {

namespace {

using form = serve_option::value_form;

constexpr std::string_view some_bytes = "a number of bytes, or as 64kb, 16mb, 1gb";
constexpr std::string_view some_seconds = "a number of seconds, at most 1000000000";

// Three decades: what comes of adding it to a time is a time.
constexpr double most_seconds = 1e9;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

// By how many bits a unit shifts; negative where it is none.
int shift_of(std::string_view unit) {
  if (unit.empty() || unit == "b") return 0;
  constexpr std::string_view letters = "kmgt";
  const std::size_t at = letters.find(unit.front());
  if (at == std::string_view::npos) return -1;
  const std::string_view rest = unit.substr(1);
  if (!rest.empty() && rest != "b" && rest != "ib") return -1;
  return static_cast<int>(at + 1) * 10;
}

// "true" or "false".
bool read_flag(std::string_view text, bool& flag) noexcept {
  flag = text == "true";
  return flag || text == "false";
}

// Decimal digits.
bool read_count(std::string_view text, std::uint64_t& count) noexcept {
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, count);
  return read.ec == std::errc() && read.ptr == end;
}

// Digits and perhaps a unit of k, m, g or t, which count in 1024; "16m", "16mb", "16MiB".
bool read_bytes(std::string_view text, std::uint64_t& bytes) noexcept {
  const std::size_t digits = text.find_first_not_of("0123456789");
  const int shift = digits == std::string_view::npos ? 0 : shift_of(lower(text.substr(digits)));
  std::uint64_t number = 0;
  if (shift < 0 || !read_count(text.substr(0, digits), number)) return false;
  if (number > std::numeric_limits<std::uint64_t>::max() >> shift) return false;
  bytes = number << shift;
  return true;
}

// With decimals, "0.5"; rounded up.
bool read_seconds(std::string_view text, std::chrono::milliseconds& time) noexcept {
  const char* const end = text.data() + text.size();
  double seconds = 0;
  const auto read = std::from_chars(text.data(), end, seconds);
  if (read.ec != std::errc() || read.ptr != end) return false;
  if (!(seconds >= 0 && seconds <= most_seconds)) return false;
  time = std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
  return true;
}

bool read_mode(std::string_view text, mode_t& mode) noexcept {
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, mode, 8);
  return read.ec == std::errc() && read.ptr == end && mode <= 0777;
}

template <auto Member>
bool set_bytes(serve_settings& settings, std::string_view text) {
  return read_bytes(text, settings.server.*Member);
}
// "1gb" for whole gigabytes, and so on.
template <auto Member>
std::string bytes_text(const serve_settings& settings) {
  std::uint64_t bytes = settings.server.*Member;
  std::size_t unit = 0;
  constexpr std::string_view units[] = {"", "kb", "mb", "gb"};
  for (; bytes != 0 && bytes % 1024 == 0 && unit + 1 != std::size(units); ++unit)
    bytes /= 1024;
  return fmt::format("{}{}", bytes, units[unit]);
}

template <auto Member>
bool set_count(serve_settings& settings, std::string_view text) {
  return read_count(text, settings.server.*Member);
}
template <auto Member>
std::string count_text(const serve_settings& settings) {
  return fmt::format("{}", settings.server.*Member);
}

template <auto Member>
bool set_seconds(serve_settings& settings, std::string_view text) {
  return read_seconds(text, settings.server.*Member);
}
std::string text_of(std::chrono::milliseconds time) {
  return fmt::format("{}", static_cast<double>(time.count()) / 1000);
}
template <auto Member>
std::string seconds_text(const serve_settings& settings) {
  return text_of(settings.server.*Member);
}

bool set_address(serve_settings& settings, std::string_view text) {
  address parsed;
  if (address::parse(text, parsed)) return false;
  settings.server.addresses.push_back(std::move(parsed));
  return true;
}
std::string addresses_text(const serve_settings& settings) {
  return settings.server.addresses.front().text();
}

bool set_authkey_file(serve_settings& settings, std::string_view text) {
  settings.authkey_files.emplace_back(text);
  return !text.empty();
}

bool set_threads(serve_settings& settings, std::string_view text) {
  std::uint64_t count = 0;
  if (!read_count(text, count) || count < 1 || count > 1024) return false;
  settings.server.threads = static_cast<unsigned>(count);
  return true;
}

bool set_max_depth(serve_settings& settings, std::string_view text) {
  return read_count(text, settings.server.max_depth) && settings.server.max_depth >= 1 &&
         settings.server.max_depth <= 10'000;
}

bool set_grace(serve_settings& settings, std::string_view text) {
  return read_seconds(text, settings.server.grace.time);
}
std::string grace_text(const serve_settings& settings) {
  return text_of(settings.server.grace.time);
}

bool set_socket_mode(serve_settings& settings, std::string_view text) {
  return read_mode(text, settings.server.socket_mode);
}
std::string socket_mode_text(const serve_settings& settings) {
  return fmt::format("{:04o}", settings.server.socket_mode);
}

bool set_allow_globals(serve_settings& settings, std::string_view text) {
  if (text.empty() || (text.starts_with('@') && !is_group_of_globals(text))) return false;
  settings.server.allow_globals.emplace_back(text);
  return true;
}

bool set_compare_by_value(serve_settings& settings, std::string_view text) {
  settings.compare_by_value.emplace_back(text);
  return !text.empty();
}

bool set_verify_values(serve_settings& settings, std::string_view text) {
  settings.server.verify_values = text;
  return !text.empty();
}

bool set_no_remote_shutdown(serve_settings& settings, std::string_view text) {
  bool forbidden = false;
  if (!read_flag(text, forbidden)) return false;
  settings.server.remote_shutdown = !forbidden;
  return true;
}

bool set_remote_tracebacks(serve_settings& settings, std::string_view text) {
  return read_flag(text, settings.server.remote_tracebacks);
}

bool set_iterators(serve_settings& settings, std::string_view text) {
  settings.dict_iterators = text == "proxy" ? iterators::proxy : iterators::snapshot;
  return text == "proxy" || text == "snapshot";
}
std::string iterators_text(const serve_settings& settings) {
  return settings.dict_iterators == iterators::proxy ? "proxy" : "snapshot";
}

bool set_handshake_timeout(serve_settings& settings, std::string_view text) {
  return set_seconds<&server_options::handshake_timeout>(settings, text) &&
         settings.server.handshake_timeout.count() != 0;
}

constexpr std::pair<std::string_view, holder_death> holder_deaths[] = {
    {"default", holder_death::by_default},
    {"keep", holder_death::keep},
    {"release", holder_death::release},
    {"poison", holder_death::poison},
};

bool set_on_holder_death(serve_settings& settings, std::string_view text) {
  return read_holder_death(text, settings.server.on_holder_death);
}
std::string holder_death_text(const serve_settings& settings) {
  for (const auto& [name, policy] : holder_deaths)
    if (policy == settings.server.on_holder_death) return std::string(name);
  return "";
}

bool set_ignore_sigint(serve_settings& settings, std::string_view text) {
  return read_flag(text, settings.ignore_sigint);
}

bool set_until_eof(serve_settings& settings, std::string_view text) {
  return read_flag(text, settings.until_eof);
}

constexpr serve_option options[] = {
    {"address", form::texts, "ADDRESS", addresses_text, "HOST:PORT, unix:PATH or unix:@NAME",
     "Where to listen: HOST:PORT (port 0 picks one), unix:PATH or unix:@NAME; may be given several "
     "times",
     set_address},
    {"authkey-file", form::texts, "FILE", nullptr, "the name of a file",
     "A file that holds a key, less one final newline. Of several any is accepted, and the "
     "first is passed on with proxies. Default: PICKLED_AUTHKEY or PICKLED_AUTHKEY_HEX from the "
     "environment, or a random key in a new file",
     set_authkey_file},
    {"threads", form::number, "N", nullptr, "a whole number from 1 to 1024",
     "Threads that serve connections. Default: as many as there are processors", set_threads},
    {"max-message", form::size, "BYTES", bytes_text<&server_options::max_message>, some_bytes,
     "The longest message taken or given, in bytes, or as 64kb, 16mb, 1gb",
     set_bytes<&server_options::max_message>},
    {"max-memory", form::size, "BYTES", bytes_text<&server_options::max_memory>, some_bytes,
     "How much all values together may take; 0: no limit", set_bytes<&server_options::max_memory>},
    {"max-connections", form::number, "N", count_text<&server_options::max_connections>,
     "a whole number", "How many clients may be connected at once; 0: no limit",
     set_count<&server_options::max_connections>},
    {"max-depth", form::number, "N", count_text<&server_options::max_depth>,
     "a whole number from 1 to 10000", "How deep the containers in a value may be nested",
     set_max_depth},
    {"handshake-timeout", form::number, "SECONDS", seconds_text<&server_options::handshake_timeout>,
     some_seconds, "Seconds that a client may take to show that it knows the key",
     set_handshake_timeout},
    {"idle-timeout", form::number, "SECONDS", seconds_text<&server_options::idle_timeout>,
     some_seconds,
     "Seconds without a request after which a connection is closed; a call that blocks is "
     "not idle. 0: never",
     set_seconds<&server_options::idle_timeout>},
    {"grace", form::number, "SECONDS", grace_text, some_seconds,
     "Seconds that an object stays after the last proxy of it has gone, for one that is on its way",
     set_grace},
    {"tcp-timeout", form::number, "SECONDS", seconds_text<&server_options::tcp_timeout>,
     some_seconds,
     "Seconds after which a TCP peer is given up that does not answer at all, as its machine has "
     "lost power, or does not read what it asked for. 0: what the system does",
     set_seconds<&server_options::tcp_timeout>},
    {"socket-mode", form::text, "MODE", socket_mode_text,
     "the mode of a file in octal digits, as 0600",
     "Who may connect to a unix socket, as chmod has it", set_socket_mode},
    {"allow-globals", form::texts, "PATTERN", nullptr,
     "a pattern, as collections.OrderedDict, or a group, as @numpy",
     "Refuse values that name any class or function but these and what proxies need, as "
     "collections.OrderedDict, mypackage.* or a group: @numpy, @pandas, @stdlib, @torch, @joblib",
     set_allow_globals},
    {"compare-by-value", form::texts, "PATTERN", nullptr, "a pattern, as mypackage.Level",
     "Classes whose members are the ints and texts that they are made of (IntEnum, StrEnum), and "
     "whose instances are sorted by their fields (dataclasses with order=True), as mypackage.Level "
     "or mypackage.*",
     set_compare_by_value},
    {"verify-values", form::text, "PYTHON", nullptr, "the name of a Python interpreter",
     "Have this Python load what clients store, each sort of value once, so that what it cannot "
     "build is an error of the call that stores it. It executes what clients have pickled",
     set_verify_values},
    {"no-remote-shutdown", form::flag, "", nullptr, "true or false",
     "Do not let clients end the server", set_no_remote_shutdown},
    {"remote-tracebacks", form::flag, "", nullptr, "true or false",
     "Exceptions tell clients, by __cause__, which method of which object raised them",
     set_remote_tracebacks},
    {"iterators", form::text, "HOW", iterators_text, "snapshot or proxy",
     "What iterating over a dict gets: all keys at once (snapshot), or one at a time, as CPython "
     "does (proxy)",
     set_iterators},
    {"on-holder-death", form::text, "POLICY", holder_death_text, holder_death_names,
     "What becomes of the locks and permits of a client that died: default (released if it "
     "crashed), keep (as CPython does), release, or poison (acquiring them raises RuntimeError)",
     set_on_holder_death},
    {"ignore-sigint", form::flag, "", nullptr, "true or false",
     "Leave Ctrl-C to the clients, as CPython's managers do", set_ignore_sigint},
    {"until-eof", form::flag, "", nullptr, "true or false",
     "End with whoever holds the other end of the pipe that is stdin, once nobody has been "
     "connected for 5 to 10 seconds, and remove the directory of the socket if that is empty then; "
     "log warnings alone",
     set_until_eof},
};

void set(const serve_option& option, const given_option& given, serve_settings& settings) {
  for (const std::string& value : given.values)
    if (!option.set(settings, value))
      throw usage_error(
          fmt::format("{}: expected {}, not '{}'", given.where, option.expected, value));
}

}  // namespace

bool read_holder_death(std::string_view text, holder_death& policy) noexcept {
  const auto at =
      std::ranges::find(holder_deaths, text, &std::pair<std::string_view, holder_death>::first);
  if (at == std::end(holder_deaths)) return false;
  policy = at->second;
  return true;
}

std::span<const serve_option> serve_options() noexcept {
  return options;
}

serve_settings settings_of(const given_options& command_line, const given_options& file,
                           std::vector<descriptor> sockets) {
  serve_settings settings;
  settings.server.threads = std::clamp(std::thread::hardware_concurrency(), 1U, 1024U);
  const std::vector<address> unless_given = std::exchange(settings.server.addresses, {});
  for (const serve_option& option : options) {
    if (const auto first = command_line.find(option.name); first != command_line.end())
      set(option, first->second, settings);
    else if (const auto second = file.find(option.name); second != file.end())
      set(option, second->second, settings);
  }
  std::vector<address>& addresses = settings.server.addresses;
  if (addresses.empty() && sockets.empty()) addresses = unless_given;
  for (const descriptor& socket : sockets)
    std::erase(addresses, local_address(socket.get()));
  settings.server.sockets = std::move(sockets);
  return settings;
}

}  // namespace pickled::inline v0::detail
