// SPDX-License-Identifier: BSL-1.0

// collections.defaultdict, as a manager hosts it. Its factory is a function, and none is run here,
// so those of Python's builtins are known by what they make.

#include "frozen/freezer.hpp"
#include "frozen/thaw.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "server/registry.hpp"
#include "server/types/dict_object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

frozen called(std::string_view module, std::string_view name) {
  splicer out;
  out.global(module, name).begin_tuple().end_tuple().reduce();
  return std::move(out).freeze();
}

// Classes that are called as they were sent, as nothing else makes what they make.
constexpr global_name called_classes[] = {
    {"builtins", "bytearray"},      {"builtins", "object"},         {"collections", "Counter"},
    {"collections", "OrderedDict"}, {"collections", "defaultdict"}, {"collections", "deque"},
    {"types", "SimpleNamespace"},
};

// What the class makes when it is called with nothing; nullopt where it is not known.
std::optional<frozen> made_by(const global_name& factory) {
  if (std::ranges::find(called_classes, factory) != std::end(called_classes))
    return called(factory.module, factory.name);
  splicer out;
  if (factory == global_name{"decimal", "Decimal"}) {
    out.global("decimal", "Decimal").begin_tuple().str("0").end_tuple().reduce();
    return std::move(out).freeze();
  }
  if (factory == global_name{"fractions", "Fraction"}) {
    out.global("fractions", "Fraction").begin_tuple().integer(0).integer(1).end_tuple().reduce();
    return std::move(out).freeze();
  }
  if (factory == global_name{"datetime", "timedelta"}) {
    out.global("datetime", "timedelta").begin_tuple();
    out.integer(0).integer(0).integer(0).end_tuple().reduce();
    return std::move(out).freeze();
  }
  if (factory.module != "builtins") return std::nullopt;
  if (factory.name == "int") return frozen::integer(0);
  if (factory.name == "float") return frozen::real(0);
  if (factory.name == "bool") return frozen::boolean(false);
  if (factory.name == "str") return frozen::str("");
  if (factory.name == "bytes") return frozen::bytes({});
  if (factory.name == "complex") {
    arena made;
    return freeze(value_builder(made).complex(0, 0));
  }
  if (factory.name == "tuple")
    out.begin_tuple().end_tuple();
  else if (factory.name == "list")
    out.begin_list().end_list();
  else if (factory.name == "dict")
    out.begin_dict().end_dict();
  else if (factory.name == "set")
    out.begin_set().end_set();
  else if (factory.name == "frozenset")
    out.begin_frozenset().end_frozenset();
  else
    return std::nullopt;
  return std::move(out).freeze();
}

class default_dict_object final : public dict_object {
 public:
  // `made` is what `factory` makes; nothing where that is None.
  default_dict_object(frozen factory, std::optional<frozen> made, pairs items)
      : dict_object(std::move(items)), factory_(std::move(factory)), made_(std::move(made)) {}

  static std::span<const method_entry> table() noexcept {
    static constexpr method_entry methods[] = {
        {"__contains__", method<&default_dict_object::contains>, needs::key},
        {"__delitem__", method<&default_dict_object::delitem>, needs::key},
        {"__getitem__", method<&default_dict_object::get_or_make>, needs::key},
        {"__iter__", method<&default_dict_object::iter>, needs::whole},
        {"__len__", method<&default_dict_object::len>, needs::little},
        {"__missing__", method<&default_dict_object::missing>, needs::key},
        {"__reversed__", method<&default_dict_object::reversed>, needs::whole},
        {"__setitem__", method<&default_dict_object::setitem>, needs::memory | needs::key},
        {"clear", method<&default_dict_object::clear>, needs::whole},
        {"copy", method<&default_dict_object::copy>, needs::whole},
        {"fromkeys", method<&default_dict_object::default_fromkeys>, needs::arguments},
        {"get", method<&default_dict_object::get>, needs::key},
        {"items", method<&default_dict_object::list_items>, needs::whole},
        {"keys", method<&default_dict_object::list_keys>, needs::whole},
        {"pop", method<&default_dict_object::pop>, needs::key},
        {"popitem", method<&default_dict_object::popitem>, needs::little},
        {"setdefault", method<&default_dict_object::setdefault>, needs::memory | needs::key},
        {"update", method<&default_dict_object::update>, needs::memory | needs::arguments},
        {"values", method<&default_dict_object::list_values>, needs::whole},
    };
    return methods;
  }

  std::span<const method_entry> methods() const noexcept override { return table(); }

  std::string repr(std::size_t limit) const override {
    return fmt::format("defaultdict({}, {})", pickled::repr(thaw(factory_)),
                       dict_object::repr(limit));
  }

  void write_value(splicer& out) const override {
    out.global("collections", "defaultdict").begin_tuple().frozen(factory_);
    dict_object::write_value(out);
    out.end_tuple().reduce();
  }

 private:
  void get_or_make(call& c) {
    const key k(std::move(c.args.take_one("dict.__getitem__")));
    c.reply.frozen(step([&] {
      const storage::entry* found = entries_.find(k);
      return found == nullptr ? make(c, k) : found->value;
    }));
  }

  void missing(call& c) {
    frozen& given = c.args.take_one("defaultdict.__missing__");
    if (!made_) throw_key_error(given);
    const key k(std::move(given));
    c.reply.frozen(step([&] { return make(c, k); }));
  }

  // One without a factory, as of the class.
  void default_fromkeys(call& c) {
    c.reply.global("collections", "defaultdict").begin_tuple().frozen(frozen());
    fromkeys(c);
    c.reply.end_tuple().reduce();
  }

  // The value that `k` has from now on; what it had goes with the call.
  frozen make(call& c, key k) {
    if (!made_) throw_key_error(k.original());
    c.check_memory(1, sizeof(storage::entry));
    frozen stored = *made_;
    put(k, stored);
    c.drop(std::move(stored));
    return *made_;
  }

  const frozen factory_;
  const std::optional<frozen> made_;
};

// defaultdict(default_factory=None, …), and what follows as of dict().
std::shared_ptr<hosted> make_default_dict(arguments& args) {
  std::vector<frozen> positional(args.positional().begin(), args.positional().end());
  frozen factory;
  std::optional<frozen> made;
  if (!positional.empty()) {
    factory = std::move(positional.front());
    positional.erase(positional.begin());
  }
  if (!factory.is_none()) {
    const value callable = thaw(factory);
    if (!callable->is(kind::global) && !callable->is(kind::instance))
      throw python_error("TypeError", "first argument must be callable or None");
    if (callable->is(kind::global)) made = made_by(callable->as_global());
    if (!made)
      throw python_error("NotImplementedError",
                         fmt::format("defaultdict of {}: this server runs no functions",
                                     pickled::repr(callable, 100)));
  }
  arguments rest(std::move(positional), {args.keywords().begin(), args.keywords().end()});
  pairs given = update_arguments(rest, "dict");
  given.throw_error();
  return std::make_shared<default_dict_object>(std::move(factory), std::move(made),
                                               std::move(given));
}

}  // namespace

void host_default_dict(registry& types, iterators) {
  types.host<default_dict_object>("defaultdict", make_default_dict, "AutoProxy",
                                  {{"collections", "defaultdict"}});
}

}  // namespace pickled::inline v0::detail
