// SPDX-License-Identifier: BSL-1.0

// The servers that run in this process. Inside them a proxy of their own objects is the object; who
// is given one there, and wants to call it as any client does, finds here where to connect.

#ifndef PICKLED_CONNECTION_LOCAL_SERVERS_HPP
#define PICKLED_CONNECTION_LOCAL_SERVERS_HPP

#include "pickled/connection/token.hpp"
#include "pickled/value/proxy_reference.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

// A server is known as long as this lives.
class local_server {
 public:
  // `hosts` tells whether an object of that ident is one of the server's; from any thread.
  local_server(address where, std::string authkey, std::function<bool(std::string_view)> hosts);
  ~local_server();
  local_server(const local_server&) = delete;
  local_server& operator=(const local_server&) = delete;

  // The proxy as others have it; nullopt where no server here hosts its object any more.
  static std::optional<pickled_proxy> find(const proxy_reference& of);

 private:
  const address where_;
  const std::string authkey_;
  const std::function<bool(std::string_view)> hosts_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_CONNECTION_LOCAL_SERVERS_HPP
