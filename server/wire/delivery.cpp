// SPDX-License-Identifier: BSL-1.0

#include "server/wire/delivery.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>

namespace pickled::inline v0::detail {
namespace {

// Of a unix socket: what was sent to the peer and not read.
bool has_unread(int socket) noexcept {
  int size = 0;
  return ::ioctl(socket, SIOCOUTQ, &size) == 0 && size > 0;
}

}  // namespace

void delivery::delivered() noexcept {
  pending_.clear();
  unread_ = false;
}

void delivery::give_back() {
  for (auto w = pending_.rbegin(); w != pending_.rend(); ++w)
    (*w)->home()->give_back(**w);
  delivered();
}

void delivery::look_for_reader(int socket) {
  const bool unread = !pending_.empty() && has_unread(socket);
  if (unread && unread_)
    give_back();
  else
    unread_ = unread;
}

}  // namespace pickled::inline v0::detail
