// SPDX-License-Identifier: BSL-1.0

#include "program/named_objects.hpp"

#include "connection/reply.hpp"
#include "frozen/freezer.hpp"
#include "pickled/json/json.hpp"
#include "pickled/python/python_error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

using json = nlohmann::ordered_json;
using path = config_file::path;

constexpr std::string_view on_demand = "create";
constexpr std::array<std::string_view, 5> known_keys{"type", "args", "kwds", "value",
                                                     "on_holder_death"};

// One member of "objects" or "create".
class named_object {
 public:
  named_object(const config_file& file, std::string section, std::string name,
               const json& described)
      : file_(file), section_(std::move(section)), name_(std::move(name)), described_(described) {}

  void add_to(registry& types, holder_death policy) const;

 private:
  [[noreturn]] void refuse(std::string_view key, std::string_view mistake) const;
  void check_keys() const;
  const registered_type& type(const registry& types) const;
  arguments make_arguments(const registered_type& type) const;
  frozen value_of(std::string_view key, const json& j) const;
  holder_death policy(holder_death otherwise) const;
  void read_args(std::vector<frozen>& args) const;
  void read_kwds(std::string_view key, std::vector<arguments::keyword>& kwds) const;

  const config_file& file_;
  const std::string section_;
  const std::string name_;
  const json& described_;
};

// An empty key means the object as a whole.
void named_object::refuse(std::string_view key, std::string_view mistake) const {
  path keys{section_, name_};
  if (!key.empty()) keys.emplace_back(key);
  file_.refuse(keys, mistake);
}

void named_object::check_keys() const {
  if (!described_.is_object()) refuse("", "expected an object with a \"type\"");
  for (const auto& [key, value] : described_.items())
    if (std::ranges::find(known_keys, key) == known_keys.end())
      refuse(key, fmt::format("expected {}", fmt::join(known_keys, ", ")));
  if (described_.contains("value") && (described_.contains("args") || described_.contains("kwds")))
    refuse("value", "expected no args and kwds beside it");
}

const registered_type& named_object::type(const registry& types) const {
  const auto at = described_.find("type");
  if (at == described_.end()) refuse("", "expected a \"type\"");
  const registered_type* found =
      at->is_string() ? types.find(at->get_ref<const std::string&>()) : nullptr;
  if (found == nullptr || !found->create)
    refuse("type",
           fmt::format("expected {}, not {}", fmt::join(types.creatable(), ", "), at->dump()));
  return *found;
}

frozen named_object::value_of(std::string_view key, const json& j) const {
  try {
    return freeze(value_argument(from_json(j)));
  } catch (const json_error& e) {
    refuse(key, e.what());
  }
}

holder_death named_object::policy(holder_death otherwise) const {
  const auto given = described_.find("on_holder_death");
  if (given == described_.end()) return otherwise;
  holder_death chosen{};
  if (!given->is_string() || !read_holder_death(given->get_ref<const std::string&>(), chosen))
    refuse("on_holder_death",
           fmt::format("expected {}, not {}", holder_death_names, given->dump()));
  return chosen;
}

void named_object::read_args(std::vector<frozen>& args) const {
  const auto given = described_.find("args");
  if (given == described_.end()) return;
  if (!given->is_array()) refuse("args", "expected an array, not " + given->dump());
  for (const json& each : *given)
    args.push_back(value_of("args", each));
}

void named_object::read_kwds(std::string_view key, std::vector<arguments::keyword>& kwds) const {
  const auto given = described_.find(std::string(key));
  if (given == described_.end()) return;
  if (!given->is_object()) refuse(key, "expected an object, not " + given->dump());
  for (const auto& [name, each] : given->items())
    kwds.emplace_back(name, value_of(key, each));
}

// "value" is what such an object holds at first.
arguments named_object::make_arguments(const registered_type& type) const {
  std::vector<frozen> args;
  std::vector<arguments::keyword> kwds;
  const auto value = described_.find("value");
  if (value == described_.end()) {
    read_args(args);
    read_kwds("kwds", kwds);
  } else if (type.type_id == "Namespace") {
    read_kwds("value", kwds);
  } else if (type.type_id == "dict" || type.type_id == "list" || type.type_id == "set") {
    args.push_back(value_of("value", *value));
  } else {
    refuse("value", "expected args: only dict, list, set and Namespace have a value");
  }
  return {std::move(args), std::move(kwds)};
}

void named_object::add_to(registry& types, holder_death otherwise) const {
  check_keys();
  const registered_type& of = type(types);
  const auto make = [create = of.create, args = make_arguments(of), death = policy(otherwise)] {
    arguments taken = args;
    std::shared_ptr<hosted> object = create(taken);
    object->set_holder_death(death);
    return object;
  };
  try {
    // Also where it is made on demand: what the type refuses is told now.
    std::shared_ptr<hosted> object = make();
    if (section_ == on_demand)
      types.register_on_demand(name_, of, make);
    else
      types.register_named(name_, of, std::move(object));
  } catch (const python_error& e) {
    refuse("", error_line(e));
  } catch (const std::invalid_argument& e) {
    refuse("", e.what());
  }
}

}  // namespace

void register_named_objects(const config_file& file, holder_death policy, registry& types) {
  for (const std::string_view section : config_file::object_sections) {
    const std::string key(section);
    const auto objects = file.root().find(key);
    if (objects == file.root().end()) continue;
    if (!objects->is_object()) file.refuse({key}, "expected an object");
    for (const auto& [name, described] : objects->items())
      named_object(file, key, name, described).add_to(types, policy);
  }
}

}  // namespace pickled::inline v0::detail
