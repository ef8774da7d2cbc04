// SPDX-License-Identifier: BSL-1.0

// The freezer accepts what the unpickler accepts, and what it wrote means the same: frozen again it
// is the same run, thawed it is the graph that the message loads as, cut into slots and joined it
// loads. What is frozen in one pass and what is frozen by value are the same graph.

#include "frozen/freezer.hpp"

#include "frozen/freeze_by_value.hpp"
#include "frozen/thaw.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/frozen/splicer.hpp"

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using pickled::kind;
using pickled::value_view;

// Two values as graphs: equal leaves, and what is one mutable object in one is one in the other.
class graph_comparison {
 public:
  bool same(value_view a, value_view b) {
    compare(a, b);
    while (same_ && !open_.empty()) {
      const auto [one, other] = open_.back();
      open_.pop_back();
      step(one, other);
    }
    return same_;
  }

 private:
  void compare(value_view a, value_view b) { open_.emplace_back(a, b); }
  void expect(bool holds) { same_ = same_ && holds; }

  template <class Items>
  void compare_all(const Items& a, const Items& b) {
    expect(a.size() == b.size());
    for (std::size_t i = 0; same_ && i != a.size(); ++i)
      compare(a[i], b[i]);
  }

  // Whether the parts are still to be compared.
  bool meet(value_view a, value_view b) {
    const auto [there, is_new] = met_.try_emplace(a.identity(), b.identity());
    const auto [back, is_new_too] = met_back_.try_emplace(b.identity(), a.identity());
    expect(is_new == is_new_too && there->second == b.identity() && back->second == a.identity());
    return is_new;
  }

  void step(value_view a, value_view b) {
    expect(a.kind() == b.kind());
    if (!same_) return;
    switch (a.kind()) {
      case kind::none: return;
      case kind::boolean: return expect(a.as_bool() == b.as_bool());
      case kind::integer: return expect(a.as_integer() == b.as_integer());
      case kind::real: return expect(bits(a.as_real()) == bits(b.as_real()));
      case kind::complex:
        return expect(bits(a.as_complex().real) == bits(b.as_complex().real) &&
                      bits(a.as_complex().imag) == bits(b.as_complex().imag));
      case kind::str: return expect(a.as_str() == b.as_str());
      case kind::bytearray: meet(a, b); [[fallthrough]];
      case kind::bytes:
      case kind::big_integer:
        return expect(pickled::as_text(a.as_bytes()) == pickled::as_text(b.as_bytes()));
      case kind::tuple:
      case kind::frozenset:
        // Shared tuples may be met many times over.
        if (!a.as_items().empty() && !seen_.insert_or_assign(a.identity(), b.identity()).second)
          return;
        return compare_all(a.as_items(), b.as_items());
      case kind::list:
      case kind::set:
        if (meet(a, b)) compare_all(a.as_items(), b.as_items());
        return;
      case kind::dict:
        if (meet(a, b)) compare_entries(a.as_entries(), b.as_entries());
        return;
      case kind::global: return expect(a.as_global() == b.as_global());
      case kind::extension: return expect(a.as_extension() == b.as_extension());
      case kind::instance:
        if (meet(a, b)) compare_instances(a.as_instance(), b.as_instance());
        return;
      case kind::buffer:
        return expect(pickled::as_text(a.as_buffer().content) ==
                      pickled::as_text(b.as_buffer().content));
      case kind::persistent:
      case kind::proxy: return;
    }
  }

  static std::uint64_t bits(double d) { return std::bit_cast<std::uint64_t>(d); }

  void compare_entries(std::span<const pickled::dict_entry> a,
                       std::span<const pickled::dict_entry> b) {
    expect(a.size() == b.size());
    for (std::size_t i = 0; same_ && i != a.size(); ++i) {
      compare(a[i].key, b[i].key);
      compare(a[i].value, b[i].value);
    }
  }

  void compare_instances(const pickled::instance_node& a, const pickled::instance_node& b) {
    const auto changes = a.changes.view();
    expect(a.how == b.how && changes.size() == b.changes.size);
    compare(a.callable, b.callable);
    compare(a.args, b.args);
    compare(a.kwargs, b.kwargs);
    for (std::size_t i = 0; same_ && i != changes.size(); ++i) {
      const auto& other = b.changes.view()[i];
      expect(changes[i].action == other.action);
      compare(changes[i].first, other.first);
      compare(changes[i].second, other.second);
    }
  }

  bool same_ = true;
  std::vector<std::pair<value_view, value_view>> open_;
  std::unordered_map<const void*, const void*> met_;
  std::unordered_map<const void*, const void*> met_back_;
  std::unordered_map<const void*, const void*> seen_;
};

constexpr std::size_t max_memory = std::size_t{1} << 26;

void require(bool holds) {
  if (!holds) std::abort();
}

pickled::buffer spliced(const pickled::frozen& f) {
  pickled::splicer out;
  out.frozen(f);
  return std::move(out).finish().joined();
}

void check_same(const pickled::frozen& a, const pickled::frozen& b) {
  const pickled::value one = pickled::detail::thaw(a);
  const pickled::value other = pickled::detail::thaw(b);
  require(graph_comparison().same(one, other));
}

void check_value(const pickled::frozen& f) {
  const pickled::buffer message = spliced(f);
  pickled::load_error error;
  pickled::loads(message, error, {.max_memory = max_memory * 16});
  require(!error);
  pickled::frozen again;
  require(!pickled::detail::freeze(message, {.max_memory = max_memory * 16}, again));
  require(pickled::as_text(again.run()) == pickled::as_text(f.run()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const pickled::bytes_view input = std::as_bytes(std::span(data, size));
  pickled::detail::freeze_options options;
  options.max_memory = max_memory;
  options.max_depth = 1000;

  pickled::detail::frozen_request request;
  if (!pickled::detail::freeze_request(input, options, request)) {
    for (const pickled::frozen& argument : request.args)
      check_value(argument);
    for (const auto& [name, argument] : request.kwds)
      check_value(argument);
    pickled::detail::frozen_request other;
    if (!pickled::detail::freeze_request_by_value(input, options, other)) {
      require(request.ident == other.ident && request.method == other.method);
      require(request.args.size() == other.args.size());
      require(request.kwds.size() == other.kwds.size());
      for (std::size_t i = 0; i != request.args.size(); ++i)
        check_same(request.args[i], other.args[i]);
      for (std::size_t i = 0; i != request.kwds.size(); ++i)
        check_same(request.kwds[i].second, other.kwds[i].second);
    }
  }

  pickled::load_error unpickled;
  pickled::loads(input, unpickled, {.max_memory = max_memory * 4, .max_depth = 1000});
  pickled::frozen whole;
  const pickled::load_error frozen = pickled::detail::freeze(input, options, whole);
  const bool limited = frozen.code == pickled::pickle_errc::too_large ||
                       frozen.code == pickled::pickle_errc::too_deep ||
                       unpickled.code == pickled::pickle_errc::too_large ||
                       unpickled.code == pickled::pickle_errc::too_deep ||
                       unpickled.code == pickled::pickle_errc::memo_too_large ||
                       frozen.code == pickled::pickle_errc::memo_too_large;
  if (!limited) require(static_cast<bool>(frozen) == static_cast<bool>(unpickled));
  if (frozen) return 0;
  check_value(whole);
  if (!unpickled) {
    pickled::frozen other;
    if (!pickled::detail::freeze_by_value(input, options, other)) check_same(whole, other);
  }
  switch (whole.kind()) {
    case pickled::kind::list:
    case pickled::kind::tuple:
    case pickled::kind::dict:
    case pickled::kind::set:
    case pickled::kind::frozenset: {
      std::vector<pickled::frozen> slots;
      if (pickled::detail::split(whole, options, slots)) return 0;
      for (const pickled::frozen& slot : slots)
        check_value(slot);
      break;
    }
    default: break;
  }
  return 0;
}
