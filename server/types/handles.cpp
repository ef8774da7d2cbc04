#include "server/types/handles.hpp"

#include "pickle/value/buffer.hpp"
#include "python/python_error.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace pickled {

namespace {

using namespace std::string_view_literals;

// Globals as they stand in a frozen run: SHORT_BINUNICODE twice, STACK_GLOBAL.
constexpr std::string_view tickets[] = {
    "\x8c\x1fmultiprocessing.resource_sharer\x8c\x05"
    "DupFd\x93"sv,
    "\x8c\x20torch.multiprocessing.reductions\x8c\x18rebuild_storage_filename\x93"sv,
    "\x8c\x20torch.multiprocessing.reductions\x8c\x13rebuild_cuda_tensor\x93"sv,
};
// Tickets are small, and so is what they come with; nothing larger is looked through.
constexpr std::size_t longest_looked_at = std::size_t{1} << 20;

bool holds_handle(const frozen& argument) noexcept {
  // Without a global there is no call.
  if (!argument.about().opaque_equality) return false;
  const bytes_view run = argument.run();
  if (run.size() > longest_looked_at) return false;
  return std::ranges::any_of(tickets, [&](std::string_view each) {
    return ::memmem(run.data(), run.size(), each.data(), each.size()) != nullptr;
  });
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
