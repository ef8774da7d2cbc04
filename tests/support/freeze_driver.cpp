// SPDX-License-Identifier: BSL-1.0

// Freezes the manager requests that come on stdin and splices what they hold back on stdout, so
// that CPython can compare. Messages are framed as multiprocessing's pipes frame them: a
// big-endian length of four bytes.
//
// A request is one byte for the road and a pickle. The answer is a count (as a frame of its own,
// in digits) and as many pickles; a count of 0 is followed by the text of the error:
//   the request as one value; all args in one tuple; kwds; then for each arg itself, and its slots
//   in one tuple (None for what has none).

#include "frozen/freeze_by_value.hpp"
#include "frozen/freezer.hpp"
#include "frozen/thaw.hpp"
#include "pickled/frozen/splicer.hpp"

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace pickled;
using namespace pickled::detail;

bool read_frame(buffer& frame) {
  unsigned char header[4];
  if (std::fread(header, 1, 4, stdin) != 4) return false;
  const std::size_t size = std::size_t{header[0]} << 24 | std::size_t{header[1]} << 16 |
                           std::size_t{header[2]} << 8 | header[3];
  frame.clear();
  if (std::fread(frame.prepare(size), 1, size, stdin) != size) return false;
  frame.commit(size);
  return true;
}

void write_frame(bytes_view frame) {
  const auto size = static_cast<std::uint32_t>(frame.size());
  for (int shift = 24; shift >= 0; shift -= 8)
    std::putc(static_cast<int>(size >> shift), stdout);
  std::fwrite(frame.data(), 1, frame.size(), stdout);
}

enum class road : char {
  chosen = 'f',    // what the freezer chooses, which is the fast one if it can
  by_value = 's',  // the slow one
  thawed = 't',    // the fast one, then every argument thawed and frozen again
};

load_error freeze_whole(road r, bytes_view message, frozen& whole) {
  if (r == road::by_value) return freeze_by_value(message, {}, whole);
  return freeze(message, {}, whole);
}

load_error freeze_parts(road r, bytes_view message, frozen_request& request) {
  if (r == road::by_value) return freeze_request_by_value(message, {}, request);
  const load_error error = freeze_request(message, {}, request);
  if (r == road::thawed && !error) {
    for (frozen& arg : request.args)
      arg = freeze(value_argument(thaw(arg)));
  }
  return error;
}

load_error split_slots(road r, const frozen& container, std::vector<frozen>& slots) {
  if (r == road::by_value) return split_by_value(container, {}, slots);
  return split(container, {}, slots);
}

bool has_slots(kind k) {
  return k == kind::list || k == kind::tuple || k == kind::dict || k == kind::set ||
         k == kind::frozenset;
}

void write_message(splicer&& s) {
  write_frame(std::move(s).finish().joined());
}

void write_tuple(const std::vector<frozen>& items) {
  splicer s;
  s.begin_tuple();
  for (const frozen& item : items)
    s.frozen(item);
  s.end_tuple();
  write_message(std::move(s));
}

load_error write_slots(road r, const frozen& arg) {
  std::vector<frozen> slots;
  if (!has_slots(arg.kind())) {
    splicer s;
    s.none();
    write_message(std::move(s));
    return {};
  }
  if (const load_error error = split_slots(r, arg, slots)) return error;
  write_tuple(slots);
  return {};
}

load_error answer(road r, bytes_view message) {
  frozen whole;
  frozen_request request;
  if (const load_error error = freeze_whole(r, message, whole)) return error;
  if (const load_error error = freeze_parts(r, message, request)) return error;
  write_frame(as_bytes(std::to_string(3 + 2 * request.args.size())));
  splicer value;
  value.frozen(whole);
  write_message(std::move(value));
  write_tuple(request.args);
  splicer kwds;
  kwds.begin_dict();
  for (const auto& [name, argument] : request.kwds)
    kwds.str(name).frozen(argument);
  kwds.end_dict();
  write_message(std::move(kwds));
  for (const frozen& arg : request.args) {
    splicer alone;
    alone.frozen(arg);
    write_message(std::move(alone));
    if (const load_error error = write_slots(r, arg)) return error;
  }
  return {};
}

}  // namespace

int main() {
  buffer frame;
  while (read_frame(frame) && !frame.empty()) {
    const auto r = static_cast<road>(frame.data()[0]);
    if (const load_error error = answer(r, frame.view().subspan(1))) {
      write_frame(as_bytes("0"));
      write_frame(as_bytes(error.message()));
    }
    std::fflush(stdout);
  }
}
