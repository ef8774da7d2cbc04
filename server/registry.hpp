// SPDX-License-Identifier: BSL-1.0

// Which types can be created, by what, and what of them is exposed: the twin of
// `BaseManager.register`. Filled once, before the server starts; read-only after.

#ifndef PICKLED_SERVER_REGISTRY_HPP
#define PICKLED_SERVER_REGISTRY_HPP

#include "pickled/value/value.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"
#include "server/types/iterators.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

// Makes an object from the arguments of `create`. Throws python_error.
using factory = std::function<std::shared_ptr<hosted>(arguments&)>;

struct registered_type {
  std::string type_id;
  factory create;                    // empty for types that only methods hand out (Iterator)
  std::string proxytype;             // "DictProxy"; "AutoProxy" where clients build it themselves
  std::vector<std::string> exposed;  // in the order that CPython sends
  std::vector<std::pair<std::string, std::string>> method_to_typeid;
  // What Python calls to make one, as a manager class registers it: {"queue", "Queue"}.
  std::vector<global_name> callables = {};
  // Set for a named referent: `create` hands out this one to everybody, and takes no arguments.
  std::shared_ptr<hosted> named = nullptr;
  // Whether `create` is code of the program that serves, see hosted::runs_program.
  bool runs_program = false;
};

// The type of one object of the type `of`, under a name of its own.
registered_type named_type(std::string name, registered_type of, std::shared_ptr<hosted> object);

class registry {
 public:
  // Throws std::invalid_argument where the typeid is taken.
  void register_type(registered_type type);
  // All that a hosted type has in its table.
  template <class Type>
  void host(std::string type_id, factory create, std::string proxytype,
            std::vector<global_name> callables,
            std::vector<std::pair<std::string, std::string>> method_to_typeid = {}) {
    std::vector<std::string> exposed;
    for (const method_entry& method : Type::table())
      exposed.emplace_back(method.name);
    register_type({std::move(type_id), std::move(create), std::move(proxytype), std::move(exposed),
                   std::move(method_to_typeid), std::move(callables)});
  }
  // `object`, which is of the type `of`, under a name of its own. Throws std::invalid_argument.
  void register_named(std::string name, const registered_type& of, std::shared_ptr<hosted> object);
  // Objects of the type `of`, each of which `make` makes when its name is first asked for: those
  // whose names match the pattern, as fnmatch(3) has it. Throws std::invalid_argument where there
  // is such a pattern already, and where it is empty or a typeid, so that none would ever be made.
  void register_on_demand(std::string pattern, const registered_type& of,
                          std::function<std::shared_ptr<hosted>()> make);
  const registered_type* find(std::string_view type_id) const noexcept;
  // A named type with an object made now, by the pattern that matches and has the most characters
  // besides * and ?, of two such by the first; nullopt where none does. Throws what `make` throws.
  std::optional<registered_type> make_on_demand(std::string_view name) const;
  // The type that Python makes by calling this; nullptr where there is none.
  const registered_type* made_by(const global_name& callable) const noexcept;
  // Of the types that `create` makes, in alphabetical order.
  std::vector<std::string> creatable() const;
  std::vector<const registered_type*> named() const;

 private:
  struct on_demand {
    std::string pattern;
    registered_type of;  // but for its name and object
    std::function<std::shared_ptr<hosted>()> make;
  };

  void add(registered_type type);

  std::map<std::string, registered_type, std::less<>> types_;
  std::vector<on_demand> on_demand_;
};

// The types of SyncManager, and those of the standard library that programs register besides. `how`
// is for dicts; a set has its items sent at once, as in CPython.
registry sync_manager_registry(iterators how = iterators::snapshot);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_REGISTRY_HPP
