// SPDX-License-Identifier: BSL-1.0

#include "connection/local_servers.hpp"

#include <mutex>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

struct all_servers {
  // An object that is looked for may end meanwhile, and its destructor look for another one.
  std::recursive_mutex mutex;
  std::vector<const local_server*> all;

  static all_servers& of_process() {
    static all_servers servers;
    return servers;
  }
};

}  // namespace

local_server::local_server(address where, std::string authkey,
                           std::function<bool(std::string_view)> hosts)
    : where_(std::move(where)), authkey_(std::move(authkey)), hosts_(std::move(hosts)) {
  all_servers& servers = all_servers::of_process();
  const std::lock_guard guard(servers.mutex);
  servers.all.push_back(this);
}

local_server::~local_server() {
  all_servers& servers = all_servers::of_process();
  const std::lock_guard guard(servers.mutex);
  std::erase(servers.all, this);
}

std::optional<pickled_proxy> local_server::find(const proxy_reference& of) {
  all_servers& servers = all_servers::of_process();
  const std::lock_guard guard(servers.mutex);
  for (const local_server* const each : servers.all) {
    if (!each->hosts_(of.ident)) continue;
    pickled_proxy found;
    found.proxytype = of.proxytype;
    found.referent = {of.type_id, each->where_, of.ident};
    found.authkey = each->authkey_;
    found.exposed = of.exposed;
    return found;
  }
  return std::nullopt;
}

}  // namespace pickled::inline v0::detail
