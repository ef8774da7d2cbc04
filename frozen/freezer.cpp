// The fast road. What it does not take, because the message is not canonical or a value has a part
// that is defined around, changed or dropped elsewhere, goes by the slow road, which is also the
// one that finds out what is wrong with a malformed message:
//
//  * protocols 0 to 3, text opcodes, DUP, READONLY_BUFFER, and forms longer than they need be;
//  * a request, its args or kwds that are not literal tuples (or a list, for args) and dict;
//  * POP, or a change made to an object through a GET, anywhere in a message that is to be cut;
//  * a slot with a GET of what encloses it, or of what holds a part of it already;
//  * definitions written into slots that need them, beyond the size of the message and 1 MiB.

#include "frozen/freezer.hpp"

#include "frozen/holes.hpp"
#include "frozen/proxy_pickle.hpp"
#include "frozen/slow_road.hpp"
#include "frozen/workspace.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace pickled {

namespace {

using verdict = cutter::verdict;

scanner::options reading(const freeze_options& options, scanner::shape shape) {
  scanner::options chosen;
  chosen.shape = shape;
  chosen.find_proxies = static_cast<bool>(options.resolve);
  chosen.max_depth = options.max_depth;
  chosen.max_memory = options.max_memory;
  return chosen;
}

bool is_text(const slot& item) noexcept {
  return item.kind == kind::str;
}

// (ident or None, method, a tuple or list, a dict), the last two literal.
bool is_literal_request(const message_map& map) noexcept {
  if (!map.has_request || map.uncuttable || map.top.kind != kind::tuple) return false;
  const auto& [ident, method, args, kwds] = map.request;
  return (is_text(ident) || ident.kind == kind::none) && is_text(method) &&
         (args.kind == kind::tuple || args.kind == kind::list) && kwds.kind == kind::dict &&
         !((args.flags | kwds.flags) & fetched);
}

// The slots of `container`, which was watched; none if nothing ever went into it.
std::span<const slot> slots_of(const message_map::contents& watched, const slot& container) {
  if (watched.container != container.start) return {};
  return watched.slots;
}

verdict cut_all(cutter& cuts, std::span<const slot> slots, std::vector<frozen>& results) {
  results.reserve(slots.size());
  for (const slot& s : slots) {
    if (const verdict v = cuts.cut(s, results); v != verdict::good) return v;
  }
  return verdict::good;
}

// Keywords are cut together with the arguments, since they may share with one another.
verdict cut_request(workspace_lease& work, frozen_request& request) {
  const message_map& map = work->map;
  const auto& [ident, method, args, kwds] = map.request;
  request.ident = is_text(ident) ? map.text(ident) : std::string_view();
  request.method = map.text(method);
  request.args.clear();
  request.kwds.clear();
  const verdict v = cut_all(work->cuts, slots_of(map.watched[0], args), request.args);
  const std::span<const slot> pairs = slots_of(map.watched[1], kwds);
  if (v != verdict::good || pairs.empty()) return v;
  const std::size_t count = request.args.size();
  for (std::size_t i = 0; i != pairs.size(); i += 2) {
    if (!is_text(pairs[i])) return verdict::uncuttable;
    if (const verdict w = work->cuts.cut(pairs[i + 1], request.args); w != verdict::good) return w;
    request.kwds.emplace_back(map.text(pairs[i]), request.args.back());
  }
  request.args.resize(count);
  return verdict::good;
}

load_error error_of(verdict v) {
  return v == verdict::good ? load_error{} : load_error{pickle_errc::too_large};
}

}  // namespace

load_error freeze_request(bytes_view message, const freeze_options& options,
                          frozen_request& request) {
  {
    workspace_lease work;
    if (work->parse.scan(message, reading(options, scanner::shape::request), work->map) &&
        is_literal_request(work->map)) {
      work->cuts.start(work->map, options.max_memory);
      if (!work->map.proxy_calls.empty()) replace_proxies(work->map, work->cuts, options);
      const verdict v = cut_request(work, request);
      if (v != verdict::uncuttable) return error_of(v);
    }
  }
  return freeze_request_by_value(message, options, request);
}

load_error freeze(bytes_view message, const freeze_options& options, frozen& result) {
  {
    workspace_lease work;
    if (work->parse.scan(message, reading(options, scanner::shape::value), work->map)) {
      work->cuts.start(work->map, options.max_memory);
      if (!work->map.proxy_calls.empty()) replace_proxies(work->map, work->cuts, options);
      const verdict v = work->cuts.cut_whole(result);
      if (v != verdict::uncuttable) return error_of(v);
    }
  }
  return freeze_by_value(message, options, result);
}

load_error split(const frozen& container, const freeze_options& options,
                 std::vector<frozen>& slots) {
  slots.clear();
  scanner::options chosen = reading(options, scanner::shape::slots);
  chosen.whole_pickle = false;
  chosen.find_proxies = false;
  chosen.max_depth = value_view::deepest;
  std::vector<std::shared_ptr<const proxy_reference>> proxies;
  buffer with_ids;
  bytes_view run = container.run_and_stop();
  if (!container.holes().empty()) {
    for (const frozen::hole& hole : container.holes())
      proxies.push_back(hole.proxy);
    with_ids = with_persistent_ids(container);
    run = with_ids;
    chosen.proxies = proxies;
  }
  {
    workspace_lease work;
    if (work->parse.scan(run, chosen, work->map) && !work->map.uncuttable) {
      work->cuts.start(work->map, options.max_memory);
      const std::span<const slot> found = slots_of(work->map.watched[0], work->map.top);
      const verdict v = cut_all(work->cuts, found, slots);
      if (v != verdict::uncuttable) return error_of(v);
    }
  }
  slots.clear();
  return split_by_value(container, options, slots);
}

}  // namespace pickled
