// SPDX-License-Identifier: BSL-1.0

#include "proxy/remote_object.hpp"

#include "connection/fork_guard.hpp"
#include "pickled/convert/convert.hpp"
#include "pickled/proxy/remote_error.hpp"

#include <tuple>
#include <utility>

namespace pickled::inline v0::detail {

remote_object::remote_object(std::shared_ptr<server_link> link, pickled_proxy about,
                             std::shared_ptr<const reference> count, buffer asked)
    : link_(std::move(link)), about_(std::move(about)), asked_(std::move(asked)) {
  places_.push_front({about_.referent.ident, std::move(count)});
  current_ = &places_.front();
}

pickled_proxy remote_object::about() const {
  pickled_proxy now = about_;
  now.referent.ident = ident();
  return now;
}

bool remote_object::find_again(std::string_view missed, const call_limits& limits) const {
  const place* const before = current_.load();
  if (before->ident != missed) return true;
  if (before->count != nullptr) before->count->forget();
  if (bytes_view(asked_).empty()) return false;
  std::forward_list<place> found;
  try {
    const value created = link_->call_function(asked_, limits);
    auto ident = std::get<0>(created.get<std::tuple<std::string, value>>());
    auto count = std::make_shared<const reference>(link_, ident);
    found.push_front({std::move(ident), std::move(count)});
  } catch (const remote_error&) {
    return false;
  }
  // Another thread may have been faster; then this count is given back.
  const fork_guard guard;
  if (current_.load() != before) return true;
  places_.splice_after(places_.before_begin(), found);
  current_ = &places_.front();
  return true;
}

}  // namespace pickled::inline v0::detail
