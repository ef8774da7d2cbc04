// SPDX-License-Identifier: BSL-1.0

#include "server/server_functions.hpp"

#include "connection/message.hpp"
#include "connection/reply.hpp"
#include "frozen/freezer.hpp"
#include "frozen/memory_in_use.hpp"
#include "frozen/thaw.hpp"
#include "pickled/connection/token.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/python/type_name.hpp"
#include "server/types/tickets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace pickled::inline v0::detail {

namespace {

command_result answer(spliced reply) {
  command_result result;
  result.reply.emplace(std::move(reply));
  return result;
}

// CPython calls them with its server and the connection, which count in texts of TypeErrors.
std::vector<frozen> with_self_and_connection(std::vector<frozen> args) {
  args.insert(args.begin(), 2, frozen::none());
  return args;
}

void expect_none(std::string_view function, arguments& args) {
  args.bind<2>(function, {"self", "c"}, 2);
}

frozen& take_one(std::string_view function, std::string_view parameter, arguments& args) {
  return *args.bind<3>(function, {"self", "c", parameter}, 3)[2];
}

// An ident is a str; anything else is a key that no table has.
std::string_view ident_of(const frozen& f) {
  const auto ident = f.as_str();
  if (!ident) throw python_error("KeyError", thaw_tuple({&f, 1}));
  return *ident;
}

python_error key_error(std::string_view key) {
  return python_error("KeyError", key);
}

command_result dummy(context&, arguments& args) {
  expect_none("Server.dummy", args);
  return {};
}

// create(typeid, *args, **kwds). Until 3.8 typeid may be given by keyword.
std::string take_type_id(frozen_request& request) {
  frozen given;
  if (!request.args.empty()) {
    given = std::move(request.args.front());
    request.args.erase(request.args.begin());
  } else {
    const auto at =
        std::ranges::find(request.kwds, "typeid", &std::pair<std::string, frozen>::first);
    if (at == request.kwds.end())
      throw python_error("TypeError",
                         "Server.create() missing 1 required positional argument: 'typeid'");
    given = std::move(at->second);
    request.kwds.erase(at);
  }
  return std::string(ident_of(given));
}

// Of an object that was just counted for a client: given back, unless the client is told of it.
class counted_reference {
 public:
  counted_reference(object_table& objects, const std::string& ident) noexcept
      : objects_(&objects), ident_(ident) {}
  counted_reference(const counted_reference&) = delete;
  counted_reference& operator=(const counted_reference&) = delete;
  ~counted_reference() {
    if (objects_ != nullptr) objects_->decref(ident_);
  }
  void keep() noexcept { objects_ = nullptr; }

 private:
  object_table* objects_;
  const std::string& ident_;
};

// Answers (ident, exposed): one more reference.
command_result created(context& host, const std::shared_ptr<referent>& object) {
  counted_reference counted(host.objects, object->ident);
  splicer out;
  begin_reply(reply_kind::returned, out).begin_tuple().str(object->ident);
  write_exposed(object->type->exposed, out);
  out.end_tuple().end_tuple();
  command_result result = answer(std::move(out).finish());
  result.counted = object;
  counted.keep();
  return result;
}

command_result create(context& host, frozen_request& request) {
  const std::string type_id = take_type_id(request);
  const registered_type* type = host.types.find(type_id);
  if (type == nullptr) type = host.on_demand.find(type_id, host.memory_left() != 0);
  if (type == nullptr) throw key_error(type_id);
  arguments args(std::move(request.args), std::move(request.kwds));
  if (type->named != nullptr) {
    args.bind<0>(type_id, std::array<std::string_view, 0>{}, 0);
    return created(host, host.objects.create_named(*type));
  }
  if (!type->create)
    throw python_error("TypeError",
                       fmt::format("objects of type '{}' are made by methods only", type_id));
  if (request.holds_ticket) refuse_ticket();
  if (host.verifier) host.verifier->verify(args);
  args.set_room(std::min(args.room(), host.memory_left()));
  std::shared_ptr<hosted> object = type->create(args);
  if (host.memory_left() == 0) throw python_error("MemoryError", "the server's memory is used up");
  object->set_holder_death(host.options.on_holder_death);
  return created(host, host.objects.create(*type, std::move(object)));
}

command_result incref(context& host, arguments& args) {
  const std::string_view ident = ident_of(take_one("Server.incref", "ident", args));
  command_result result;
  result.counted = host.objects.incref(ident);
  if (result.counted == nullptr) throw key_error(ident);
  return result;
}

// Nobody asks a second time. So from the request to here, and in the books of the caller's process,
// nothing needs memory.
command_result decref(context& host, arguments& args) {
  frozen& given = take_one("Server.decref", "ident", args);
  const std::string_view ident = ident_of(given);
  object_table::released released = host.objects.decref(ident);
  if (!released.known) throw key_error(ident);
  command_result result;
  result.uncounted = std::move(given);
  result.released = std::move(released.object);
  return result;
}

std::string token_ident(const frozen& given) {
  const value thawed = thaw(given);
  auto read = read_token(thawed);
  if (!read)
    throw python_error("AttributeError",
                       fmt::format("'{}' object has no attribute 'id'", type_name(thawed)));
  return std::move(read->ident);
}

command_result get_methods(context& host, arguments& args) {
  const std::string ident = token_ident(take_one("Server.get_methods", "token", args));
  const std::shared_ptr<referent> object = host.objects.find(ident);
  if (object == nullptr) throw key_error(ident);
  splicer out;
  begin_reply(reply_kind::returned, out).begin_tuple();
  std::set<std::string_view> seen;
  for (const std::string& name : object->type->exposed)
    if (seen.insert(name).second) out.str(name);
  out.end_tuple().end_tuple();
  return answer(std::move(out).finish());
}

// Its argument is the name of the client's thread, and of no consequence but for its end.
command_result accept_connection(context&, arguments& args) {
  const frozen& name = take_one("Server.accept_connection", "name", args);
  command_result result;
  result.then = command_result::action::serve_client;
  constexpr std::string_view pipelining = "|pipelining";
  std::string_view thread = name.as_str().value_or("");
  result.pipelines = thread.ends_with(pipelining);
  if (result.pipelines) thread.remove_suffix(pipelining.size());
  result.thread = thread;
  return result;
}

command_result number_of_objects(context& host, arguments& args) {
  expect_none("Server.number_of_objects", args);
  return answer(return_integer(static_cast<std::int64_t>(host.objects.number_of_objects())));
}

// The first characters of a text, of which each may be several bytes long.
std::string_view first_characters(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  while (end != text.size()) {
    const bool starts = (static_cast<unsigned char>(text[end]) & 0xc0U) != 0x80U;
    if (starts && count-- == 0) break;
    ++end;
  }
  return text.substr(0, end);
}

command_result debug_info(context& host, arguments& args) {
  expect_none("Server.debug_info", args);
  constexpr std::size_t shown = 75;
  std::string text;
  for (const auto& [object, count] : host.objects.counted_objects()) {
    if (!text.empty()) text += '\n';
    fmt::format_to(std::back_inserter(text), "  {}:       refcount={}\n    {}", object->ident,
                   count, first_characters(object->object->repr(shown), shown));
  }
  return answer(return_str(text));
}

// CPython's shutdown answers by itself, and then returns None to be answered again.
command_result shutdown(context& host, arguments& args) {
  expect_none("Server.shutdown", args);
  if (!host.options.remote_shutdown)
    throw python_error("PermissionError", "this server is not ended by clients");
  command_result result;
  result.twice = true;
  result.then = command_result::action::shut_down;
  return result;
}

std::string segment_name(std::string_view function, arguments& args) {
  const auto name = take_one(function, "segment_name", args).as_str();
  if (!name) throw python_error("TypeError", "the name of a segment must be a str");
  return std::string(*name);
}

command_result track_segment(context& host, arguments& args) {
  host.shared_memory.track(segment_name("SharedMemoryServer.track_segment", args));
  return {};
}

command_result release_segment(context& host, arguments& args) {
  host.shared_memory.release(segment_name("SharedMemoryServer.release_segment", args));
  return {};
}

command_result list_segments(context& host, arguments& args) {
  expect_none("SharedMemoryServer.list_segments", args);
  splicer out;
  begin_reply(reply_kind::returned, out).begin_list();
  for (const std::string& name : host.shared_memory.list())
    out.str(name);
  out.end_list().end_tuple();
  return answer(std::move(out).finish());
}

// What CPython's server does not have: its own account of what is alive, and of the bytes of it.
command_result status(context& host, arguments& args) {
  expect_none("Server.status", args);
  splicer out;
  begin_reply(reply_kind::returned, out).begin_dict();
  out.str("objects").integer(static_cast<std::int64_t>(host.objects.alive()));
  out.str("bytes").integer(static_cast<std::int64_t>(memory_in_use::total()));
  out.end_dict().end_tuple();
  return answer(std::move(out).finish());
}

struct server_function {
  std::string_view name;
  command_result (*function)(context&, arguments&);
};

constexpr std::array<server_function, 12> all_functions{{
    {"shutdown", shutdown},
    {"accept_connection", accept_connection},
    {"get_methods", get_methods},
    {"debug_info", debug_info},
    {"number_of_objects", number_of_objects},
    {"dummy", dummy},
    {"incref", incref},
    {"decref", decref},
    {"track_segment", track_segment},
    {"release_segment", release_segment},
    {"list_segments", list_segments},
    {"status", status},
}};

command_result call_function(context& host, frozen_request& request) {
  if (request.method == "create") return create(host, request);
  const auto found = std::ranges::find(all_functions, request.method, &server_function::name);
  if (found == all_functions.end())
    throw python_error("AssertionError", repr(request.method) + " unrecognized");
  arguments args(with_self_and_connection(std::move(request.args)), std::move(request.kwds));
  return found->function(host, args);
}

}  // namespace

// To create an object is to look into what it is made of; debug_info prints every object.
bool is_heavy(const frozen_request& request) noexcept {
  if (request.method == "debug_info") return true;
  if (request.method != "create") return false;
  constexpr std::int64_t many = 1000;
  // So do numbers: of zeros, say.
  const auto takes_long = [](const frozen& f) {
    return is_large(f) || stands_for_more(f) || f.as_integer().value_or(0) > many;
  };
  return std::ranges::any_of(request.args, takes_long) ||
         std::ranges::any_of(request.kwds, [&](const auto& kwd) { return takes_long(kwd.second); });
}

bool runs_program(const context& host, const frozen_request& request) {
  if (request.method != "create" || request.args.empty()) return false;
  const auto type_id = request.args.front().as_str();
  const registered_type* const type = type_id ? host.types.find(*type_id) : nullptr;
  return type != nullptr && type->runs_program;
}

bool loads_values(const context& host, const frozen_request& request) {
  return host.verifier && request.method == "create" &&
         value_verifier::concerns(request.args, request.kwds);
}

command_result run_command(context& host, frozen_request request) {
  try {
    return call_function(host, request);
  } catch (const python_error& error) {
    return answer(traceback_reply("handle_request", error_line(error)));
  } catch (const std::bad_alloc&) {
    return answer(traceback_reply("handle_request", "MemoryError"));
  }
}

}  // namespace pickled::inline v0::detail
