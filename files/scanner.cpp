// SPDX-License-Identifier: BSL-1.0

#include "files/scanner.hpp"

#include "files/inflate.hpp"
#include "files/joblib_stream.hpp"
#include "files/npy_header.hpp"
#include "files/unread_format.hpp"
#include "files/zip_archive.hpp"
#include "pickled/files/file_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

using namespace std::string_view_literals;
using event = enum loading_step::event;

constexpr std::size_t deepest_archive = 8;
constexpr std::size_t most_unpacked = std::size_t{1} << 30;

bool begins_as_gzip(std::string_view text) noexcept {
  return text.starts_with("\x1f\x8b"sv);
}

// With the largest window, as zlib.compress has it: the others begin as pickles do.
bool begins_as_zlib(std::string_view text) noexcept {
  if (text.size() < 2) return false;
  const unsigned first = static_cast<unsigned char>(text[0]);
  const unsigned second = static_cast<unsigned char>(text[1]);
  return first == 0x78 && (first * 256 + second) % 31 == 0;
}

}  // namespace

void scanner::incomplete(const place& where, std::size_t offset, std::string reason) {
  const auto [known, added] = known_.try_emplace({where.member, "!" + reason}, findings_.size());
  if (added)
    findings_.push_back(
        {where.member, offset, {}, false, scan_verdict::incomplete, std::move(reason)});
}

void scanner::note(const loading_step& step, const place& where, std::size_t offset) {
  const std::size_t at = offset + step.offset;
  const std::string global = step.module + "." + step.name;
  switch (step.event) {
    case event::import_unknown: return incomplete(where, at, "it imports a name that is computed");
    case event::import_extension:
      return incomplete(where, at,
                        fmt::format("it imports what copyreg has under code {}", step.code));
    case event::call_unknown: return incomplete(where, at, "it calls the result of something");
    case event::change_class:
      return incomplete(where, at, fmt::format("it changes {} itself", global));
    case event::import:
    case event::call: break;
  }
  const auto [known, added] = known_.try_emplace({where.member, global}, findings_.size());
  if (added) {
    const bool good = allowed_.allows({step.module, step.name});
    findings_.push_back(
        {where.member, at, global, false, good ? scan_verdict::allowed : scan_verdict::denied, {}});
  }
  if (step.event == event::call) findings_[known->second].called = true;
}

// How many bytes belong to the pickle, or 0 where it is none that can be followed to its end.
std::size_t scanner::scan_pickle(bytes_view content, const place& where, std::size_t offset,
                                 bool has_to_be_one) {
  const bytes_view stream = content.subspan(offset);
  const std::size_t findings = findings_.size();
  joblib_opcodes opcodes(stream);
  bool is_joblib = false;
  trace_options options;
  options.on_step = [&](const loading_step& step) { note(step, where, offset); };
  options.bytes_after_build = [&](const std::string& name, std::size_t at) -> std::size_t {
    if (!is_joblib_wrapper(name)) return 0;
    is_joblib = true;
    const value state = opcodes.state_before(at);
    const joblib_array array = read_joblib_wrapper(state);
    std::size_t count = 0;
    if (array.items.has_objects) {
      const place inner{where.member, where.depth + 1, false};
      if (inner.depth > deepest_archive)
        throw file_error(file_errc::too_large, "it is nested too deeply");
      count = scan_pickle(content, inner, offset + at, true);
      if (count == 0) throw file_error(file_errc::malformed, "an array of objects is no pickle");
    } else {
      const joblib_items items = find_joblib_items(array, stream.subspan(at));
      count = items.padding + items.size;
    }
    opcodes.skip(at, count);
    return count;
  };

  traced result;
  try {
    result = trace_loading(stream, options);
  } catch (const file_error& e) {
    incomplete(where, offset, e.what());
    has_to_be_one = true;
    result.error = {pickle_errc::truncated, 0, 0};
  }
  if (is_joblib) {
    // pickle.load would take the bytes of arrays for opcodes.
    options.bytes_after_build = nullptr;
    static_cast<void>(trace_loading(stream, options));
  }
  if (!result.error) return result.consumed;
  // What no loader gets beyond is harmless if nothing was found up to there; but what looks as if
  // it had been a pickle is worth a word.
  const bool begins_as_pickle = !stream.empty() && stream[0] == std::byte{0x80};
  if (has_to_be_one || findings_.size() != findings ||
      (begins_as_pickle && result.instructions >= 3)) {
    load_error error = result.error;
    error.offset += offset;
    incomplete(where, error.offset, error.message());
  }
  return 0;
}

// How many bytes belong to the array.
std::size_t scanner::scan_npy(bytes_view content, const place& where, std::size_t offset) try {
  arena memory;
  value_builder build(memory);
  const bytes_view array = content.subspan(offset);
  const npy_header header = read_npy_header(array, build);
  if (header.items.has_objects) {
    const std::size_t size = scan_pickle(content, where, offset + header.size, true);
    return size == 0 ? array.size() : header.size + size;
  }
  if (header.bytes > array.size() - header.size)
    incomplete(where, offset, ".npy: it ends amid its items");
  return header.size + std::min(header.bytes, array.size() - header.size);
} catch (const file_error& e) {
  incomplete(where, offset, e.what());
  // Whatever the header means to numpy, behind it may be a pickle.
  for (const std::size_t width : {std::size_t{2}, std::size_t{4}}) {
    std::uint32_t length = 0;
    if (content.size() - offset < 8 + width) break;
    std::memcpy(&length, content.data() + offset + 8, width);
    const std::size_t begin = 8 + width + length;
    if (begin < content.size() - offset) scan_pickle(content, where, offset + begin, false);
  }
  return content.size() - offset;
}

// Pickles and arrays behind one another, up to what is neither.
void scanner::scan_sequence(bytes_view content, const place& where) {
  if (where.whole && content.empty()) incomplete(where, 0, "it is empty");
  for (std::size_t offset = 0; offset != content.size();) {
    const std::size_t size = begins_as_npy(content.subspan(offset))
                                 ? scan_npy(content, where, offset)
                                 : scan_pickle(content, where, offset, where.whole && offset == 0);
    if (size == 0) return;
    offset += size;
  }
}

void scanner::scan_compressed(bytes_view content, const place& where, std::string_view name) {
  const std::size_t room = most_unpacked - std::min(unpacked_, most_unpacked);
  const inflated result = inflate(content, deflate_form::zlib, room);
  unpacked_ += result.content.size();
  const place inner{
      where.member.empty() ? std::string(name) : fmt::format("{}!{}", where.member, name),
      where.depth + 1, where.whole};
  // Two bytes of zlib's are soon in any data: damaged, it is that as long as nothing else is told.
  if (!result.wrong.empty() && (where.whole || result.too_large || name == "gzip"))
    incomplete(where, result.consumed, fmt::format("{}: {}", name, result.wrong));
  if (!result.content.empty()) scan_content(result.content, inner);
}

void scanner::scan_zip(bytes_view content, const place& where) try {
  const zip_archive archive(content);
  for (const zip_member& member : archive.members()) {
    const place inner{
        where.member.empty() ? member.name : fmt::format("{}!{}", where.member, member.name),
        where.depth + 1, false};
    buffer room;
    std::string wrong;
    const bytes_view unpacked =
        unpack(member, room, most_unpacked - std::min(unpacked_, most_unpacked), wrong);
    unpacked_ += room.size();
    if (!wrong.empty()) incomplete(inner, 0, std::move(wrong));
    scan_content(unpacked, inner);
  }
} catch (const file_error& e) {
  incomplete(where, 0, e.what());
}

void scanner::scan_content(bytes_view content, const place& where) {
  if (where.depth > deepest_archive)
    return incomplete(where, 0, "it is packed more than eight times");
  const std::string_view text = as_text(content);
  if (may_be_zip(content)) {
    scan_zip(content, where);
    // What begins as something else is something else to others.
    if (text.starts_with("PK")) return;
  }
  if (const auto format = unread_format_of(content)) {
    incomplete(where, 0, fmt::format("it is {}, which is not looked into", *format));
    // Some begin as pickles do, or have names that are pickles.
    return scan_sequence(content, {where.member, where.depth, false});
  }
  if (begins_as_gzip(text)) return scan_compressed(content, where, "gzip");
  if (begins_as_zlib(text)) return scan_compressed(content, where, "zlib");
  scan_sequence(content, where);
}

std::vector<scan_finding> scanner::scan(bytes_view file) {
  findings_.clear();
  known_.clear();
  unpacked_ = 0;
  scan_content(file, {{}, 0, true});
  return std::move(findings_);
}

scan_verdict verdict_of(const std::vector<scan_finding>& findings) noexcept {
  scan_verdict worst = scan_verdict::allowed;
  for (const scan_finding& finding : findings)
    worst = std::max(worst, finding.verdict);
  return worst;
}

}  // namespace pickled::inline v0::detail
