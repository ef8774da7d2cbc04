// Any stream is cut into the same messages, and the same end, wherever it is split.

#include "connection/frame.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using pickled::frame_reader;

struct outcome {
  std::vector<std::string> messages;
  bool too_long = false;
  bool inside_message = false;

  friend bool operator==(const outcome&, const outcome&) = default;
};

outcome cut(pickled::bytes_view stream, std::size_t step) {
  outcome result;
  frame_reader reader;
  pickled::bytes_view message;
  while (!stream.empty() && !result.too_long) {
    const auto room = reader.prepare();
    const std::size_t count = std::min({step, room.size(), stream.size()});
    std::memcpy(room.data(), stream.data(), count);
    reader.commit(count);
    stream = stream.subspan(count);
    auto status = reader.next(message);
    for (; status == frame_reader::status::message; status = reader.next(message))
      result.messages.emplace_back(pickled::as_text(message));
    result.too_long = status == frame_reader::status::too_long;
  }
  result.inside_message = !result.too_long && reader.inside_message();
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
