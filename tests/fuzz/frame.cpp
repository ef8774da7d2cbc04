// SPDX-License-Identifier: BSL-1.0

// Any stream is cut into the same messages, and the same end, wherever it is split.

#include "pickled/connection/frame.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using pickled::detail::frame_reader;

struct outcome {
  std::vector<std::string> messages;
  std::vector<std::uint64_t> too_long;
  bool inside_message = false;

  friend bool operator==(const outcome&, const outcome&) = default;
};

outcome cut(pickled::bytes_view stream, std::size_t step) {
  outcome result;
  frame_reader reader;
  pickled::bytes_view message;
  while (!stream.empty()) {
    const auto room = reader.prepare();
    const std::size_t count = std::min({step, room.size(), stream.size()});
    std::memcpy(room.data(), stream.data(), count);
    reader.commit(count);
    stream = stream.subspan(count);
    auto status = reader.next(message);
    for (; status != frame_reader::status::need_more; status = reader.next(message)) {
      if (status == frame_reader::status::message) {
        result.messages.emplace_back(pickled::as_text(message));
      } else {
        result.too_long.push_back(reader.announced());
        reader.discard();
      }
    }
  }
  result.inside_message = reader.inside_message();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const pickled::bytes_view stream = std::as_bytes(std::span(data, size));
  const outcome whole = cut(stream, size);
  for (const std::size_t step : {1UL, 3UL, 7UL, 64UL})
    if (cut(stream, step) != whole) std::abort();
  return 0;
}
