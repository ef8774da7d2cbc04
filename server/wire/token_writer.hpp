// SPDX-License-Identifier: BSL-1.0

// How one receiver is told where objects are that this server hosts: Tokens, and the proxies inside
// values, which are written anew for everyone because each may know the server by another address.

#ifndef PICKLED_SERVER_WIRE_TOKEN_WRITER_HPP
#define PICKLED_SERVER_WIRE_TOKEN_WRITER_HPP

#include "pickled/connection/address.hpp"
#include "pickled/connection/token.hpp"
#include "pickled/frozen/frozen.hpp"
#include "pickled/frozen/splicer.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

// Not thread-safe while it is changed; a session has one for its peer.
class token_writer {
 public:
  // With `authkey`, a receiver whose process has another default key can use nested proxies all the
  // same; it is sent in clear, hence only to peers on this machine.
  explicit token_writer(address server, std::optional<std::string> authkey = std::nullopt);
  token_writer(const token_writer&) = delete;
  token_writer& operator=(const token_writer&) = delete;

  // From now on the receiver is told this address.
  void set_address(address server) { server_ = std::move(server); }

  token make_token(std::string_view type_id, std::string_view ident) const {
    return {std::string(type_id), server_, std::string(ident)};
  }
  // Writes the proxies inside values. Valid as long as this is. What is written so is kept alive:
  // the value that the proxy was in may be gone before the receiver counts its own reference.
  const splicer::write_proxy* proxies() const noexcept { return &proxies_; }
  // The receiver has had time to count everything that it was told of.
  void forget_written() noexcept { written_.clear(); }

 private:
  void write(const proxy_reference& proxy, splicer& out);

  address server_;
  std::optional<std::string> authkey_;
  std::vector<std::shared_ptr<void>> written_;
  splicer::write_proxy proxies_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_WIRE_TOKEN_WRITER_HPP
