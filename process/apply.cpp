// SPDX-License-Identifier: BSL-1.0

#include "process/apply.hpp"

#include "connection/exception.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/value/as_call.hpp"
#include "pickled/value/attribute.hpp"
#include "process/python_exception.hpp"

#include <fmt/format.h>

#include <errno.h>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

using items = std::span<const value_view>;

constexpr global_name mapstar{"multiprocessing.pool", "mapstar"};
constexpr global_name starmapstar{"multiprocessing.pool", "starmapstar"};
constexpr global_name reraises{"multiprocessing.pool", "_helper_reraises_exception"};
constexpr global_name process_chunk{"concurrent.futures.process", "_process_chunk"};
constexpr global_name get_attribute{"builtins", "getattr"};
constexpr global_name list_functions{"pickled", "functions"};
constexpr global_name partial{"functools", "partial"};
constexpr global_name rebuild_partial{"multiprocessing.reduction", "_rebuild_partial"};

bool is_sequence(value_view v) {
  return v.is(kind::tuple) || v.is(kind::list);
}

// partial(callable, *args, **kwds): as multiprocessing's own pickler writes it, or the plain one.
struct partial_call {
  value_view callable;
  items args;
  std::span<const dict_entry> kwds;
};

bool read_partial(items parts, partial_call& to) {
  if (parts.size() < 3 || !is_sequence(parts[1])) return false;
  to.callable = parts[0];
  to.args = parts[1].as_items();
  if (parts[2].is(kind::dict)) to.kwds = parts[2].as_entries();
  return true;
}

bool read_partial(value_view v, partial_call& to) {
  if (const instance_node* call = as_call(v, rebuild_partial))
    return read_partial(call->args.as_items(), to);
  const instance_node* call = as_call(v, partial);
  if (call == nullptr) return false;
  for (const auto& change : call->changes.view())
    if (change.action == instance_node::change::action::build && change.first.is(kind::tuple))
      return read_partial(change.first.as_items(), to);
  return false;
}

// "shapes.area"; of a method that is bound to its class, which multiprocessing pickles as a
// getattr, "shapes.Square.area". Nothing for other callables.
std::optional<std::string> dotted_name(value_view callable) {
  const auto dotted = [](const global_name& name) {
    std::string whole;
    whole.reserve(name.module.size() + 1 + name.name.size());
    return whole.append(name.module).append(".").append(name.name);
  };
  if (callable.is(kind::global)) return dotted(callable.as_global());
  const instance_node* call = as_call(callable, get_attribute);
  if (call == nullptr || call->args.size() != 2) return std::nullopt;
  const items parts = call->args.as_items();
  if (!parts[0].is(kind::global) || !parts[1].is(kind::str)) return std::nullopt;
  return dotted(parts[0].as_global()).append(".").append(parts[1].as_str());
}

class application {
 public:
  application(const functions& offered, value_builder& b) : offered_(offered), b_(b) {}

  value_view call(value_view callable, items args, std::span<const dict_entry> kwds) const {
    if (callable.is(kind::global)) {
      const global_name name = callable.as_global();
      if (name == mapstar) return map(chunk_of(args, true), false);
      if (name == starmapstar) return map(chunk_of(args, true), true);
      if (name == process_chunk) return map(chunk_of(args, false), true);
      if (name == reraises) reraise(args);
      if (name == list_functions) return names();
    }
    if (const auto called = dotted_name(callable)) {
      if (const function* f = offered_.find(*called)) return (*f)(args, kwds, b_);
      throw python_error("AttributeError",
                         fmt::format("the C++ worker {} has no function '{}' (its --list names "
                                     "those that it has)",
                                     program_invocation_short_name, *called));
    }
    partial_call p;
    if (!read_partial(callable, p))
      throw python_error("TypeError",
                         fmt::format("the C++ worker {} cannot call {}",
                                     program_invocation_short_name, repr(callable, longest_repr)));
    std::vector<value_view> all_args(p.args.begin(), p.args.end());
    all_args.insert(all_args.end(), args.begin(), args.end());
    return call(p.callable, all_args, merge(p.kwds, kwds));
  }

 private:
  struct chunk {
    value_view callable;
    items arguments;
  };

  // mapstar takes a pair, _process_chunk two arguments.
  static chunk chunk_of(items args, bool paired) {
    if (paired && args.size() == 1 && is_sequence(args[0])) args = args[0].as_items();
    if (args.size() != 2 || !is_sequence(args[1]))
      throw python_error("TypeError", "a chunk of a map is a function and a tuple");
    return {args[0], args[1].as_items()};
  }

  value_view map(const chunk& c, bool star) const {
    const function* f = find_function(offered_, c.callable);
    std::vector<value_view> results;
    results.reserve(c.arguments.size());
    for (const value_view& item : c.arguments) {
      if (star && !is_sequence(item))
        throw python_error("TypeError", "the arguments of a call are a tuple");
      const items args = star ? item.as_items() : items(&item, 1);
      results.push_back(f != nullptr ? (*f)(args, {}, b_) : call(c.callable, args, {}));
    }
    return b_.list(results);
  }

  value_view names() const {
    std::vector<std::string_view> all;
    for (const auto& [name, f] : offered_.all())
      all.push_back(name);
    return to_value(all, b_);
  }

  [[noreturn]] static void reraise(items args) {
    const auto exception = args.empty() ? std::nullopt : read_exception(args[0]);
    if (!exception) throw python_error("RuntimeError", "the iterable of a map raised");
    throw to_python_error(*exception);
  }

  // Of two keywords of one name the later counts.
  static std::vector<dict_entry> merge(std::span<const dict_entry> first,
                                       std::span<const dict_entry> second) {
    std::vector<dict_entry> merged;
    const auto put = [&](const dict_entry& entry) {
      for (dict_entry& each : merged)
        if (each.key.is(kind::str) && entry.key.is(kind::str) &&
            each.key.as_str() == entry.key.as_str()) {
          each = entry;
          return;
        }
      merged.push_back(entry);
    };
    for (const dict_entry& entry : first)
      put(entry);
    for (const dict_entry& entry : second)
      put(entry);
    return merged;
  }

  const functions& offered_;
  value_builder& b_;
};

}  // namespace

const function* find_function(const functions& offered, value_view callable) {
  const auto name = dotted_name(callable);
  return name ? offered.find(*name) : nullptr;
}

value_view apply(const functions& offered, value_view callable, value_view args, value_view kwds,
                 value_builder& b) {
  // CPython 3.8's executor sends a list.
  if (!is_sequence(args) || !(kwds.is(kind::dict) || kwds.is_none()))
    throw python_error("TypeError", "the arguments of a call are a tuple and a dict");
  const auto entries = kwds.is(kind::dict) ? kwds.as_entries() : std::span<const dict_entry>();
  return application(offered, b).call(callable, args.as_items(), entries);
}

std::string function_name(value_view callable, value_view args) {
  partial_call p;
  if (read_partial(callable, p)) return function_name(p.callable, args);
  const auto called = dotted_name(callable);
  if (!called) return repr(callable, longest_repr);
  if (!callable.is(kind::global)) return *called;
  const global_name name = callable.as_global();
  const bool paired = name == mapstar || name == starmapstar;
  if ((paired || name == process_chunk) && is_sequence(args) && args.size() != 0) {
    const value_view first = args.as_items()[0];
    if (!paired) return function_name(first, {});
    if (is_sequence(first) && first.size() != 0) return function_name(first.as_items()[0], {});
  }
  return *called;
}

}  // namespace pickled::inline v0::detail
