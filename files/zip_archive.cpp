// SPDX-License-Identifier: BSL-1.0

#include "files/zip_archive.hpp"

#include "files/inflate.hpp"
#include "pickle/codec/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pickled::inline v0::detail {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view local_signature = "PK\x03\x04"sv;
constexpr std::string_view central_signature = "PK\x01\x02"sv;
constexpr std::string_view end_signature = "PK\x05\x06"sv;
constexpr std::string_view end64_signature = "PK\x06\x06"sv;
constexpr std::string_view locator_signature = "PK\x06\x07"sv;
constexpr std::string_view descriptor_signature = "PK\x07\x08"sv;

constexpr std::size_t end_size = 22;
constexpr std::size_t end64_size = 56;
constexpr std::size_t locator_size = 20;
constexpr std::size_t longest_comment = 0xffff;

constexpr std::uint16_t is_encrypted = 1 << 0;
constexpr std::uint16_t has_descriptor = 1 << 3;
constexpr std::uint16_t unreadable = 1 << 0 | 1 << 5 | 1 << 6 | 1 << 13;

[[noreturn]] void fail(file_errc code, std::string_view what) {
  throw file_error(code, fmt::format("zip archive: {}", what));
}
[[noreturn]] void contradict(std::string_view what) {
  fail(file_errc::contradictory, what);
}

// The fields of a record, one after the other.
class field_reader {
 public:
  explicit field_reader(bytes_view record) : in_(record) {}
  template <class T>
  T next() {
    T number{};
    if (!in_.read(number)) fail(file_errc::truncated, "it ends amid a record");
    return number;
  }
  bytes_view bytes(std::size_t count) {
    bytes_view result;
    if (!in_.read(count, result)) fail(file_errc::truncated, "it ends amid a record");
    return result;
  }
  bool begins_with(std::string_view signature) {
    return as_text(bytes(signature.size())) == signature;
  }
  std::size_t remaining() const noexcept { return in_.remaining(); }
  std::size_t offset() const noexcept { return in_.offset(); }

 private:
  reader in_;
};

// What stands in 32 bits, or, where those are all set, in the next 64 bits of the extra field.
struct sizes {
  std::uint64_t size;
  std::uint64_t packed;
  std::uint64_t header;
};

void widen(sizes& of, bytes_view extra) {
  bool seen = false;
  for (field_reader fields(extra); fields.remaining() >= 4;) {
    const auto tag = fields.next<std::uint16_t>();
    const bytes_view content = fields.bytes(fields.next<std::uint16_t>());
    if (tag != 1) continue;
    if (seen) contradict("a header has its sizes twice");
    seen = true;
    field_reader wide(content);
    for (std::uint64_t* const field : {&of.size, &of.packed, &of.header})
      if (*field == 0xffffffff) *field = wide.next<std::uint64_t>();
  }
}

// Both of them, after the flag that says so.
bool is_descriptor(bytes_view bytes, const zip_member& of) {
  const bool has_signature = as_text(bytes).starts_with(descriptor_signature);
  const bytes_view content = bytes.subspan(has_signature ? descriptor_signature.size() : 0);
  field_reader fields(content);
  if (content.size() == 12) {
    return fields.next<std::uint32_t>() == of.crc && fields.next<std::uint32_t>() == of.packed &&
           fields.next<std::uint32_t>() == of.size;
  }
  return content.size() == 20 && fields.next<std::uint32_t>() == of.crc &&
         fields.next<std::uint64_t>() == of.packed && fields.next<std::uint64_t>() == of.size;
}

}  // namespace

bool may_be_zip(bytes_view content) noexcept {
  const std::string_view text = as_text(content);
  for (const std::string_view signature : {local_signature, end_signature, descriptor_signature})
    if (text.starts_with(signature)) return true;
  // Python takes what has an end record and room for a directory before it, whatever is around.
  const std::size_t first = text.size() - std::min(text.size(), end_size + longest_comment);
  for (std::size_t at = text.find(end_signature, first); at != text.npos;
       at = text.find(end_signature, at + 1)) {
    if (text.size() - at < end_size) continue;
    std::uint32_t directory_size = 0;
    std::memcpy(&directory_size, content.data() + at + 12, sizeof directory_size);
    if (directory_size == 0xffffffff || directory_size <= at) return true;
  }
  return false;
}

// The one end record, which has to be the last thing of the file with its comment.
zip_archive::directory zip_archive::find_directory() const {
  const std::string_view text = as_text(archive_);
  const std::size_t first = text.size() - std::min(text.size(), end_size + longest_comment);
  std::size_t found = text.npos;
  for (std::size_t at = text.find(end_signature, first); at != text.npos;
       at = text.find(end_signature, at + 1)) {
    if (text.size() - at < end_size) continue;
    field_reader fields(archive_.subspan(at + 20, 2));
    if (at + end_size + fields.next<std::uint16_t>() != text.size()) continue;
    if (found != text.npos) contradict("it has two end records");
    found = at;
  }
  if (found == text.npos) fail(file_errc::truncated, "no end record is at its end");
  if (text.rfind(end_signature) != found)
    contradict("something like an end record is in a comment");

  field_reader fields(archive_.subspan(found + 4));
  const auto disk = fields.next<std::uint16_t>();
  const auto directory_disk = fields.next<std::uint16_t>();
  const auto entries_here = fields.next<std::uint16_t>();
  std::uint64_t entries = fields.next<std::uint16_t>();
  std::uint64_t size = fields.next<std::uint32_t>();
  std::uint64_t offset = fields.next<std::uint32_t>();
  if (disk != 0 || directory_disk != 0 || entries_here != entries)
    fail(file_errc::unsupported, "it has several parts");
  std::size_t end = found;
  if (found >= locator_size && text.substr(found - locator_size).starts_with(locator_signature)) {
    if (found < locator_size + end64_size) fail(file_errc::truncated, "its end record is cut off");
    end = found - locator_size - end64_size;
    field_reader locator(archive_.subspan(found - locator_size + 8));
    if (locator.next<std::uint64_t>() != end)
      contradict("data lies before it, or in its end record");
    field_reader wide(archive_.subspan(end));
    if (!wide.begins_with(end64_signature)) contradict("its end records do not match");
    if (wide.next<std::uint64_t>() != end64_size - 12) contradict("its end records do not match");
    wide.bytes(12);
    const auto agree = [&](std::uint64_t& narrow, std::uint64_t all_set, std::uint64_t wide_one) {
      if (narrow != all_set && narrow != wide_one) contradict("its end records do not match");
      narrow = wide_one;
    };
    if (const auto here = wide.next<std::uint64_t>(); here != wide.next<std::uint64_t>())
      fail(file_errc::unsupported, "it has several parts");
    field_reader totals(archive_.subspan(end + 32));
    agree(entries, 0xffff, totals.next<std::uint64_t>());
    agree(size, 0xffffffff, totals.next<std::uint64_t>());
    agree(offset, 0xffffffff, totals.next<std::uint64_t>());
  }
  if (size > end || offset != end - size)
    contradict("data lies before it, or before its end record");
  return {static_cast<std::size_t>(offset), end, entries};
}

void zip_archive::read_directory(const directory& where) {
  field_reader fields(archive_.subspan(where.offset, where.end - where.offset));
  std::set<std::string_view> names;
  std::uint64_t count = 0;
  for (; fields.remaining() != 0; ++count) {
    if (!fields.begins_with(central_signature))
      contradict("its directory has something else in it");
    zip_member member;
    fields.bytes(4);  // versions
    member.flags = fields.next<std::uint16_t>();
    member.method = fields.next<std::uint16_t>();
    fields.bytes(4);  // time and date
    member.crc = fields.next<std::uint32_t>();
    sizes told{};
    told.packed = fields.next<std::uint32_t>();
    told.size = fields.next<std::uint32_t>();
    const auto name_length = fields.next<std::uint16_t>();
    const auto extra_length = fields.next<std::uint16_t>();
    const auto comment_length = fields.next<std::uint16_t>();
    const auto disk = fields.next<std::uint16_t>();
    fields.bytes(6);  // attributes
    told.header = fields.next<std::uint32_t>();
    member.name = as_text(fields.bytes(name_length));
    widen(told, fields.bytes(extra_length));
    fields.bytes(comment_length);
    if (disk != 0) fail(file_errc::unsupported, "it has several parts");
    if (member.name.find('\0') != std::string::npos) contradict("a name has a NUL in it");
    if (told.header >= where.offset || told.packed > where.offset - told.header)
      fail(file_errc::truncated, fmt::format("{} lies outside of it", member.name));
    member.size = told.size;
    member.packed = told.packed;
    member.header = told.header;
    members_.push_back(std::move(member));
  }
  if (count != where.entries) contradict("its directory has not as many entries as it says");
  std::set<std::string_view> seen;
  for (const zip_member& member : members_)
    if (!seen.insert(member.name).second) contradict(fmt::format("{} is in it twice", member.name));
}

// Each member has a header that says the same as the directory, and ends where the next one begins.
void zip_archive::check_layout(std::size_t end) {
  std::vector<zip_member*> by_place;
  for (zip_member& member : members_)
    by_place.push_back(&member);
  std::ranges::sort(by_place, {}, &zip_member::header);
  if ((by_place.empty() ? end : by_place[0]->header) != 0) contradict("data lies before it");
  for (std::size_t i = 0; i != by_place.size(); ++i) {
    zip_member& member = *by_place[i];
    const std::size_t next = i + 1 == by_place.size() ? end : by_place[i + 1]->header;
    field_reader fields(archive_.subspan(member.header, next - member.header));
    const auto check = [&](bool same, std::string_view what) {
      if (!same)
        contradict(fmt::format("{}: its header and the directory differ in {}", member.name, what));
    };
    check(fields.begins_with(local_signature), "place");
    fields.bytes(2);  // version
    check(fields.next<std::uint16_t>() == member.flags, "flags");
    check(fields.next<std::uint16_t>() == member.method, "compression");
    fields.bytes(4);  // time and date
    const auto crc = fields.next<std::uint32_t>();
    sizes told{0, 0, 0};
    told.packed = fields.next<std::uint32_t>();
    told.size = fields.next<std::uint32_t>();
    const auto name_length = fields.next<std::uint16_t>();
    const auto extra_length = fields.next<std::uint16_t>();
    check(as_text(fields.bytes(name_length)) == member.name, "name");
    widen(told, fields.bytes(extra_length));
    const bool later = (member.flags & has_descriptor) != 0;
    const auto same = [later](std::uint64_t here, std::uint64_t there) {
      return here == there || (later && here == 0);
    };
    check(same(crc, member.crc), "checksum");
    check(same(told.packed, member.packed) && same(told.size, member.size), "size");
    if (fields.remaining() < member.packed)
      contradict(fmt::format("{} reaches into what follows it", member.name));
    member.content = fields.bytes(member.packed);
    const bytes_view rest = fields.bytes(fields.remaining());
    if (!rest.empty() && !(later && is_descriptor(rest, member)))
      contradict(fmt::format("behind {} lies what is in no directory", member.name));
  }
}

zip_archive::zip_archive(bytes_view archive) : archive_(archive) {
  const directory where = find_directory();
  read_directory(where);
  check_layout(where.offset);
}

const zip_member* zip_archive::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(members_, name, &zip_member::name);
  return found == members_.end() ? nullptr : &*found;
}

bytes_view unpack(const zip_member& member, buffer& unpacked, std::size_t limit,
                  std::string& wrong) {
  if ((member.flags & unreadable) != 0) {
    wrong = (member.flags & is_encrypted) != 0 ? "it is encrypted" : "it has unknown flags";
    return {};
  }
  bytes_view content = member.content;
  if (member.method == zip_member::deflated) {
    inflated result = inflate(member.content, deflate_form::raw, limit);
    wrong = std::move(result.wrong);
    if (wrong.empty() && result.consumed != member.content.size())
      wrong = "something lies behind the compressed data";
    unpacked = std::move(result.content);
    content = unpacked;
  } else if (member.method != zip_member::stored) {
    wrong = fmt::format("it is compressed by method {}, which is not read here", member.method);
    return {};
  }
  if (!wrong.empty()) return content;
  if (content.size() != member.size)
    wrong = "it has another size than the directory says";
  else if (crc32(content) != member.crc)
    wrong = "its checksum is wrong";
  return content;
}

bytes_view read_member(const zip_member& member, buffer& unpacked, std::size_t limit) {
  std::string wrong;
  const bytes_view content = unpack(member, unpacked, limit, wrong);
  if (!wrong.empty())
    throw file_error(file_errc::malformed, fmt::format("{}: {}", member.name, wrong));
  return content;
}

}  // namespace pickled::inline v0::detail
