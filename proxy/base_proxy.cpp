// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/base_proxy.hpp"

#include "connection/message.hpp"
#include "pickled/codec/pickler.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/connection/connection_errc.hpp"
#include "pickled/proxy/connection_error.hpp"
#include "pickled/proxy/lock_lost.hpp"
#include "pickled/python/repr.hpp"
#include "proxy/last_line.hpp"
#include "proxy/reference.hpp"
#include "proxy/remote_object.hpp"
#include "proxy/require_method.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <ostream>
#include <system_error>

PICKLED_BEGIN_NAMESPACE

using detail::remote_object;

namespace {

constexpr std::chrono::milliseconds longest_release = std::chrono::seconds(5);

std::shared_ptr<server_link> link_of(const detail::pickled_proxy& about) {
  const address& server = about.referent.server;
  if (auto link = server_link::find(server)) return link;
  if (!about.authkey) {
    throw conversion_error("a proxy of a known server", "one of " + server.text());
  }
  return server_link::to(server, *about.authkey);
}

std::shared_ptr<const detail::reference> count_of(const std::shared_ptr<server_link>& link,
                                                  const std::string& ident, bool counted) {
  return counted ? std::make_shared<const detail::reference>(link, ident)
                 : detail::reference::acquire(link, ident);
}

// CPython's queue.Empty calls itself _queue.Empty.
bool is_raised(std::string_view exception, const answer& given) {
  if (!given.raised || given.raised->type() != exception) return false;
  const std::string& module = given.raised->module();
  return module == "builtins" || module == "queue" || module == "_queue" ||
         module == "multiprocessing.context";
}

// As CPython's clients pickle it: without the key, and with its methods where no class tells them.
// What is built keeps `owner`, which keeps the object, until whoever receives it counts.
value_view as_pickled(detail::pickled_proxy about, std::shared_ptr<const void> owner,
                      value_builder& b) {
  about.authkey.reset();
  if (about.proxytype != "AutoProxy") about.exposed.reset();
  splicer out;
  detail::write_proxy(about, out);
  const value built = loads(std::move(out).finish().joined());
  built.owner()->keep(std::move(owner));
  return b.share(built);
}

}  // namespace

base_proxy::base_proxy(std::shared_ptr<server_link> link, detail::pickled_proxy about, bool counted,
                       buffer asked) {
  auto count = count_of(link, about.referent.ident, counted);
  self_ = std::make_shared<const remote_object>(std::move(link), std::move(about), std::move(count),
                                                std::move(asked));
}

const std::string& base_proxy::type_id() const {
  return self().type_id();
}

const std::string& base_proxy::ident() const {
  return self().ident();
}

const address& base_proxy::server() const {
  return self().server();
}

void base_proxy::note_acquired() const noexcept {
  self_->link()->acquired();
}

void base_proxy::note_released() const noexcept {
  self_->link()->released();
}

int base_proxy::take_lost() const {
  return self().link()->take_lost();
}

void base_proxy::note_lost(int locks) const noexcept {
  self_->link()->lost(locks);
}

void base_proxy::hurry() noexcept {
  timeout_ = std::min(longest_release, timeout_.value_or(longest_release));
  hurried_ = true;
}

detail::call_limits base_proxy::limits() const {
  detail::call_limits limits = self().link()->limits(timeout_);
  limits.once = hurried_;
  return limits;
}

std::string base_proxy::repr() const {
  return call("__repr__").get<std::string>();
}

// Mirrors BaseProxy.__str__ and __repr__.
std::string base_proxy::str() const {
  if (self_ == nullptr) return "<proxy of nothing>";
  try {
    return repr();
  } catch (const lock_lost& lost) {
    note_lost(lost.locks());  // for a call that throws
  } catch (const error&) {
  }
  return fmt::format("<{} object, typeid '{}' at {}; '__str__()' failed>", self_->proxytype(),
                     type_id(), ident());
}

std::ostream& operator<<(std::ostream& out, const base_proxy& of) {
  return out << of.str();
}

bool operator==(const base_proxy& a, const base_proxy& b) noexcept {
  if (a.self_ == b.self_) return true;
  if (!a.self_ || !b.self_ || a.ident() != b.ident()) return false;
  const server_link& of_a = *a.self_->link();
  const server_link& of_b = *b.self_->link();
  return &of_a == &of_b || same_place(of_a.where(), of_b.where());
}

// The answer by proxy is put in the form in which a proxy lies inside any value. The count that
// the server made for us goes when that value does.
value base_proxy::result_of(answer given) const {
  if (given.raised) throw std::move(*given.raised);
  if (!given.is_proxy) return std::move(given.payload);
  detail::pickled_proxy about = created_by(given);
  auto owner = std::make_shared<arena>();
  owner->keep(std::make_shared<const detail::reference>(self_->link(), about.referent.ident));
  value_builder builder(*owner);
  const value_view view = as_pickled(std::move(about), nullptr, builder);
  return value(view, std::move(owner));
}

base_proxy base_proxy::proxy_of(answer given) const {
  if (given.raised) throw std::move(*given.raised);
  if (!given.is_proxy) throw conversion_error("a proxy", given.payload);
  return base_proxy(self_->link(), created_by(given), true);
}

detail::pickled_proxy base_proxy::created_by(const answer& given) const {
  auto created = detail::read_created_proxy(given.payload);
  if (!created) throw connection_error(connection_errc::not_a_reply);
  detail::pickled_proxy about;
  about.proxytype = "AutoProxy";
  about.referent = std::move(created->referent);
  about.referent.server = self_->link()->where();
  about.exposed = std::move(created->exposed);
  return about;
}

// What is wrong with the connection names the call.
template <class F>
auto base_proxy::naming_call(std::string_view method, const F& called) const {
  const auto name = [&] { return fmt::format("{}.{} at {}", type_id(), method, server().text()); };
  try {
    return called(*self().link());
  } catch (const authentication_error&) {
    throw;
  } catch (const unanswered_call& error) {
    throw unanswered_call(error.code(), name(), error.detail());
  } catch (const connection_error& error) {
    throw connection_error(error.code(), name(), error.detail());
  }
}

answer base_proxy::ask_once(const buffer& request, std::string_view method,
                            const detail::call_limits& limits) const {
  return naming_call(method, [&](server_link& link) { return link.call(request, limits); });
}

// A server that does not know the object has not made the call.
answer base_proxy::ask(const buffer& request, std::string_view method, bool of_same) const {
  const detail::call_limits limits = this->limits();
  try {
    return ask_once(request, method, limits);
  } catch (const remote_error& error) {
    if (!found_again(request, error, limits)) throw;
  }
  if (of_same)
    throw lock_lost(
        fmt::format("{} was restarted, and knows of no {} that this thread has acquired",
                    server().text(), type_id()));
  return ask_once(readdressed(request), method, limits);
}

bool base_proxy::found_again(const buffer& request, const remote_error& error,
                             const detail::call_limits& limits) const {
  if (error.code() != proxy_errc::no_such_object) return false;
  const value asked = loads(request);
  const value_view ident = asked->as_items()[0];
  if (detail::last_line(error.what()) != "KeyError: " + pickled::repr(ident)) return false;
  if (self().find_again(ident.as_str(), limits)) return true;
  throw remote_error(fmt::format("the {} {} at {} is gone: it was disposed of, or the server was "
                                 "restarted\n{}",
                                 type_id(), ident.as_str(), server().text(), error.what()),
                     proxy_errc::no_such_object);
}

buffer base_proxy::readdressed(const buffer& request) const {
  const value before = loads(request);
  const auto items = before->as_items();
  arena memory;
  value_builder b(memory);
  const value_view parts[] = {b.str(ident()), items[1], items[2], items[3]};
  return dumps(b.tuple(parts));
}

std::string base_proxy::spell_call(std::string_view method, call_arguments& given) const {
  const auto spell = [](value_view argument) {
    constexpr std::size_t longest = 60;
    std::error_code error;
    const std::string text = pickled::repr(argument, error, longest);
    return error ? "..." : text;
  };
  std::vector<std::string> shown;
  for (const value_view each : given.args().as_items())
    shown.push_back(spell(each));
  const value_view keywords = given.kwds();
  for (const auto& [name, argument] : keywords.as_entries())
    shown.push_back(fmt::format("{}={}", name.as_str(), spell(argument)));
  if (method == "#GETVALUE") return type_id();
  if (method == "__getitem__" && shown.size() == 1)
    return fmt::format("{}[{}]", type_id(), shown.front());
  return fmt::format("{}.{}({})", type_id(), method, fmt::join(shown, ", "));
}

value base_proxy::call_with(const buffer& request, std::string_view method) const {
  return result_of(ask(request, method));
}

std::optional<value> base_proxy::answer_unless(std::string_view exception, const buffer& request,
                                               std::string_view method) const {
  answer given = ask(request, method);
  if (is_raised(exception, given)) return std::nullopt;
  return result_of(std::move(given));
}

// Where the first call misses the object, so do all; none was made, and all are made again.
std::vector<std::optional<value>> base_proxy::answers_unless(std::string_view exception,
                                                             std::vector<buffer> requests,
                                                             std::string_view method) const {
  std::vector<std::optional<value>> results;
  std::exception_ptr failure;
  const auto receive = [&](bytes_view message) {
    results.emplace_back();
    try {
      answer given = read_answer(message);
      if (!is_raised(exception, given)) results.back() = result_of(std::move(given));
    } catch (...) {
      if (!failure) failure = std::current_exception();
    }
  };
  const detail::call_limits limits = this->limits();
  const auto call_all = [&] {
    naming_call(method, [&](server_link& link) { link.call_all(requests, limits, receive); });
  };
  if (requests.empty()) return results;
  call_all();
  if (failure && object_moved(failure, requests.front(), limits)) {
    for (buffer& request : requests)
      request = readdressed(request);
    results.clear();
    failure = nullptr;
    call_all();
  }
  if (failure) std::rethrow_exception(failure);
  return results;
}

// Whether that is why the call failed, and it was found by its name.
bool base_proxy::object_moved(const std::exception_ptr& failure, const buffer& request,
                              const detail::call_limits& limits) const {
  try {
    std::rethrow_exception(failure);
  } catch (const remote_error& error) {
    return found_again(request, error, limits);
  } catch (...) {
    return false;
  }
}

value_view to_value(const base_proxy& from, value_builder& b) {
  if (!from) throw conversion_error("a proxy", "one that refers to nothing");
  return as_pickled(from.self_->about(), from.self_, b);
}

base_proxy rebuild_proxy(value_view v, std::string_view proxytype,
                         std::string_view telling_method) {
  std::optional<detail::pickled_proxy> about = detail::read_proxy(v);
  if (!about) throw conversion_error(proxytype.empty() ? "a proxy" : proxytype, v);
  // An AutoProxy says nothing of its class: only its methods, if those.
  if (!proxytype.empty() && about->proxytype != proxytype && about->proxytype != "AutoProxy") {
    throw conversion_error(proxytype, about->proxytype);
  }
  if (about->exposed)
    detail::require_method(*about->exposed, telling_method, about->referent.type_id);
  auto link = link_of(*about);
  return base_proxy(std::move(link), std::move(*about), false);
}

std::optional<base_proxy> borrow_proxy(value_view v) {
  std::optional<detail::pickled_proxy> about = detail::read_proxy(v);
  if (!about) return std::nullopt;
  auto link = link_of(*about);
  return base_proxy(std::make_shared<const detail::remote_object>(
      std::move(link), std::move(*about), nullptr, buffer()));
}

PICKLED_END_NAMESPACE
