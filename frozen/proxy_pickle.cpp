#include "frozen/proxy_pickle.hpp"

#include <algorithm>
#include <optional>
#include <span>

namespace pickled {

namespace {

constexpr std::string_view managers = "multiprocessing.managers";

bool is_str(value_view v, std::string_view text) noexcept {
  return v.is(kind::str) && v.as_str() == text;
}

// Token.__new__(Token) and BUILD of (typeid, address, ident).
std::optional<token_view> read_token(value_view v) {
  if (!v.is(kind::instance)) return std::nullopt;
  const instance_node& node = v.as_instance();
  if (node.how != instance_node::construction::newobj || !node.callable.is(kind::global) ||
      node.callable.as_global() != global_name{managers, "Token"}) {
    return std::nullopt;
  }
  const auto changes = node.changes.view();
  if (changes.size() != 1 || changes[0].what != instance_node::change::what::build ||
      !changes[0].first.is(kind::tuple)) {
    return std::nullopt;
  }
  const std::span<const value_view> state = changes[0].first.as_items();
  if (state.size() != 3 || !state[0].is(kind::str) || !state[2].is(kind::str)) return std::nullopt;
  return token_view{state[0].as_str(), state[1], state[2].as_str()};
}

std::optional<std::vector<std::string>> read_exposed(value_view v) {
  if (!v.is(kind::tuple) && !v.is(kind::list)) return std::nullopt;
  std::vector<std::string> exposed;
  for (const value_view name : v.as_items()) {
    if (!name.is(kind::str)) return std::nullopt;
    exposed.emplace_back(name.as_str());
  }
  return exposed;
}

// nullptr where the arguments are not those of a proxy of an object that is hosted here.
std::shared_ptr<const proxy_reference> resolve(std::span<const value_view> args,
                                               const freeze_options& options) {
  if (!args[0].is(kind::global) || args[0].as_global().module != managers) return nullptr;
  const std::optional<token_view> token = read_token(args[1]);
  if (!token || !args[2].is(kind::str)) return nullptr;
  auto proxy = std::make_shared<proxy_reference>();
  for (const dict_entry& entry : args[3].as_entries()) {
    if (is_str(entry.key, "exposed") && !entry.value.is_none()) {
      proxy->exposed = read_exposed(entry.value);
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

// The same call, with all keywords but the authkey.
frozen without_authkey(std::span<const value_view> args) {
  arena memory;
  value_builder build(memory);
  std::vector<dict_entry> kwds;
  for (const dict_entry& entry : args[3].as_entries()) {
    if (!is_str(entry.key, "authkey")) kwds.push_back(entry);
  }
  const value_view parts[] = {args[0], args[1], args[2], build.dict(kwds)};
  return freeze(build.instance(instance_node::construction::reduce,
                               build.global(managers, "RebuildProxy"), build.tuple(parts)));
}

bool has_authkey(value_view kwds) noexcept {
  const std::span<const dict_entry> entries = kwds.as_entries();
  return std::any_of(entries.begin(), entries.end(),
                     [](const dict_entry& entry) { return is_str(entry.key, "authkey"); });
}

bool insert_replacement(message_map& map, replacement r) {
  const auto number = static_cast<std::uint32_t>(map.replacements.size());
  const edit added{r.start, number, 0, edit::what::replace};
  if (!map.edits.push(added)) return false;
  const auto by_offset = [](const edit& a, const edit& b) { return a.offset < b.offset; };
  edit* const last = map.edits.end() - 1;
  edit* const place = std::lower_bound(map.edits.begin(), last, added, by_offset);
  std::rotate(place, last, last + 1);
  map.replacements.push_back(std::move(r));
  return true;
}

}  // namespace

void replace_proxies(message_map& map, cutter& cuts, const freeze_options& options) {
  frozen::traits about;
  about.kind = kind::tuple;
  for (const proxy_call& call : map.proxy_calls) {
    frozen part;
    if (cuts.cut_part(call.arguments, call.end - 1, about, part) != cutter::verdict::good) continue;
    const value thawed = thaw(part);
    const std::span<const value_view> args = thawed->as_items();
    if (args.size() != 4 || !args[3].is(kind::dict)) continue;
    replacement r{call.start, call.end, resolve(args, options), {}};
    if (!r.proxy) {
      if (!has_authkey(args[3])) continue;
      r.plain = without_authkey(args);
    }
    if (!insert_replacement(map, std::move(r))) return;
  }
}

}  // namespace pickled
