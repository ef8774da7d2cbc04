// SPDX-License-Identifier: BSL-1.0

#include "pickle/codec/canonical.hpp"

#include "pickle/codec/pickling.hpp"
#include "pickle/codec/scalar.hpp"

namespace pickled::inline v0::detail {

bool pickling::is_short_leaf(value_view v) noexcept {
  constexpr std::size_t header = 2;
  switch (v.kind()) {
    case kind::str: return v.as_str().size() <= longest_repeated_leaf - header;
    case kind::bytes:
    case kind::big_integer: return v.as_bytes().size() <= longest_repeated_leaf - header;
    default: return false;
  }
}

// An instance or a proxy. A hole is held open by one byte, so that it is an object that can be
// fetched.
bool pickling::save_at_rest(value_view object) {
  if (fetch(object)) return true;
  value_view written = object;
  if (!(*decide_)(written)) return begin_instance(written);
  opaque_equality_ = true;
  holes_.push_back(out_.size());
  out_.write(opcode::binpersid);
  memoise(object);
  return true;
}

canonical_run pickling::run_at_rest(value_view root, const leave_out& decide) {
  decide_ = &decide;
  write_root(root);
  insert_puts();
  canonical_run result;
  result.run = out_.finish();
  result.memo_count = static_cast<std::uint32_t>(memo_size_);
  result.opaque_equality = opaque_equality_;
  result.uses_protocol_5 = uses_protocol_5_;
  if (holes_.empty()) return result;
  const buffer held_open = std::move(result.run);
  auto put = puts_.begin();
  std::size_t moved = 0;
  std::size_t from = 0;
  for (const std::size_t hole : holes_) {
    for (; put != puts_.end() && put->first <= hole; ++put)
      moved += memo_size(put->second);
    result.run.append(held_open.view().subspan(from, hole + moved - from));
    result.holes.push_back(result.run.size());
    from = hole + moved + 1;
  }
  result.run.append(held_open.view().subspan(from));
  return result;
}

canonical_run dump_canonical(value_view v, const leave_out& decide) {
  dump_options options;
  options.protocol = 5;  // which differs from 4 for bytearray and its read-only views alone
  return pickling(options).run_at_rest(v, decide);
}

}  // namespace pickled::inline v0::detail
