#include "frozen/workspace.hpp"

#include <utility>

namespace pickled {

namespace {

// Memory that took more than this is given back; a message below the other size never takes it.
constexpr std::size_t kept_bytes = std::size_t{16} << 20;
constexpr std::size_t small_message = kept_bytes / 64;

thread_local std::unique_ptr<workspace> spare;

}  // namespace

workspace_lease::workspace_lease() : held_(std::move(spare)) {
  if (!held_) held_ = std::make_unique<workspace>();
}

workspace_lease::~workspace_lease() {
  const bool small = held_->map.message.size() <= small_message;
  if (!small && held_->map.bytes() + held_->parse.bytes() > kept_bytes) return;
  held_->map.replacements.clear();  // they own proxies
  spare = std::move(held_);
}

}  // namespace pickled
