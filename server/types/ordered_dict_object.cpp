// SPDX-License-Identifier: BSL-1.0

// collections.OrderedDict, as a manager hosts it.

#include "frozen/thaw.hpp"
#include "pickled/python/python_error.hpp"
#include "server/python/truth.hpp"
#include "server/registry.hpp"
#include "server/types/dict_object.hpp"
#include "server/types/slots.hpp"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

class ordered_dict_object final : public dict_object {
 public:
  using dict_object::dict_object;

  static std::span<const method_entry> table() noexcept {
    static constexpr method_entry methods[] = {
        {"__contains__", method<&ordered_dict_object::contains>, needs::key},
        {"__delitem__", method<&ordered_dict_object::delitem>, needs::key},
        {"__getitem__", method<&ordered_dict_object::getitem>, needs::key},
        {"__iter__", method<&ordered_dict_object::iter>, needs::whole},
        {"__len__", method<&ordered_dict_object::len>, needs::little},
        {"__reversed__", method<&ordered_dict_object::reversed>, needs::whole},
        {"__setitem__", method<&ordered_dict_object::setitem>, needs::memory | needs::key},
        {"clear", method<&ordered_dict_object::clear>, needs::whole},
        {"copy", method<&ordered_dict_object::copy>, needs::whole},
        {"fromkeys", method<&ordered_dict_object::ordered_fromkeys>, needs::arguments},
        {"get", method<&ordered_dict_object::get>, needs::key},
        {"items", method<&ordered_dict_object::list_items>, needs::whole},
        {"keys", method<&ordered_dict_object::list_keys>, needs::whole},
        {"move_to_end", method<&ordered_dict_object::move_to_end>, needs::key | needs::whole},
        {"pop", method<&ordered_dict_object::pop_key>, needs::key},
        {"popitem", method<&ordered_dict_object::pop_end>, needs::little},
        {"setdefault", method<&ordered_dict_object::set_default>, needs::memory | needs::key},
        {"update", method<&ordered_dict_object::update>, needs::memory | needs::arguments},
        {"values", method<&ordered_dict_object::list_values>, needs::whole},
    };
    return methods;
  }

  std::span<const method_entry> methods() const noexcept override { return table(); }

  std::string repr(std::size_t limit) const override {
    return size() == 0 ? "OrderedDict()" : fmt::format("OrderedDict({})", dict_object::repr(limit));
  }

  void write_value(splicer& out) const override {
    out.global("collections", "OrderedDict").begin_tuple();
    dict_object::write_value(out);
    out.end_tuple().reduce();
  }

 private:
  void ordered_fromkeys(call& c) {
    c.reply.global("collections", "OrderedDict").begin_tuple();
    fromkeys(c);
    c.reply.end_tuple().reduce();
  }

  // CPython's C code takes a None for no argument of the exception, and a tuple for all of them.
  [[noreturn]] static void throw_missing(const key& k) {
    if (k.original().is_none()) throw python_error("KeyError");
    if (k.original().kind() == kind::tuple) throw python_error("KeyError", thaw(k.original()));
    throw_key_error(k.original());
  }

  static bool is_last(const frozen* argument) { return argument == nullptr || truth(*argument); }

  void move_to_end(call& c) {
    const auto [given, end] = c.args.bind<2>("move_to_end", {"key", "last"}, 1);
    const bool last = is_last(end);
    const key k(*given);
    step([&] {
      last ? entries_.make_room_last() : entries_.make_room_first();
      auto entry = take(k);
      if (!entry) throw_missing(k);
      last ? put(entry->key, entry->value) : put_first(*std::move(entry));
    });
  }

  void pop_end(call& c) {
    const auto [end] = c.args.bind<1>("popitem", {"last"}, 0);
    if (entries_.size() == 0) throw python_error("KeyError", "dictionary is empty");
    const bool last = is_last(end);
    reply_pair(c.reply, last ? entries_.last() : entries_.first());
    drop_taken(c, last ? entries_.take_last() : entries_.take_first());
  }

  void pop_key(call& c) {
    const auto [given, otherwise] = c.args.bind<2>("pop", {"key", "default"}, 1);
    const key k(*given);
    const auto popped = take_into(c.reply, k);
    if (popped) return;
    if (otherwise == nullptr) throw_missing(k);
    c.reply.frozen(*otherwise);
  }

  void set_default(call& c) {
    const auto [given, otherwise] = c.args.bind<2>("setdefault", {"key", "default"}, 1);
    set_default_of(c, key(*given), otherwise == nullptr ? frozen() : *otherwise);
  }
};

}  // namespace

// OrderedDict(), OrderedDict(mapping), OrderedDict(iterable), each with keywords.
void host_ordered_dict(registry& types, iterators) {
  const auto create = [](arguments& args) {
    pairs given = update_arguments(args, "OrderedDict");
    given.throw_error();
    return std::make_shared<ordered_dict_object>(std::move(given));
  };
  types.host<ordered_dict_object>("OrderedDict", create, "AutoProxy",
                                  {{"collections", "OrderedDict"}});
}

}  // namespace pickled::inline v0::detail
