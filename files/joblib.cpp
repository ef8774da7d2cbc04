// SPDX-License-Identifier: BSL-1.0

#include "pickled/files/joblib.hpp"

#include "files/inflate.hpp"
#include "files/joblib_stream.hpp"
#include "files/unread_format.hpp"
#include "pickled/files/mapped_file.hpp"
#include "python/loading_trace.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE
namespace {

// An array that was met, and what keeps its dtype; or what its objects were loaded to.
struct met_array {
  detail::joblib_array layout;
  bytes_view items;
  value owner;
  bool is_loaded = false;
};

// The stream as an ordinary pickle: each wrapper is dropped, and the persistent id of its array put
// in its place.
buffer without_items(bytes_view stream, std::vector<met_array>& arrays,
                     const load_options& options) {
  buffer opcodes;
  std::size_t taken = 0;
  detail::joblib_opcodes known(stream);
  detail::trace_options tracing;
  tracing.bytes_after_build = [&](const std::string& name, std::size_t at) -> std::size_t {
    if (!detail::is_joblib_wrapper(name)) return 0;
    met_array array;
    array.owner = known.state_before(at);
    array.layout = detail::read_joblib_wrapper(array.owner);
    std::size_t count = 0;
    if (array.layout.items.has_objects) {
      load_error error;
      array.owner = loads(stream.subspan(at), error, options, &count);
      array.is_loaded = true;
      if (error) throw unpickling_error({error.code, error.offset + at, error.opcode});
    } else {
      const auto place = detail::find_joblib_items(array.layout, stream.subspan(at));
      array.items = stream.subspan(at + place.padding, place.size);
      count = place.padding + place.size;
    }
    const auto index = static_cast<std::int32_t>(arrays.size());
    arrays.push_back(std::move(array));
    known.skip(at, count);
    opcodes.append(stream.subspan(taken, at - taken));
    taken = at + count;
    // POP, BININT, BINPERSID.
    char reference[] = {'0', 'J', 0, 0, 0, 0, 'Q'};
    std::memcpy(reference + 2, &index, sizeof index);
    opcodes.append(std::string_view(reference, sizeof reference));
    return count;
  };
  const detail::traced traced = detail::trace_loading(stream, tracing);
  if (traced.error) throw unpickling_error(traced.error);
  opcodes.append(stream.subspan(taken, traced.consumed - taken));
  return opcodes;
}

value read_stream(bytes_view stream, const load_options& options,
                  std::shared_ptr<const void> keeper) {
  std::vector<met_array> arrays;
  const buffer opcodes = without_items(stream, arrays, options);
  load_options with_arrays = options;
  with_arrays.borrow = false;
  with_arrays.persistent_load = [&](value_view id, value_builder& build) {
    const auto index = id.if_integer();
    if (!index || *index < 0 || static_cast<std::size_t>(*index) >= arrays.size())
      throw file_error(file_errc::malformed, "joblib: it has a persistent id");
    const met_array& array = arrays[static_cast<std::size_t>(*index)];
    const value_view owner = build.share(array.owner);
    if (array.is_loaded) return owner;
    return detail::array_of_bytes(array.layout.items, array.layout.lengths, array.layout.fortran,
                                  array.items, build);
  };
  value result = loads(bytes_view(opcodes), with_arrays);
  // A value without an arena holds no array.
  if (keeper != nullptr && result.owner() != nullptr) result.owner()->keep(std::move(keeper));
  return result;
}

value read_joblib(bytes_view content, const load_options& options,
                  std::shared_ptr<const void> keeper) {
  if (const auto format = detail::unread_format_of(content)) {
    throw file_error(file_errc::unsupported,
                     fmt::format("joblib: it is {}, which is not read here", *format));
  }
  const std::string_view text = as_text(content);
  if (!text.starts_with('\x78') && !text.starts_with("\x1f\x8b"))
    return read_stream(content, options, std::move(keeper));
  auto unpacked = std::make_shared<detail::inflated>(
      detail::inflate(content, detail::deflate_form::zlib, options.max_memory));
  if (!unpacked->wrong.empty()) {
    throw file_error(unpacked->too_large ? file_errc::too_large : file_errc::truncated,
                     fmt::format("joblib: {}", unpacked->wrong));
  }
  const bytes_view stream = unpacked->content;
  return read_stream(stream, options, std::move(unpacked));
}

}  // namespace

value load_joblib(const std::filesystem::path& path, const load_options& options) {
  auto file = std::make_shared<const mapped_file>(path);
  const bytes_view content = file->content();
  return read_joblib(content, options, std::move(file));
}
value load_joblib(bytes_view content, const load_options& options) {
  return read_joblib(content, options, nullptr);
}

PICKLED_END_NAMESPACE
