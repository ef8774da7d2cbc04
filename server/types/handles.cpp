#include "server/types/handles.hpp"

#include "pickle/value/buffer.hpp"
#include "python/python_error.hpp"

#include <algorithm>
#include <string_view>

namespace pickled {

namespace {

using namespace std::string_view_literals;

// A module, or a function, as the names of globals stand in a frozen run: SHORT_BINUNICODE.
constexpr std::string_view tickets[] = {
    "\x8c\x1fmultiprocessing.resource_sharer"sv,
    "\x8c\x18rebuild_storage_filename"sv,  // of torch.multiprocessing.reductions
    "\x8c\x13rebuild_cuda_tensor"sv,
};

bool holds_handle(const frozen& argument) noexcept {
  // Without a global there is no call.
  if (!argument.about().opaque_equality) return false;
  const std::string_view run = as_text(argument.run());
  return std::ranges::any_of(
      tickets, [&](std::string_view each) { return run.find(each) != std::string_view::npos; });
}

}  // namespace

void refuse_handles(const arguments& args) {
  if (std::ranges::none_of(args.positional(), holds_handle) &&
      std::ranges::none_of(args.keywords(),
                           [](const auto& keyword) { return holds_handle(keyword.second); }))
    return;
  throw python_error("TypeError",
                     "a Connection, a socket or a shared tensor can be received only once, so it "
                     "is no value to be stored: send it through a Queue");
}

}  // namespace pickled
