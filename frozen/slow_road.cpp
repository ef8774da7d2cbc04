#include "frozen/slow_road.hpp"

#include "frozen/proxy_pickle.hpp"
#include "frozen/workspace.hpp"
#include "pickle/codec/pickler.hpp"
#include "pickle/codec/unpickler.hpp"

#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace pickled {

namespace {

// Dumps values one after the other into frozen ones. A node that is met as a whole value twice
// becomes one block.
class part_freezer {
 public:
  explicit part_freezer(const freeze_options& options) : options_(options) {}

  // Whose holes the proxies in the values are.
  void own_proxies(std::span<const frozen::hole> holes) { holes_ = holes; }

  load_error freeze(value_view v, frozen& result) {
    if (freeze_leaf(v, result)) return {};
    const void* identity = v.identity();
    if (identity != nullptr) {
      if (const auto found = known_.find(identity); found != known_.end()) {
        result = found->second;
        return {};
      }
    }
    if (const load_error error = freeze_anew(v, result)) return error;
    if (result.identity() != nullptr) known_.emplace(identity, result);
    memory_ += sizeof(frozen) + result.memory();
    return memory_ > options_.max_memory ? load_error{pickle_errc::too_large} : load_error{};
  }

  load_error freeze(std::span<const value_view> parts, std::vector<frozen>& results) {
    for (const value_view part : parts) {
      if (const load_error error = freeze(part, results.emplace_back())) return error;
    }
    return {};
  }

 private:
  static bool freeze_leaf(value_view v, frozen& result) noexcept {
    switch (v.kind()) {
      case kind::none: result = frozen(); return true;
      case kind::boolean: result = frozen::boolean(v.as_bool()); return true;
      case kind::integer: result = frozen::integer(v.as_integer()); return true;
      case kind::real: result = frozen::real(v.as_real()); return true;
      default: return false;
    }
  }

  load_error freeze_anew(value_view v, frozen& result) {
    std::vector<std::shared_ptr<const proxy_reference>> proxies;
    dump_options dumping;
    dumping.protocol = 5;  // which differs from 4 for bytearray alone
    dumping.persistent_id = [&](value_view object) -> std::optional<value_view> {
      if (!object.is(kind::proxy)) return std::nullopt;
      proxies.push_back(share(object.as_proxy()));
      return value_view::integer(static_cast<std::int64_t>(proxies.size() - 1));
    };
    const buffer message = dumps(v, dumping);
    workspace_lease work;
    scanner::options reading;
    reading.find_proxies = static_cast<bool>(options_.resolve);
    reading.max_depth = value_view::deepest;
    reading.max_memory = std::numeric_limits<std::size_t>::max();
    reading.proxies = proxies;
    if (!work->parse.scan(message, reading, work->map)) {
      throw std::invalid_argument("a value with persistent ids or buffers cannot be frozen");
    }
    work->cuts.start(work->map, options_.max_memory);
    replace_proxies(work->map, work->cuts, options_);
    if (work->cuts.cut_whole(result) == cutter::verdict::good) return {};
    return {pickle_errc::too_large};
  }

  std::shared_ptr<const proxy_reference> share(const proxy_reference& proxy) const {
    for (const frozen::hole& hole : holes_) {
      if (hole.proxy.get() == &proxy) return hole.proxy;
    }
    return std::make_shared<const proxy_reference>(proxy);
  }

  const freeze_options& options_;
  std::span<const frozen::hole> holes_;
  std::unordered_map<const void*, frozen> known_;
  std::size_t memory_ = 0;
};

load_options loading(const freeze_options& options) {
  load_options chosen;
  chosen.max_memory = options.max_memory;
  chosen.max_depth = options.max_depth;
  chosen.borrow = true;
  return chosen;
}

// What Python would iterate, and is iterated without running anything.
std::optional<std::vector<value_view>> items_of(value_view v) {
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
  const auto args = items_of(parts[2]);
  if (!args) return refused;
  request.ident = parts[0].is_none() ? std::string_view() : parts[0].as_str();
  request.method = parts[1].as_str();
  request.args.clear();
  request.kwds.clear();
  part_freezer parts_of_it(options);
  if (const load_error failed = parts_of_it.freeze(*args, request.args)) return failed;
  for (const dict_entry& entry : parts[3].as_entries()) {
    if (!entry.key.is(kind::str)) return refused;
    auto& kwd = request.kwds.emplace_back(entry.key.as_str(), frozen());
    if (const load_error failed = parts_of_it.freeze(entry.value, kwd.second)) return failed;
  }
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

frozen freeze(value_view v) {
  freeze_options unlimited;
  unlimited.max_memory = std::numeric_limits<std::size_t>::max();
  frozen result;
  if (part_freezer(unlimited).freeze(v, result)) throw std::bad_alloc();
  return result;
}

}  // namespace pickled
