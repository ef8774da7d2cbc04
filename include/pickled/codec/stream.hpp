// SPDX-License-Identifier: BSL-1.0

// Pickles that follow one another in a stream, as multiprocessing's spawn pipe has them: no length
// tells where one ends, and what comes after its STOP belongs to somebody else.

#ifndef PICKLED_CODEC_STREAM_HPP
#define PICKLED_CODEC_STREAM_HPP

#include "pickled/codec/pickler.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/value/buffer.hpp"
#include "pickled/value/error.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <system_error>

PICKLED_BEGIN_NAMESPACE

// Finds the end of one pickle in bytes that come in pieces, and looks at each byte once. It knows
// how long instructions are and nothing else: whether they make sense, loads tells.
//
//   while (!splitter.done()) {
//     read at most splitter.wanted() bytes;
//     splitter.feed(them);
//   }
class pickle_splitter {
 public:
  // How many bytes of `input` belong to the pickle: all of them until it is done.
  std::size_t feed(bytes_view input);

  // STOP has come, or an instruction that no pickle can have.
  bool done() const noexcept { return done_; }
  std::size_t size() const noexcept { return size_; }  // of the pickle so far
  // So many bytes are still certain to belong to the pickle. Never 0 before it is done. What the
  // pickle announces is passed on unchecked: it is no size to allocate.
  std::uint64_t wanted() const noexcept;

 private:
  void begin_instruction(std::uint8_t code);
  void take_length(std::uint8_t byte);

  std::uint64_t size_ = 0;
  std::uint64_t frame_end_ = 0;
  std::uint64_t left_ = 0;  // of the operand, where its length is known
  std::uint64_t length_ = 0;
  std::uint8_t length_width_ = 0;  // of the length that comes first
  std::uint8_t length_taken_ = 0;
  std::uint8_t lines_ = 0;  // of text
  bool framing_ = false;
  bool signed_length_ = false;
  bool done_ = false;
};

// Loads one pickle after the other, each with a memo of its own, as pickle.load does. Where one
// Pickler wrote several, and was not told to clear its memo, a later one may be missing something.
class pickle_reader {
 public:
  // Reads at most as many bytes as there is room for, at least one, and tells how many; 0 at the
  // end. May throw, and is called again after that if next() is.
  using source = std::function<std::size_t(std::span<std::byte>)>;

  enum class reading : std::uint8_t {
    exact,  // not a byte beyond a STOP, so that others can go on reading the source
    ahead,  // as much as the source gives
  };

  // No pickle may be longer than options.max_memory; options.borrow has no effect.
  explicit pickle_reader(source from, load_options options = {}, reading how = reading::exact);

  // True with the next value. False at the end of the source, which is no error between two
  // pickles, or at an error, which is final.
  bool next(value& v, load_error& error);

 private:
  bool fill(pickle_splitter& splitter);
  void make_room();

  source from_;
  load_options options_;
  buffer input_;
  std::size_t begin_ = 0;  // of the next pickle in input_
  load_error failure_;
  reading how_;
};

// pickle.dump: hands the pickle out in pieces, so that no more than a frame of it is in memory.
// Bytes and strings from 64 KiB on are handed out where they lie. Written as with like_cpython,
// whatever the options say; throws what dumps and the sink throw.
using sink = std::function<void(bytes_view)>;
void dump(value_argument v, const sink& to, const dump_options& options = {});
// The same with an error instead of pickling_error.
void dump(value_argument v, const sink& to, std::error_code& error,
          const dump_options& options = {});

PICKLED_END_NAMESPACE

#endif  // PICKLED_CODEC_STREAM_HPP
