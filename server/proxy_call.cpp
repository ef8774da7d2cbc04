// SPDX-License-Identifier: BSL-1.0

#include "server/proxy_call.hpp"

#include "connection/message.hpp"
#include "connection/reply.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "server/types/slots.hpp"
#include "server/types/tickets.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <exception>
#include <new>
#include <utility>
#include <variant>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

// An object that holds more bytes than this may keep a thread busy for milliseconds.
constexpr std::size_t heavy_object = std::size_t{256} << 10;

const method_entry* find_method(const hosted& object, std::string_view name) noexcept {
  const auto methods = object.methods();
  const auto at = std::ranges::find(methods, name, &method_entry::name);
  return at == methods.end() ? nullptr : &*at;
}

// Mostly a type exposes its table, in its order.
bool is_exposed(const referent& object, const method_entry& method) noexcept {
  const auto& exposed = object.type->exposed;
  const auto number = static_cast<std::size_t>(&method - object.object->methods().data());
  return (number < exposed.size() && exposed[number] == method.name) ||
         std::ranges::find(exposed, method.name) != exposed.end();
}

bool is_heavy(const method_entry& method, const hosted& object, const arguments& args) noexcept {
  if (has(method.what, needs::unbounded)) return true;
  const auto positional = args.positional();
  const auto keywords = args.keywords();
  const frozen* const first = positional.empty() ? nullptr : &positional.front();
  const bool sliced = has(method.what, needs::slices) && first != nullptr && !first->as_integer();
  if ((sliced || has(method.what, needs::whole)) && object.weight() > heavy_object) return true;
  const bool takes_apart = sliced || has(method.what, needs::arguments);
  // What is kept as it is need not be looked into, however large it is.
  if (has(method.what, needs::memory) && !takes_apart)
    return has(method.what, needs::key) && first != nullptr && is_large(*first);
  if (std::ranges::any_of(positional, is_large)) return true;
  if (std::ranges::any_of(keywords, [](const auto& kwd) { return is_large(kwd.second); }))
    return true;
  return takes_apart && std::ranges::any_of(positional, stands_for_more);
}

std::string text_of(const hosted& object, std::size_t limit) {
  std::string text = object.repr(limit + 1);
  if (text.size() > limit)
    throw python_error("MemoryError",
                       fmt::format("the text of this object is longer than {}", limit));
  return text;
}

std::string quoted(const std::vector<std::string>& names) {
  std::vector<std::string> each;
  for (const std::string& name : names)
    each.push_back(repr(name));
  return fmt::format("({})", fmt::join(each, ", "));
}

}  // namespace

proxy_call::proxy_call(context& host, frozen_request& request, const owner& who,
                       const token_writer& tokens,
                       const std::function<std::function<void()>()>& make_wake)
    : host_(host),
      tokens_(tokens),
      request_(request),
      target_(look_up()),
      out_(tokens.proxies()),
      call_(arguments(std::move(request.args), std::move(request.kwds)), who, out_,
            may_wait() ? make_wake() : nullptr) {
  call_.args.set_room(std::min(call_.args.room(), host_.memory_left()));
}

proxy_call::target proxy_call::look_up() {
  object_ = host_.objects.find(request_.ident);
  if (object_ == nullptr) return target::none;
  method_ = find_method(*object_->object, request_.method);
  if (method_ != nullptr && is_exposed(*object_, *method_)) return target::method;
  // What str() and repr() ask for need not be exposed.
  if (request_.method == "__str__" || request_.method == "__repr__")
    return method_ != nullptr ? target::method : target::str;
  method_ = nullptr;
  return request_.method == "#GETVALUE" ? target::getvalue : target::none;
}

bool proxy_call::heavy() const noexcept {
  if (target_ == target::str) return true;
  if (target_ == target::none) return false;
  if (object_->object->is_busy()) return true;
  if (target_ == target::method) return is_heavy(*method_, *object_->object, call_.args);
  return object_->object->weight() > heavy_object;
}

bool proxy_call::runs_program() const noexcept {
  return (target_ == target::method || target_ == target::getvalue) &&
         object_->object->runs_program();
}

bool proxy_call::is_brief() const noexcept {
  if (method_ == nullptr || !object_->object->is_brief(*method_) || heavy()) return false;
  // To read a proxy of an object here is to connect to this very thread.
  const auto holds_proxy = [](const frozen& argument) { return !argument.holes().empty(); };
  return std::ranges::none_of(call_.args.positional(), holds_proxy) &&
         std::ranges::none_of(call_.args.keywords(),
                              [&](const auto& keyword) { return holds_proxy(keyword.second); });
}

bool proxy_call::loads_values() const noexcept {
  // Loading a ticket would use it up.
  return host_.verifier && target_ == target::method && has(method_->what, needs::memory) &&
         !request_.holds_ticket && value_verifier::concerns(call_.args);
}

std::string proxy_call::name() const {
  return fmt::format("{}.{}", object_ == nullptr ? request_.ident : object_->type->type_id,
                     request_.method);
}

void proxy_call::run() {
  if (object_ == nullptr) {
    // CPython keeps a pair under '0', which does not unpack into three.
    traceback("serve_client", request_.ident == "0"
                                  ? "ValueError: not enough values to unpack (expected 3, got 2)"
                              : request_.ident.empty() ? "KeyError: None"
                                                       : "KeyError: " + repr(request_.ident));
    return;
  }
  if (target_ == target::none) {
    refuse_method();
    return;
  }
  begin_reply(reply_kind::returned, out_);
  prefix_ = out_.size();
  answer([this] {
    target_ == target::method ? run_method() : run_fallback();
    // Here, and not on the session's thread: it copies all of a large reply.
    if (waiting() == nullptr && !finished_) finish();
  });
}

// What `work` throws is the answer.
template <class Work>
void proxy_call::answer(Work work) {
  try {
    work();
  } catch (const python_error& error) {
    fail(error);
  } catch (const std::bad_alloc&) {
    fail(python_error("MemoryError"));
  }
}

void proxy_call::run_method() {
  const bool gives = !call_.args.positional().empty() || !call_.args.keywords().empty();
  if (gives && has(method_->what, needs::memory)) {
    check_memory();
    if (request_.holds_ticket && !has(method_->what, needs::tickets)) refuse_ticket();
    if (loads_values()) host_.verifier->verify(call_.args);
  }
  object_->object->apply(event::request{*method_, call_});
  if (call_.handed_out().object != nullptr) write_proxy_reply(call_.handed_out());
}

void proxy_call::check_memory() const {
  if (host_.memory_left() == 0) throw python_error("MemoryError", "the server's memory is used up");
}

void proxy_call::run_fallback() {
  const std::string_view function = target_ == target::getvalue    ? "fallback_getvalue"
                                    : request_.method == "__str__" ? "fallback_str"
                                                                   : "fallback_repr";
  if (!call_.args.positional().empty() || !call_.args.keywords().empty()) {
    traceback(
        "serve_client",
        fmt::format("TypeError: Server.{}() takes 4 positional arguments but {} were given",
                    function, 4 + call_.args.positional().size() + call_.args.keywords().size()));
    return;
  }
  try {
    if (target_ == target::getvalue)
      object_->object->write_value(out_);
    else
      out_.str(text_of(*object_->object,
                       std::min({std::size_t{longest_text}, std::size_t{host_.options.max_message},
                                 host_.memory_left()})));
  } catch (const python_error& error) {
    finished_ = make_text_reply(
        target_ == target::getvalue ? reply_kind::unserializable : reply_kind::traceback,
        traceback_text("serve_client", error_line(error)));
  }
}

void proxy_call::write_proxy_reply(const handed_out& result) {
  check_memory();
  const auto& [type_id, object] = result;
  const registered_type* type = host_.types.find(type_id);
  if (type == nullptr) {
    traceback("serve_client", "KeyError: " + repr(type_id));
    return;
  }
  const std::shared_ptr<referent> made = host_.objects.create(*type, object);
  try {
    finished_ = make_proxy_reply(type->exposed, tokens_.make_token(type->type_id, made->ident));
  } catch (...) {
    host_.objects.decref(made->ident);
    throw;
  }
  created_ = made;
}

void proxy_call::refuse_method() {
  const std::string missing = traceback_text(
      "serve_client",
      fmt::format("AttributeError: method {} of '{}' object is not in exposed={}",
                  repr(request_.method), object_->type->type_id, quoted(object_->type->exposed)));
  finished_ = make_text_reply(
      reply_kind::traceback,
      missing + "\nDuring handling of the above exception, another exception occurred:\n\n" +
          traceback_text("serve_client", "KeyError: " + repr(request_.method)));
}

void proxy_call::fail(const python_error& error) {
  std::string text;
  if (host_.options.remote_tracebacks)
    text =
        traceback_text(fmt::format("{}, of object {}", name(), request_.ident), error_line(error));
  finished_ = make_error_reply(error, tokens_.proxies(),
                               text.empty() ? std::nullopt : std::optional<std::string_view>(text));
}

void proxy_call::traceback(std::string_view where, std::string_view last_line) {
  finished_ = traceback_reply(where, last_line);
}

spliced proxy_call::reply() {
  if (!finished_) {
    const wait_result& result = waiting()->result();
    if (const auto* error = std::get_if<raised>(&result)) {
      fail(**error);
    } else if (const auto* object = std::get_if<handed_out>(&result)) {
      answer([&] { write_proxy_reply(*object); });
    } else {
      out_.frozen(std::get<frozen>(result));
      finish();
    }
  }
  return std::move(*finished_);
}

void proxy_call::finish() {
  if (out_.size() == prefix_) out_.none();
  if (out_.size() > host_.options.max_message)
    throw python_error("MemoryError", fmt::format("a reply of {} bytes is larger than {}",
                                                  out_.size(), host_.options.max_message));
  finished_ = std::move(out_.end_tuple()).finish();
}

}  // namespace pickled::inline v0::detail
