// SPDX-License-Identifier: BSL-1.0

// What a type_registry has been told.

#ifndef PICKLED_SERVER_CLASSES_TYPE_REGISTRY_CONTENT_HPP
#define PICKLED_SERVER_CLASSES_TYPE_REGISTRY_CONTENT_HPP

#include "pickled/server/type_registry.hpp"

#include <list>
#include <string>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

struct type_registry_content {
  std::list<served_class> classes;  // which definitions refer to
  std::vector<served_function> functions;
  std::vector<std::pair<std::string, served_pointer>> singletons;
  std::vector<std::pair<std::string, type_registry::exception_text>> exceptions;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_CLASSES_TYPE_REGISTRY_CONTENT_HPP
