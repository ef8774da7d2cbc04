// SPDX-License-Identifier: BSL-1.0

// A server in this process that runs out of memory when a test asks for it, and a client that has
// enough. Requests are written as JSON, and answers told in words.

#ifndef PICKLED_TESTS_SERVER_ALLOCATION_SHORT_SERVER_HPP
#define PICKLED_TESTS_SERVER_ALLOCATION_SHORT_SERVER_HPP

#include "pickled/codec/pickler.hpp"
#include "pickled/connection/connection_errc.hpp"
#include "pickled/json/json.hpp"
#include "server/server.hpp"
#include "tests/server/allocation/failing_allocator.hpp"
#include "tests/server/live_server.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace pickled::inline v0::detail {

// A method, and its arguments in JSON (pickle/json).
struct method_call {
  std::string method;
  std::string args = "[]";
};

inline buffer message(std::string_view ident, std::string_view method, std::string_view args) {
  nlohmann::ordered_json request = nlohmann::ordered_json::array();
  request.push_back(ident.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(ident));
  request.push_back(method);
  request.push_back({{"$tuple", nlohmann::ordered_json::parse(args)}});
  request.push_back(nlohmann::ordered_json::object());
  return dumps(from_json({{"$tuple", request}}));
}

inline constexpr std::string_view connection_lost = "lost";

// The answer in words, or that there is none. A server that does not answer is no answer.
inline std::string answer_of(client& c) {
  try {
    return words(c.recv());
  } catch (const std::system_error& error) {
    REQUIRE(error.code() != std::errc::timed_out);
    return std::string(connection_lost);
  }
}

inline std::string ask(client& c, std::string_view ident, std::string_view method,
                       std::string_view args = "[]") {
  try {
    c.send(message(ident, method, args));
  } catch (const std::system_error&) {
  }
  return answer_of(c);
}

inline bool is_lost(std::string_view answer) {
  return answer == connection_lost;
}
inline bool tells_of_memory(std::string_view answer) {
  return answer.find("MemoryError") != std::string_view::npos;
}
inline bool is_result(std::string_view answer) {
  return answer.starts_with("('#RETURN'") || answer.starts_with("('#PROXY'");
}

// A server of all types on one thread, which destroys objects at once and knows their number.
class short_server {
 public:
  explicit short_server(iterators how = iterators::snapshot)
      : server_(options(), sync_manager_registry(how)), thread_([this] { server_.run(); }) {
    auto nowhere = std::make_shared<spdlog::logger>(
        "nowhere", std::make_shared<spdlog::sinks::null_sink_mt>());
    nowhere->set_level(spdlog::level::debug);
    nowhere->set_error_handler([](const std::string&) {});
    spdlog::set_default_logger(std::move(nowhere));
  }
  ~short_server() {
    server_.stop();
    thread_.join();
  }

  client connect() const {
    client c(server_.addresses().front(), test_key);
    c.set_deadline(std::chrono::steady_clock::now() + std::chrono::seconds(20));
    return c;
  }
  client proxy() const {
    client c = connect();
    REQUIRE(ask(c, "", "accept_connection", R"(["test"])") == "('#RETURN', None)");
    return c;
  }
  std::string command(std::string_view function, std::string_view args = "[]") const {
    client c = connect();
    return ask(c, "", function, args);
  }
  std::string create(std::string_view type_id, std::string args = "[]") const {
    args.insert(1, fmt::format("\"{}\"{}", type_id, args == "[]" ? "" : ", "));
    client c = connect();
    c.send(message("", "create", args));
    const value reply = loads(c.recv());
    INFO(type_id << " " << args << " " << repr(reply));
    REQUIRE(reply->as_items()[0].as_str() == "#RETURN");
    return std::string(reply->as_items()[1].as_items()[0].as_str());
  }
  void drop(const std::string& ident) const { command("decref", fmt::format("[\"{}\"]", ident)); }
  // The objects that are alive, and their bytes.
  std::string account() const { return command("status"); }

 private:
  static server_options options() {
    server_options all = without_grace();
    all.addresses = {fresh_address()};
    all.authkeys = {std::string(test_key)};
    return all;
  }

  enough_memory of_this_thread_;
  server server_;
  std::thread thread_;
};

// Runs `attempt` with each of its allocations failing, until it makes fewer.
template <class Attempt>
void with_each_failing(Attempt attempt) {
  for (const shortage how : {shortage::once, shortage::lasting})
    for (int n = 0;; ++n) {
      REQUIRE(n < 3000);
      failing_allocations failing(how, n);
      INFO("allocation " << n << (how == shortage::once ? " fails" : " and all after it fail"));
      attempt(failing);
      if (failing.failed() == 0) break;
    }
}

// Without what differs from one object to the next.
inline std::string without_addresses(const std::string& text) {
  static const std::regex hexadecimal("0x[0-9a-f]+|[0-9a-f]{16}|owner=[0-9]+");
  return std::regex_replace(text, hexadecimal, "…");
}

// All that there is to see of an object, which is no more of use after.
inline std::string look(const short_server& server, const std::string& ident) {
  client c = server.proxy();
  std::string seen = ask(c, ident, "#GETVALUE");
  if (!is_result(seen)) seen = ask(c, ident, "__repr__");
  for (const char* of_locks : {"locked", "is_set"}) {
    const std::string answer = ask(c, ident, of_locks);
    if (is_result(answer)) seen += answer;
  }
  for (const char* taking : {"get_nowait", "acquire"}) {
    std::string answer;
    while (is_result(answer = ask(c, ident, taking, taking[0] == 'a' ? "[false]" : "[]")) &&
           answer.find("False") == std::string::npos && seen.size() < 5000)
      seen += answer;
  }
  return without_addresses(seen);
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_TESTS_SERVER_ALLOCATION_SHORT_SERVER_HPP
