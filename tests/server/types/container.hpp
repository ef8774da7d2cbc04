// SPDX-License-Identifier: BSL-1.0

// Hosted containers called directly, and values compared as strictly as a client would see them.

#ifndef PICKLED_TESTS_SERVER_TYPES_CONTAINER_HPP
#define PICKLED_TESTS_SERVER_TYPES_CONTAINER_HPP

#include "frozen/freezer.hpp"
#include "pickled/frozen/splicer.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/value/value.hpp"
#include "server/objects/referent.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail::testing {

inline void call_method(hosted& object, std::string_view method, call& c) {
  const auto methods = object.methods();
  const auto entry = std::ranges::find(methods, method, &method_entry::name);
  if (entry == methods.end()) throw std::logic_error("there is no such method");
  object.apply(event::request{*entry, c});
}

// What the method returns; throws what it raises.
inline frozen answer(hosted& object, std::string_view method, arguments args) {
  splicer reply;
  reply.begin_tuple();
  call c(std::move(args), owner(), reply, nullptr);
  call_method(object, method, c);
  std::vector<frozen> written;
  const load_error error = split(std::move(reply.end_tuple()).freeze(), {}, written);
  if (error || written.size() > 1) throw std::logic_error("more than one value is returned");
  return written.empty() ? frozen() : written.front();
}

template <class... Args>
frozen ask(const std::shared_ptr<hosted>& object, std::string_view method, Args... args) {
  return answer(*object, method, arguments(std::vector<frozen>{std::move(args)...}));
}

inline frozen value_of(const hosted& object) {
  splicer out;
  object.write_value(out);
  return std::move(out).freeze();
}

// A proxy as it stands in an argument of a request.
inline frozen proxy_of(std::shared_ptr<hosted> object, std::string proxytype) {
  auto named = std::make_shared<referent>();
  named->object = std::move(object);
  auto reference = std::make_shared<proxy_reference>();
  reference->referent = std::move(named);
  reference->proxytype = std::move(proxytype);
  frozen::traits about;
  about.opaque_equality = true;
  about.kind = kind::proxy;
  return frozen::block(buffer(), about, {{0, std::move(reference)}});
}

// Equal, and of the same types in the same order (but for sets): 1 is not True here.
inline bool same(value_argument a, value_argument b);

inline bool all_same(std::span<const value_view> a, std::span<const value_view> b) {
  return std::ranges::equal(a, b, same);
}

inline bool same_instance(const instance_node& a, const instance_node& b) {
  const auto same_change = [](const auto& x, const auto& y) {
    return x.action == y.action && same(x.first, y.first) && same(x.second, y.second);
  };
  return a.how == b.how && same(a.callable, b.callable) && same(a.args, b.args) &&
         std::ranges::equal(a.changes.view(), b.changes.view(), same_change);
}

inline bool same(value_argument a, value_argument b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case kind::tuple:
    case kind::list: return all_same(a.as_items(), b.as_items());
    case kind::set:
    case kind::frozenset:
      return a.size() == b.size() && std::ranges::all_of(a.as_items(), [&](value_view item) {
               return std::ranges::any_of(b.as_items(),
                                          [&](value_view other) { return same(item, other); });
             });
    case kind::dict:
      return std::ranges::equal(a.as_entries(), b.as_entries(), [](auto& x, auto& y) {
        return same(x.key, y.key) && same(x.value, y.value);
      });
    case kind::instance: return same_instance(a.as_instance(), b.as_instance());
    case kind::global: return a.as_global() == b.as_global();
    case kind::real:
      return a.as_real() == b.as_real() ||
             (a.as_real() != a.as_real() && b.as_real() != b.as_real());
    default: return equal(a, b);
  }
}

}  // namespace pickled::inline v0::detail::testing

#endif  // PICKLED_TESTS_SERVER_TYPES_CONTAINER_HPP
