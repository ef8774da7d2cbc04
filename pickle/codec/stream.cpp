// SPDX-License-Identifier: BSL-1.0

#include "pickled/codec/stream.hpp"

#include "pickle/codec/opcode.hpp"
#include "pickle/codec/pickling.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

PICKLED_BEGIN_NAMESPACE

namespace {

constexpr std::size_t read_at_once = std::size_t{64} << 10;
constexpr std::size_t largest_read = std::size_t{1} << 20;

}  // namespace

std::uint64_t pickle_splitter::wanted() const noexcept {
  if (done_) return 0;
  // A line has at least its newline, and after this instruction comes at least STOP.
  const auto length = static_cast<std::uint64_t>(length_width_ - length_taken_);
  const std::uint64_t instruction = left_ + length + lines_ + 1;
  return std::max(instruction, frame_end_ > size_ ? frame_end_ - size_ : 0);
}

void pickle_splitter::begin_instruction(std::uint8_t code) {
  const detail::opcode_info* info = detail::find_opcode(code);
  if (info == nullptr || info->code == detail::opcode::stop) {
    done_ = true;
    return;
  }
  framing_ = info->code == detail::opcode::frame;
  signed_length_ = info->is_signed;
  lines_ = info->lines;
  if (info->counted || framing_) {
    length_width_ = info->width;
    length_taken_ = 0;
    length_ = 0;
  } else {
    left_ = info->width;
  }
}

void pickle_splitter::take_length(std::uint8_t byte) {
  length_ |= std::uint64_t{byte} << (8 * length_taken_);
  if (++length_taken_ < length_width_) return;
  length_width_ = length_taken_ = 0;
  const std::uint64_t most = signed_length_ ? std::numeric_limits<std::int32_t>::max()
                                            : std::numeric_limits<std::int64_t>::max();
  if (length_ > most) {
    done_ = true;
  } else if (framing_) {
    frame_end_ = size_ + length_;
  } else {
    left_ = length_;
  }
}

std::size_t pickle_splitter::feed(bytes_view input) {
  std::size_t at = 0;
  const auto take = [&](std::size_t count) {
    at += count;
    size_ += count;
  };
  while (!done_ && at < input.size()) {
    if (left_ != 0) {
      const auto skipped = std::min<std::uint64_t>(left_, input.size() - at);
      left_ -= skipped;
      take(skipped);
    } else if (lines_ != 0) {
      const void* newline = std::memchr(input.data() + at, '\n', input.size() - at);
      if (newline == nullptr) {
        take(input.size() - at);
      } else {
        take(static_cast<std::size_t>(static_cast<const std::byte*>(newline) - input.data()) + 1 -
             at);
        --lines_;
      }
    } else {
      const auto byte = static_cast<std::uint8_t>(input[at]);
      take(1);
      length_width_ != 0 ? take_length(byte) : begin_instruction(byte);
    }
  }
  return at;
}

pickle_reader::pickle_reader(source from, load_options options, reading how)
    : from_(std::move(from)), options_(std::move(options)), how_(how) {
  options_.borrow = false;
}

// What was read ahead moves to the front before more is read, not after every pickle.
void pickle_reader::make_room() {
  if (begin_ == 0) return;
  input_.consume(begin_);
  begin_ = 0;
}

// Reads until the splitter is done. False where the source ended before.
bool pickle_reader::fill(pickle_splitter& splitter) {
  splitter.feed(input_.view().subspan(begin_));
  while (!splitter.done()) {
    if (splitter.size() > options_.max_memory) return true;
    make_room();
    const std::uint64_t wanted = how_ == reading::exact
                                     ? std::min<std::uint64_t>(splitter.wanted(), largest_read)
                                     : read_at_once;
    const auto room = static_cast<std::size_t>(wanted);
    const std::size_t count = from_({input_.prepare(room), room});
    if (count == 0) return false;
    input_.commit(count);
    splitter.feed(input_.view().last(count));
  }
  return true;
}

bool pickle_reader::next(value& v, load_error& error) {
  error = failure_;
  if (failure_) return false;
  pickle_splitter splitter;
  const bool complete = fill(splitter);
  if (!complete && splitter.size() == 0) return false;
  if (splitter.size() > options_.max_memory) {
    error = failure_ = {pickle_errc::too_large, options_.max_memory, 0};
    return false;
  }
  v = loads(input_.view().subspan(begin_, splitter.size()), error, options_);
  failure_ = error;
  begin_ += splitter.size();
  return !error;
}

void dump(value_argument v, const sink& to, const dump_options& options) {
  dump_options streamed = options;
  streamed.like_cpython = true;
  detail::pickling(streamed, &to).run(v);
}

void dump(value_argument v, const sink& to, std::error_code& error, const dump_options& options) {
  detail::catch_error(error, [&] { dump(v, to, options); });
}

PICKLED_END_NAMESPACE
