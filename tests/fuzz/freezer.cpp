// The freezer accepts what the unpickler accepts, and what it wrote means the same: frozen again it
// is the same run, cut into slots and joined it loads.

#include "frozen/freezer.hpp"

#include "frozen/splicer.hpp"
#include "pickle/codec/unpickler.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

constexpr std::size_t max_memory = std::size_t{1} << 26;

void require(bool holds) {
  if (!holds) std::abort();
}

pickled::buffer spliced(const pickled::frozen& f) {
  pickled::splicer out;
  out.frozen(f);
  return std::move(out).finish().joined();
}

void check_value(const pickled::frozen& f) {
  const pickled::buffer message = spliced(f);
  pickled::load_error error;
  pickled::loads(message, error, {.max_memory = max_memory * 16});
  require(!error);
  pickled::frozen again;
  require(!pickled::freeze(message, {.max_memory = max_memory * 16}, again));
  require(pickled::as_text(again.run()) == pickled::as_text(f.run()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const pickled::bytes_view input = std::as_bytes(std::span(data, size));
  pickled::freeze_options options;
  options.max_memory = max_memory;
  options.max_depth = 1000;

  pickled::frozen_request request;
  if (!pickled::freeze_request(input, options, request)) {
    for (const pickled::frozen& argument : request.args)
      check_value(argument);
    for (const auto& [name, argument] : request.kwds)
      check_value(argument);
  }

  pickled::load_error unpickled;
  pickled::loads(input, unpickled, {.max_memory = max_memory * 4, .max_depth = 1000});
  pickled::frozen whole;
  const pickled::load_error frozen = pickled::freeze(input, options, whole);
  const bool limited = frozen.code == pickled::pickle_errc::too_large ||
                       frozen.code == pickled::pickle_errc::too_deep ||
                       unpickled.code == pickled::pickle_errc::too_large ||
                       unpickled.code == pickled::pickle_errc::too_deep ||
                       unpickled.code == pickled::pickle_errc::memo_too_large ||
                       frozen.code == pickled::pickle_errc::memo_too_large;
  if (!limited) require(static_cast<bool>(frozen) == static_cast<bool>(unpickled));
  if (frozen) return 0;
  check_value(whole);
  switch (whole.kind()) {
    case pickled::kind::list:
    case pickled::kind::tuple:
    case pickled::kind::dict:
    case pickled::kind::set:
    case pickled::kind::frozenset: {
      std::vector<pickled::frozen> slots;
      if (pickled::split(whole, options, slots)) return 0;
      for (const pickled::frozen& slot : slots)
        check_value(slot);
      break;
    }
    default: break;
  }
  return 0;
}
