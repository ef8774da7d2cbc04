// SPDX-License-Identifier: BSL-1.0

#ifndef PICKLED_VALUE_PROXY_REFERENCE_HPP
#define PICKLED_VALUE_PROXY_REFERENCE_HPP

#include "pickled/namespace.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// A proxy of an object that this process hosts, inside a value. Its Token is not stored: it is
// written anew for every receiver, who may know the server by another address.
struct proxy_reference {
  std::shared_ptr<void> referent;  // keeps the hosted object alive
  std::string type_id;
  std::string ident;
  std::string proxytype;                            // "DictProxy", of multiprocessing.managers
  std::optional<std::vector<std::string>> exposed;  // of an AutoProxy
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_VALUE_PROXY_REFERENCE_HPP
