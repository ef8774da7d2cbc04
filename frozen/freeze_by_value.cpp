// SPDX-License-Identifier: BSL-1.0

#include "frozen/freeze_by_value.hpp"

#include "frozen/thaw.hpp"
#include "frozen/ticket.hpp"
#include "frozen/token_parts.hpp"
#include "pickle/codec/canonical.hpp"
#include "pickled/codec/unpickler.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

namespace pickled::inline v0::detail {

namespace {

constexpr std::string_view managers = "multiprocessing.managers";

bool is_str(value_view v, std::string_view text) noexcept {
  return v.is(kind::str) && v.as_str() == text;
}

// The class is the first argument where protocol 0 or 1 sends an instance.
bool is_ticket(value_view object) noexcept {
  if (!object.is(kind::instance)) return false;
  const instance_node& node = object.as_instance();
  const auto makes_one = [](value_view callable) {
    return callable.is(kind::global) && makes_ticket(callable.as_global());
  };
  if (makes_one(node.callable)) return true;
  return node.args.is(kind::tuple) && node.args.size() != 0 && makes_one(node.args.as_items()[0]);
}

// nullptr where the arguments are not those of a proxy of an object that is hosted here.
std::shared_ptr<const proxy_reference> resolve(std::span<const value_view> args,
                                               const freeze_options& options) {
  if (!args[0].is(kind::global) || args[0].as_global().module != managers) return nullptr;
  const std::optional<token_view> token = token_parts(args[1]);
  if (!token || !args[2].is(kind::str)) return nullptr;
  auto proxy = std::make_shared<proxy_reference>();
  for (const dict_entry& entry : args[3].as_entries()) {
    if (is_str(entry.key, "exposed") && !entry.value.is_none()) {
      proxy->exposed = exposed_names(entry.value);
      if (!proxy->exposed) return nullptr;
    }
  }
  proxy->referent = options.resolve(*token);
  if (!proxy->referent) return nullptr;
  proxy->type_id = token->type_id;
  proxy->ident = token->ident;
  proxy->proxytype = args[0].as_global().name;
  return proxy;
}

bool has_authkey(value_view kwds) noexcept {
  const std::span<const dict_entry> entries = kwds.as_entries();
  return std::any_of(entries.begin(), entries.end(),
                     [](const dict_entry& entry) { return is_str(entry.key, "authkey"); });
}

// RebuildProxy(proxytype, Token(typeid, address, ident), serializer, kwds), as BaseProxy.__reduce__
// of multiprocessing.managers writes it.
bool rebuilds_proxy(value_view v) noexcept {
  const instance_node& node = v.as_instance();
  if (!node.callable.is(kind::global) ||
      node.callable.as_global() != global_name{managers, "RebuildProxy"}) {
    return false;
  }
  return node.how == instance_node::construction::reduce && node.args.as_items().size() == 4 &&
         node.args.as_items()[3].is(kind::dict);
}

// Dumps values one after the other into frozen ones. A node that is met as a whole value twice
// becomes one block.
class part_freezer {
 public:
  explicit part_freezer(const freeze_options& options) : options_(options) {}

  // The holes of what the values were thawed from: the proxies that stand there are shared again.
  void own_proxies(std::span<const frozen::hole> holes) { holes_ = holes; }

  load_error freeze(value_view v, frozen& result) {
    const void* const identity = v.identity();
    if (identity != nullptr) {
      if (const auto found = known_.find(identity); found != known_.end()) {
        result = found->second;
        memory_ += sizeof(frozen);
        return check_memory();
      }
    }
    if (!freeze_leaf(v, result)) freeze_anew(v, result);
    if (result.identity() != nullptr) known_.emplace(identity, result);
    memory_ += sizeof(frozen) + result.memory();
    return check_memory();
  }

  load_error freeze(std::span<const value_view> parts, std::vector<frozen>& results) {
    for (const value_view part : parts) {
      if (const load_error error = freeze(part, results.emplace_back())) return error;
    }
    return {};
  }

  // Whether there was one in what was frozen.
  bool met_ticket() const noexcept { return holds_ticket_; }

 private:
  static bool freeze_leaf(value_view v, frozen& result) {
    switch (v.kind()) {
      case kind::none: result = frozen(); return true;
      case kind::boolean: result = frozen::boolean(v.as_bool()); return true;
      case kind::integer: result = frozen::integer(v.as_integer()); return true;
      case kind::real: result = frozen::real(v.as_real()); return true;
      case kind::str: result = frozen::str(v.as_str()); return true;
      case kind::bytes: result = frozen::bytes(v.as_bytes()); return true;
      default: return false;
    }
  }

  void freeze_anew(value_view v, frozen& result) {
    std::vector<std::shared_ptr<const proxy_reference>> proxies;
    canonical_run dumped = dump_canonical(v, [&](value_view& object) {
      holds_ticket_ = holds_ticket_ || is_ticket(object);
      std::shared_ptr<const proxy_reference> proxy = proxy_in_place_of(object);
      if (!proxy) return false;
      proxies.push_back(std::move(proxy));
      return true;
    });
    frozen::traits about;
    about.memo_count = dumped.memo_count;
    about.opaque_equality = dumped.opaque_equality;
    about.uses_protocol_5 = dumped.uses_protocol_5;
    about.kind = dumped.run.empty() ? kind::proxy : v.kind();
    std::vector<frozen::hole> holes;
    for (std::size_t i = 0; i != proxies.size(); ++i)
      holes.push_back({dumped.holes[i], std::move(proxies[i])});
    result = frozen::block(std::move(dumped.run), about, std::move(holes));
  }

  // nullptr where `object` is no proxy of an object that is hosted here. If it comes with an
  // authkey then, it is replaced by one without.
  std::shared_ptr<const proxy_reference> proxy_in_place_of(value_view& object) {
    if (object.is(kind::proxy)) return share(object.as_proxy());
    if (!options_.resolve || !rebuilds_proxy(object)) return nullptr;
    const std::span<const value_view> args = object.as_instance().args.as_items();
    std::shared_ptr<const proxy_reference> proxy = resolve(args, options_);
    if (!proxy && has_authkey(args[3])) object = without_authkey(object);
    return proxy;
  }

  std::shared_ptr<const proxy_reference> share(const proxy_reference& proxy) const {
    for (const frozen::hole& hole : holes_) {
      if (hole.proxy.get() == &proxy) return hole.proxy;
    }
    return std::make_shared<const proxy_reference>(proxy);
  }

  // The same call, with all keywords but the authkey.
  value_view without_authkey(value_view call) {
    const instance_node& node = call.as_instance();
    const std::span<const value_view> args = node.args.as_items();
    if (!cleaned_) cleaned_ = std::make_unique<arena>();
    value_builder build(*cleaned_);
    std::vector<dict_entry> kwds;
    for (const dict_entry& entry : args[3].as_entries()) {
      if (!is_str(entry.key, "authkey")) kwds.push_back(entry);
    }
    const value_view parts[] = {args[0], args[1], args[2], build.dict(kwds)};
    const value_view cleaned = build.instance(node.how, node.callable, build.tuple(parts));
    for (const instance_node::change& change : node.changes.view())
      build.change(cleaned, change);
    return cleaned;
  }

  load_error check_memory() const {
    return memory_ > options_.max_memory ? load_error{pickle_errc::too_large} : load_error{};
  }

  const freeze_options& options_;
  std::span<const frozen::hole> holes_;
  std::unordered_map<const void*, frozen> known_;
  std::unique_ptr<arena> cleaned_;
  std::size_t memory_ = 0;
  bool holds_ticket_ = false;
};

load_options loading(const freeze_options& options) {
  load_options chosen;
  chosen.max_memory = options.max_memory;
  chosen.max_depth = options.max_depth;
  chosen.borrow = true;
  return chosen;
}

// The items of what Python would iterate, where that runs no code of a class.
std::optional<std::vector<value_view>> iterated(value_view v) {
  switch (v.kind()) {
    case kind::tuple:
    case kind::list:
    case kind::set:
    case kind::frozenset: return std::vector(v.as_items().begin(), v.as_items().end());
    case kind::dict: {
      std::vector<value_view> keys;
      for (const dict_entry& entry : v.as_entries())
        keys.push_back(entry.key);
      return keys;
    }
    default: return std::nullopt;
  }
}

}  // namespace

load_error freeze_request_by_value(bytes_view message, const freeze_options& options,
                                   frozen_request& request) {
  load_error error;
  const value loaded = loads(message, error, loading(options));
  if (error) return error;
  const load_error refused{pickle_errc::not_a_request};
  if (!loaded->is(kind::tuple) && !loaded->is(kind::list)) return refused;
  const std::span<const value_view> parts = loaded->as_items();
  if (parts.size() != 4 || !(parts[0].is(kind::str) || parts[0].is_none()) ||
      !parts[1].is(kind::str) || !parts[3].is(kind::dict)) {
    return refused;
  }
  const auto args = iterated(parts[2]);
  if (!args) return refused;
  request.ident = parts[0].is_none() ? std::string_view() : parts[0].as_str();
  request.method = parts[1].as_str();
  request.args.clear();
  request.kwds.clear();
  part_freezer parts_of_it(options);
  if (const load_error failed = parts_of_it.freeze(*args, request.args)) return failed;
  std::unordered_map<std::string_view, std::size_t> keywords;
  for (const dict_entry& entry : parts[3].as_entries()) {
    if (!entry.key.is(kind::str)) return refused;
    // Of a key that was written twice the later item counts.
    const auto [known, is_new] = keywords.emplace(entry.key.as_str(), request.kwds.size());
    if (is_new) request.kwds.emplace_back(entry.key.as_str(), frozen());
    frozen& argument = request.kwds[known->second].second;
    if (const load_error failed = parts_of_it.freeze(entry.value, argument)) return failed;
  }
  request.holds_ticket = parts_of_it.met_ticket();
  return {};
}

load_error freeze_by_value(bytes_view message, const freeze_options& options, frozen& result) {
  load_error error;
  const value loaded = loads(message, error, loading(options));
  if (error) return error;
  return part_freezer(options).freeze(loaded, result);
}

load_error split_by_value(const frozen& container, const freeze_options& options,
                          std::vector<frozen>& slots) {
  const value thawed = thaw(container);
  part_freezer parts(options);
  parts.own_proxies(container.holes());
  if (!thawed->is(kind::dict)) return parts.freeze(thawed->as_items(), slots);
  for (const dict_entry& entry : thawed->as_entries()) {
    const value_view pair[] = {entry.key, entry.value};
    if (const load_error error = parts.freeze(pair, slots)) return error;
  }
  return {};
}

frozen freeze_by_value(value_view v, const freeze_options& options) {
  frozen result;
  if (part_freezer(options).freeze(v, result)) throw std::bad_alloc();
  return result;
}

}  // namespace pickled::inline v0::detail
