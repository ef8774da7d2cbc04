// SPDX-License-Identifier: BSL-1.0

#include "server/wire/token_writer.hpp"

namespace pickled::inline v0::detail {

token_writer::token_writer(address server, std::optional<std::string> authkey)
    : server_(std::move(server)),
      authkey_(std::move(authkey)),
      proxies_([this](const proxy_reference& proxy, splicer& out) { write(proxy, out); }) {}

void token_writer::write(const proxy_reference& proxy, splicer& out) {
  pickled_proxy written;
  written.proxytype = proxy.proxytype;
  written.referent = make_token(proxy.type_id, proxy.ident);
  written.authkey = authkey_;
  written.exposed = proxy.exposed;
  write_proxy(written, out);
  written_.push_back(proxy.referent);
}

}  // namespace pickled::inline v0::detail
