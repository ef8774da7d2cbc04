// SPDX-License-Identifier: BSL-1.0

#include "pickled/files/numpy.hpp"

#include "files/npy_header.hpp"
#include "files/zip_archive.hpp"
#include "pickled/files/mapped_file.hpp"

#include <fmt/format.h>

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE
namespace {

value_view read_npy(bytes_view content, arena& memory, const load_options& options) {
  value_builder build(memory);
  const detail::npy_header header = detail::read_npy_header(content, build);
  const bytes_view items = content.subspan(header.size);
  if (header.items.has_objects) return build.share(loads(items, options));
  if (header.bytes > items.size()) {
    throw file_error(file_errc::truncated,
                     fmt::format(".npy: it ends after {} of {} bytes", items.size(), header.bytes));
  }
  return detail::array_of_bytes(header.items, header.lengths, header.fortran,
                                items.first(header.bytes), build);
}

value_view read_npz(bytes_view content, arena& memory, const load_options& options) {
  constexpr std::string_view extension = ".npy";
  const detail::zip_archive archive(content);
  value_builder build(memory);
  std::vector<dict_entry> entries;
  std::size_t left = options.max_memory;
  for (const detail::zip_member& member : archive.members()) {
    bytes_view unpacked = member.content;
    if (member.method != detail::zip_member::stored || member.flags != 0) {
      auto room = std::make_shared<buffer>();
      unpacked = detail::read_member(member, *room, left);
      left -= room->size();
      memory.keep(std::move(room));
    }
    std::string_view name = member.name;
    const bool is_array = detail::begins_as_npy(unpacked);
    if (name.ends_with(extension)) name.remove_suffix(extension.size());
    try {
      entries.push_back({build.str(name),
                         is_array ? read_npy(unpacked, memory, options) : build.bytes(unpacked)});
    } catch (const file_error& e) {
      throw file_error(static_cast<file_errc>(e.code().value()),
                       fmt::format("{}: {}", member.name, e.what()));
    }
  }
  return build.dict(entries);
}

using reading = value_view(bytes_view, arena&, const load_options&);

value read_mapped(const std::filesystem::path& path, const load_options& options, reading& read) {
  const auto file = std::make_shared<const mapped_file>(path);
  auto memory = std::make_shared<arena>();
  memory->keep(file);
  const value_view result = read(file->content(), *memory, options);
  return {result, std::move(memory)};
}

value read_bytes(bytes_view content, const load_options& options, reading& read) {
  auto memory = std::make_shared<arena>();
  const value_view result = read(content, *memory, options);
  return {result, std::move(memory)};
}

}  // namespace

value load_npy(const std::filesystem::path& path, const load_options& options) {
  return read_mapped(path, options, read_npy);
}
value load_npy(bytes_view content, const load_options& options) {
  return read_bytes(content, options, read_npy);
}

value load_npz(const std::filesystem::path& path, const load_options& options) {
  return read_mapped(path, options, read_npz);
}
value load_npz(bytes_view content, const load_options& options) {
  return read_bytes(content, options, read_npz);
}

PICKLED_END_NAMESPACE
