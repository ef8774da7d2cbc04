// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/run_server.hpp"

#include "pickled/connection/frame.hpp"
#include "pickled/connection/socket.hpp"
#include "pickled/connection/token.hpp"
#include "pickled/frozen/splicer.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/value/as_call.hpp"
#include "pickled/value/attribute.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string_view>
#include <sys/uio.h>
#include <utility>

PICKLED_BEGIN_NAMESPACE

namespace {

using items = std::span<const value_view>;

// The positions of _run_server's arguments; callers leave the last two out where they are empty.
enum position : std::size_t { registry, where, authkey, serializer, writer, initializer, initargs };

bool is_run_server(value_view target) {
  const instance_node* call = as_call(target, {"builtins", "getattr"});
  if (call == nullptr || call->args.as_items().size() != 2) return false;
  const items args = call->args.as_items();
  return args[0].is(kind::global) && args[1].is(kind::str) && args[1].as_str() == "_run_server";
}

// rebuild_connection(_DupFd with the state {'fd': n}, readable, writable)
std::optional<int> read_connection(value_view v) {
  const instance_node* call = as_call(v, {"multiprocessing.connection", "rebuild_connection"});
  if (call == nullptr || call->args.as_items().empty()) return std::nullopt;
  const value_view fd = attribute_of(call->args.as_items()[0], "fd");
  if (!fd.is(kind::integer) || !std::in_range<int>(fd.as_integer())) return std::nullopt;
  return static_cast<int>(fd.as_integer());
}

// Python's truth of what is given for an address: None and '' stand for none.
bool is_given(value_view v) {
  return !v.is_none() && !(v.is(kind::str) && v.as_str().empty());
}

// signal.SIGINT, as Signals(2), a plain 2, or by its name: pickles of each version differ.
std::optional<int> read_signal(value_view v) {
  if (const instance_node* call = as_call(v, {"signal", "Signals"}))
    return call->args.as_items().size() == 1 ? read_signal(call->args.as_items()[0]) : std::nullopt;
  const auto is_named = [&](int number) {
    const char* name = ::sigabbrev_np(number);
    return name != nullptr && v.as_global().module == "signal" &&
           v.as_global().name == fmt::format("SIG{}", name);
  };
  for (int number = 1; number != NSIG; ++number)
    if (v.is(kind::integer) ? v.as_integer() == number : v.is(kind::global) && is_named(number))
      return number;
  return std::nullopt;
}

// SIG_DFL is 0, SIG_IGN 1.
std::optional<bool> read_is_ignored(value_view v) {
  if (const instance_node* call = as_call(v, {"signal", "Handlers"}))
    return call->args.as_items().size() == 1 ? read_is_ignored(call->args.as_items()[0])
                                             : std::nullopt;
  const bool is_one_of_them = v.is(kind::integer) && (v.as_integer() == 0 || v.as_integer() == 1);
  if (is_one_of_them) return v.as_integer() == 1;
  if (is_global(v, {"signal", "SIG_IGN"})) return true;
  if (is_global(v, {"signal", "SIG_DFL"})) return false;
  return std::nullopt;
}

std::optional<signal_disposition> read_disposition(items args) {
  if (!is_global(args[initializer], {"signal", "signal"}) || args.size() <= initargs)
    return std::nullopt;
  const value_view given = args[initargs];
  if (!given.is(kind::tuple) && !given.is(kind::list)) return std::nullopt;
  if (given.as_items().size() != 2) return std::nullopt;
  const auto number = read_signal(given.as_items()[0]);
  const auto ignored = read_is_ignored(given.as_items()[1]);
  if (!number || !ignored) return std::nullopt;
  return signal_disposition{*number, *ignored};
}

void read_initializer(items args, initializers unknown, run_server_arguments& read) {
  if (args.size() <= initializer || args[initializer].is_none()) return;
  read.on_signal = read_disposition(args);
  if (read.on_signal) return;
  read.skipped_initializer = repr(args[initializer]);
  if (unknown == initializers::refused)
    throw std::runtime_error(
        fmt::format("the initializer {} cannot be called, since this server runs no Python: start "
                    "the manager without one, or set PICKLED_SKIP_INITIALIZER=1",
                    read.skipped_initializer));
}

}  // namespace

std::optional<run_server_arguments> read_run_server(const value& process, initializers unknown) {
  const value_view args = attribute_of(process, "_args");
  if (!is_run_server(attribute_of(process, "_target")) || !args.is(kind::tuple))
    return std::nullopt;
  const items given = args.as_items();
  if (given.size() <= writer || !given[registry].is(kind::dict)) return std::nullopt;
  auto key = detail::read_authkey(given[authkey]);
  const auto reply_to = read_connection(given[writer]);
  if (!key || !reply_to) return std::nullopt;

  run_server_arguments read;
  read_initializer(given, unknown, read);
  read.registry = process.sharing(given[registry]);
  if (is_given(given[where])) {
    read.where = detail::read_address(given[where]);
    if (!read.where)
      throw std::runtime_error(fmt::format("{} is no address of a manager", repr(given[where])));
  }
  read.authkey = std::move(*key);
  read.writer = *reply_to;
  const value_view tempdir = item_of(attribute_of(process, "_config"), "tempdir");
  if (tempdir.is(kind::str)) read.tempdir = tempdir.as_str();
  return read;
}

void send_address(int writer, const address& bound) {
  const descriptor closing(writer);
  splicer out;
  detail::write_address(bound, out);
  const spliced message = std::move(out).finish();
  detail::frame_writer frame;
  frame.add(message);
  while (!frame.empty()) {
    const auto pieces = frame.front();
    const ssize_t written = ::writev(writer, pieces.data(), static_cast<int>(pieces.size()));
    if (written < 0)
      throw std::system_error(detail::last_error(), "cannot tell where the server listens");
    frame.consume(static_cast<std::size_t>(written));
  }
}

PICKLED_END_NAMESPACE
