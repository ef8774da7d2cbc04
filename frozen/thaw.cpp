// SPDX-License-Identifier: BSL-1.0

#include "frozen/thaw.hpp"

#include "pickle/codec/reload.hpp"
#include "pickle/codec/scalar.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

load_options options_of_runs() {
  load_options options;
  options.fix_imports = false;  // a run has no PROTO, but its names are those of Python 3
  return options;
}

// The run with the persistent ids 0, 1, … in the place of its holes, and a STOP.
buffer with_persistent_ids(const frozen& f) {
  buffer out;
  const bytes_view run = f.run_and_stop();
  std::size_t from = 0;
  std::int64_t number = 0;
  for (const frozen::hole& hole : f.holes()) {
    out.append(run.subspan(from, hole.offset - from));
    from = hole.offset;
    out.commit(write_integer(out.prepare(longest_integer), number++));
    out.push_back(std::byte{'Q'});  // BINPERSID
  }
  out.append(run.subspan(from));
  return out;
}

value thaw_with_proxies(const frozen& f) {
  struct owners {
    frozen original;
    buffer run;
  };
  const auto kept = std::make_shared<const owners>(owners{f, with_persistent_ids(f)});
  load_options options = options_of_runs();
  options.borrow = true;
  options.persistent_load = [&kept](value_view number, value_builder& build) {
    const auto index = static_cast<std::size_t>(number.as_integer());
    return build.proxy(*kept->original.holes()[index].proxy);
  };
  value thawed = reload(kept->run, std::move(options));
  thawed.owner()->keep(kept);
  return thawed;
}

}  // namespace

value thaw_tuple(std::span<const frozen> items) {
  const auto owner = std::make_shared<arena>();
  value_builder build(*owner);
  std::vector<value_view> thawed;
  for (const frozen& item : items)
    thawed.push_back(build.share(thaw(item)));
  return {build.tuple(thawed), owner};
}

value thaw(const frozen& f) {
  if (!f.holes().empty()) return thaw_with_proxies(f);
  load_options options = options_of_runs();
  options.borrow = f.identity() != nullptr;
  const bool borrows = options.borrow;
  value thawed = reload(f.run_and_stop(), std::move(options));
  if (borrows) thawed.owner()->keep(std::make_shared<const frozen>(f));
  return thawed;
}

}  // namespace pickled::inline v0::detail
