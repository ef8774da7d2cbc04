// Which types can be created, by what, and what of them is exposed: the twin of
// `BaseManager.register`. Filled once, before the server starts; read-only after.

#ifndef PICKLED_SERVER_REGISTRY_HPP
#define PICKLED_SERVER_REGISTRY_HPP

#include "server/types/call.hpp"
#include "server/types/hosted.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled {

// Makes an object from the arguments of `create`. Throws python_error.
using factory = std::function<std::shared_ptr<hosted>(arguments&)>;

struct registered_type {
  std::string type_id;
  factory create;                    // empty for types that only methods hand out (Iterator)
  std::string proxytype;             // "DictProxy"; "AutoProxy" where clients build it themselves
  std::vector<std::string> exposed;  // in the order that CPython sends
  std::vector<std::pair<std::string, std::string>> method_to_typeid;
};

class registry {
 public:
  // Throws std::invalid_argument where the typeid is taken.
  void register_type(registered_type type);
  const registered_type* find(std::string_view type_id) const noexcept;

 private:
  std::map<std::string, registered_type, std::less<>> types_;
};

// The types of SyncManager.
registry sync_manager_registry();

}  // namespace pickled

#endif  // PICKLED_SERVER_REGISTRY_HPP
