// SPDX-License-Identifier: BSL-1.0

// What the copies of a proxy share: which object of which server it is, and our count of it.

#ifndef PICKLED_PROXY_REMOTE_OBJECT_HPP
#define PICKLED_PROXY_REMOTE_OBJECT_HPP

#include "pickled/connection/token.hpp"
#include "pickled/proxy/server_link.hpp"
#include "pickled/value/buffer.hpp"
#include "proxy/reference.hpp"

#include <atomic>
#include <forward_list>
#include <memory>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

// Thread-safe. An object that has a name is found again by it where its server was restarted, and
// so calls it by another ident.
class remote_object {
 public:
  // `count` is nullptr where somebody else keeps the object. `asked` is the request for it, where
  // the same one will give it again, or empty.
  remote_object(std::shared_ptr<server_link> link, pickled_proxy about,
                std::shared_ptr<const reference> count, buffer asked);

  const std::shared_ptr<server_link>& link() const noexcept { return link_; }
  const std::string& type_id() const noexcept { return about_.referent.type_id; }
  const std::string& proxytype() const noexcept { return about_.proxytype; }
  const address& server() const noexcept { return about_.referent.server; }
  // What was returned once stays there as long as this does.
  const std::string& ident() const noexcept { return current_.load()->ident; }
  pickled_proxy about() const;

  // The server knows no such ident. True where it has the object by its name, mostly by another
  // ident, but CPython's are addresses; asks it, and throws what server_link::call_function does,
  // but no remote_error.
  bool find_again(std::string_view missed, const call_limits& limits) const;

 private:
  struct place {
    std::string ident;
    std::shared_ptr<const reference> count;
  };

  std::shared_ptr<server_link> link_;
  pickled_proxy about_;  // but for the ident
  buffer asked_;
  mutable std::forward_list<place> places_;  // the newest first; under a fork_guard
  mutable std::atomic<const place*> current_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROXY_REMOTE_OBJECT_HPP
