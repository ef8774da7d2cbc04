// SPDX-License-Identifier: BSL-1.0

// The program that interop/codec/ runs: loads each pickle that it is given on standard input and
// dumps it again on standard output.
//
//   request: u8 protocol, u8 flags, u32 buffers, u32 size, then the pickle
//   reply:   u8 status, u32 size, then the pickle (status 0), the exception that CPython raises and
//            the error's text on two lines (1), or why the pickle cannot be written (2)
//
// The flags: 1 like CPython, 2 without fix_imports, the encoding of Python 2's strings times 4:
// ASCII, latin1, bytes, utf-8, 16 where no extension code is registered, 32 for CPython 3.15 or
// later, and 64 for 3.12 or earlier. Out-of-band buffers are passed on without being looked at.

#include "pickled/codec/pickler.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/value/buffer.hpp"

#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

using namespace pickled;

namespace {

#pragma pack(push, 1)
struct request {
  std::uint8_t protocol;
  std::uint8_t flags;
  std::uint32_t buffers;
  std::uint32_t size;
};
struct reply {
  std::uint8_t status;
  std::uint32_t size;
};
#pragma pack(pop)

constexpr std::string_view encodings[] = {"ASCII", "latin1", "bytes", "utf-8"};

buffer convert(bytes_view pickle, const request& r, load_error& error) {
  load_options from;
  from.fix_imports = (r.flags & 2) == 0;
  from.encoding = encodings[r.flags >> 2 & 3];
  if ((r.flags & 16) != 0) from.extension = [](std::int32_t) { return std::nullopt; };
  from.max_depth = 2'000'000;
  from.persistent_load = [](value_view id, value_builder& build) { return build.persistent(id); };
  const std::vector<bytes_view> buffers(r.buffers);
  from.buffers = buffers;
  dump_options to;
  to.protocol = r.protocol;
  to.like_cpython = (r.flags & 1) != 0;
  if ((r.flags & 32) != 0) to.cpython_minor = 15;
  if ((r.flags & 64) != 0) to.cpython_minor = 12;
  to.fix_imports = from.fix_imports;
  to.buffer_callback = [](const buffer_reference&) { return true; };
  const value v = loads(pickle, error, from);
  return error ? buffer() : dumps(v, to);
}

void answer(std::uint8_t status, bytes_view content) {
  const reply head{status, static_cast<std::uint32_t>(content.size())};
  std::fwrite(&head, sizeof head, 1, stdout);
  std::fwrite(content.data(), 1, content.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

int main() {
  request r;
  std::vector<std::byte> pickle;
  while (std::fread(&r, sizeof r, 1, stdin) == 1) {
    pickle.resize(r.size);
    if (std::fread(pickle.data(), 1, pickle.size(), stdin) != pickle.size()) return 1;
    try {
      load_error error;
      const buffer converted = convert(pickle, r, error);
      if (error) {
        const std::string text = std::string(error.python_exception()) + "\n" + error.message();
        answer(1, as_bytes(text));
      } else {
        answer(0, converted);
      }
    } catch (const std::exception& e) {
      answer(2, as_bytes(std::string_view(e.what())));
    }
  }
  return 0;
}
