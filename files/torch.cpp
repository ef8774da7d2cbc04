// SPDX-License-Identifier: BSL-1.0

#include "pickled/files/torch.hpp"

#include "files/unread_format.hpp"
#include "files/zip_archive.hpp"
#include "pickled/convert/native.hpp"
#include "pickled/files/mapped_file.hpp"
#include "pickled/value/as_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>

PICKLED_BEGIN_NAMESPACE
namespace {

struct torch_dtype {
  std::string_view name;
  std::string_view storage;  // the class of its storages; empty where there is none
  std::uint8_t size;
  element_type numpy;
};

constexpr std::array<torch_dtype, 22> torch_dtypes{{
    {"float64", "DoubleStorage", 8, {'f', 8}},
    {"float32", "FloatStorage", 4, {'f', 4}},
    {"float16", "HalfStorage", 2, {'f', 2}},
    {"bfloat16", "BFloat16Storage", 2, {}},
    {"int64", "LongStorage", 8, {'i', 8}},
    {"int32", "IntStorage", 4, {'i', 4}},
    {"int16", "ShortStorage", 2, {'i', 2}},
    {"int8", "CharStorage", 1, {'i', 1}},
    {"uint8", "ByteStorage", 1, {'u', 1}},
    {"uint16", "", 2, {'u', 2}},
    {"uint32", "", 4, {'u', 4}},
    {"uint64", "", 8, {'u', 8}},
    {"bool", "BoolStorage", 1, {'b', 1}},
    {"complex64", "ComplexFloatStorage", 8, {'c', 8}},
    {"complex128", "ComplexDoubleStorage", 16, {'c', 16}},
    {"complex32", "", 4, {}},
    {"quint8", "QUInt8Storage", 1, {}},
    {"qint8", "QInt8Storage", 1, {}},
    {"qint32", "QInt32Storage", 4, {}},
    {"float8_e4m3fn", "", 1, {}},
    {"float8_e5m2", "", 1, {}},
    {"uint8", "UntypedStorage", 1, {'u', 1}},
}};

[[noreturn]] void fail_torch(file_errc code, std::string_view what) {
  throw file_error(code, fmt::format("checkpoint: {}", what));
}

const torch_dtype* dtype_of_storage(value_view storage_class) noexcept {
  if (!storage_class.is(kind::global)) return nullptr;
  const global_name name = storage_class.as_global();
  if (name.module != "torch" && name.module != "torch.storage") return nullptr;
  const auto* const found = std::ranges::find(torch_dtypes, name.name, &torch_dtype::storage);
  return found == torch_dtypes.end() ? nullptr : found;
}

const torch_dtype& dtype_named(value_view dtype) {
  if (!dtype.is(kind::global) || dtype.as_global().module != "torch")
    fail_torch(file_errc::malformed, "a tensor has no dtype");
  const auto* const found =
      std::ranges::find(torch_dtypes, dtype.as_global().name, &torch_dtype::name);
  if (found == torch_dtypes.end()) {
    fail_torch(file_errc::unsupported,
               fmt::format("the dtype {} is not known", dtype.as_global().name));
  }
  return *found;
}

// ('storage', class, key, location, number of items), in the old form with a view of it behind;
// None or nothing for anything else.
std::span<const value_view> storage_id(value_view v) noexcept {
  if (!v.is(kind::persistent)) return {};
  const value_view id = v.as_persistent_id();
  if (!id.is(kind::tuple) || id.size() < 5 || id.size() > 6) return {};
  const auto parts = id.as_items();
  const bool good = parts[0].is(kind::str) && parts[0].as_str() == "storage" &&
                    parts[2].is(kind::str) && parts[4].is(kind::integer) &&
                    parts[4].as_integer() >= 0 && dtype_of_storage(parts[1]) != nullptr;
  return good ? parts : std::span<const value_view>();
}

std::size_t length_of(value_view v) {
  if (!v.is(kind::integer) || v.as_integer() < 0)
    fail_torch(file_errc::malformed, "a tensor has a length or stride that is no number from 0 on");
  return static_cast<std::size_t>(v.as_integer());
}

std::size_t times(std::size_t a, std::size_t b) {
  std::size_t result = 0;
  if (__builtin_mul_overflow(a, b, &result) || result >> 62 != 0)
    fail_torch(file_errc::malformed, "a tensor lies outside of memory");
  return result;
}

// Where the last item ends, from the first one on, in items; 0 of no items.
std::size_t reach_of(std::span<const std::size_t> shape, std::span<const std::size_t> strides) {
  std::size_t last = 0;
  for (std::size_t i = 0; i != shape.size(); ++i) {
    if (shape[i] == 0) return 0;
    last += times(shape[i] - 1, strides[i]);
    if (last >> 62 != 0) fail_torch(file_errc::malformed, "a tensor lies outside of memory");
  }
  return last + 1;
}

load_options keeping_ids(const load_options& options) {
  load_options result = options;
  result.persistent_load = [](value_view id, value_builder& build) {
    // ('module', class, file, source) of the old form stands for the class.
    if (id.is(kind::tuple) && id.size() == 4 && id.as_items()[0].is(kind::str) &&
        id.as_items()[0].as_str() == "module")
      return id.as_items()[1];
    return build.persistent(id);
  };
  return result;
}

}  // namespace

std::optional<element_type> torch_tensor::type() const noexcept {
  const auto* const found = std::ranges::find(torch_dtypes, dtype, &torch_dtype::name);
  if (found == torch_dtypes.end() || found->numpy.size == 0) return std::nullopt;
  return found->numpy;
}

array_view torch_tensor::view_as(element_type wanted) const {
  if (type() != wanted) {
    throw file_error(file_errc::other_format,
                     fmt::format("expected a tensor of {}, got one of {}", wanted.name(), dtype));
  }
  return {wanted, storage.data() + offset, shape, strides};
}

bytes_view torch_checkpoint::find_storage(std::span<const value_view> id,
                                          std::size_t item_size) const {
  const auto found = storages_.find(id[2].as_str());
  if (found == storages_.end())
    fail_torch(file_errc::truncated, fmt::format("there is no storage {}", id[2].as_str()));
  const std::size_t bytes = times(length_of(id[4]), item_size);
  if (bytes > found->second.size()) {
    fail_torch(file_errc::truncated, fmt::format("storage {} has {} of {} bytes", id[2].as_str(),
                                                 found->second.size(), bytes));
  }
  if (id.size() == 5 || id[5].is_none()) return found->second.first(bytes);
  // (key, offset, number of items) of a part that is a storage, too.
  const bool is_view = id[5].is(kind::tuple) && id[5].size() == 3;
  if (!is_view) fail_torch(file_errc::malformed, "a view of a storage is none");
  const std::size_t begin = times(length_of(id[5].as_items()[1]), item_size);
  const std::size_t size = times(length_of(id[5].as_items()[2]), item_size);
  if (begin > bytes || size > bytes - begin)
    fail_torch(file_errc::malformed, "a view lies outside of its storage");
  return found->second.subspan(begin, size);
}

std::optional<torch_tensor> torch_checkpoint::as_tensor(value_view v) const {
  // A parameter of a parameter: nobody writes more than one.
  std::optional<bool> requires_grad;
  for (const std::string_view name : {"_rebuild_parameter", "_rebuild_parameter_with_state"}) {
    const instance_node* const parameter = as_call(v, {"torch._utils", name});
    if (parameter == nullptr || parameter->args.size() < 2) continue;
    const auto args = parameter->args.as_items();
    v = args[0];
    requires_grad = args[1].if_bool();
  }
  const instance_node* const call = [&]() -> const instance_node* {
    for (const std::string_view name :
         {"_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_tensor"})
      if (const instance_node* const found = as_call(v, {"torch._utils", name})) return found;
    return nullptr;
  }();
  if (call == nullptr || call->args.size() < 4) return std::nullopt;
  const auto args = call->args.as_items();
  const auto id = storage_id(args[0]);
  if (id.empty()) fail_torch(file_errc::malformed, "a tensor has no storage that is known");
  const torch_dtype& of_storage = *dtype_of_storage(id[1]);
  const bool retyped = call->callable.as_global().name == "_rebuild_tensor_v3";
  if (retyped && args.size() < 7) fail_torch(file_errc::malformed, "a tensor has no dtype");
  const torch_dtype& dtype = retyped ? dtype_named(args[6]) : of_storage;

  torch_tensor tensor;
  tensor.dtype = dtype.name;
  tensor.item_size = dtype.size;
  tensor.storage = find_storage(id, of_storage.size);
  if (!args[2].is(kind::tuple) || !args[3].is(kind::tuple) || args[2].size() != args[3].size())
    fail_torch(file_errc::malformed, "a tensor's lengths and strides do not match");
  std::vector<std::size_t> strides;
  for (std::size_t i = 0; i != args[2].size(); ++i) {
    tensor.shape.push_back(length_of(args[2].as_items()[i]));
    strides.push_back(length_of(args[3].as_items()[i]));
    tensor.strides.push_back(static_cast<std::ptrdiff_t>(times(strides.back(), dtype.size)));
  }
  const std::size_t first = length_of(args[1]);
  const std::size_t reach = reach_of(tensor.shape, strides);
  tensor.offset = times(first, dtype.size);
  if (tensor.offset > tensor.storage.size() ||
      times(reach, dtype.size) > tensor.storage.size() - tensor.offset) {
    fail_torch(file_errc::malformed,
               fmt::format("a tensor lies outside of storage {}", id[2].as_str()));
  }
  if (requires_grad)
    tensor.requires_grad = *requires_grad;
  else if (args.size() > 4)
    tensor.requires_grad = args[4].if_bool().value_or(false);
  return tensor;
}

torch_tensor torch_checkpoint::tensor(std::string_view name) const {
  const auto entries = detail::native_entries(root_, "dict");
  value_view found;
  bool any = false;
  for (const dict_entry& entry : entries) {
    if (!entry.key.is(kind::str) || entry.key.as_str() != name) continue;
    found = entry.value;
    any = true;
  }
  auto tensor = any ? as_tensor(found) : std::nullopt;
  if (!tensor)
    throw access_error(pickle_errc::not_found, fmt::format("no tensor '{}' in", name), root_);
  return *std::move(tensor);
}

std::vector<std::pair<std::string, torch_tensor>> torch_checkpoint::tensors() const {
  std::vector<std::pair<std::string, torch_tensor>> result;
  for (const dict_entry& entry : detail::native_entries(root_, "dict")) {
    if (!entry.key.is(kind::str)) continue;
    if (auto tensor = as_tensor(entry.value))
      result.emplace_back(entry.key.as_str(), *std::move(tensor));
  }
  return result;
}

void torch_checkpoint::read_zip(bytes_view content, const load_options& options) {
  constexpr std::string_view pickle_name = "data.pkl";
  const detail::zip_archive archive(content);
  const detail::zip_member* pickle = nullptr;
  for (const detail::zip_member& member : archive.members()) {
    // In the one folder that all members are in.
    const bool is_pickle =
        member.name.ends_with("/data.pkl") && std::ranges::count(member.name, '/') == 1;
    if (!is_pickle) continue;
    if (pickle != nullptr) fail_torch(file_errc::contradictory, "it has two data.pkl");
    pickle = &member;
  }
  if (pickle == nullptr) fail_torch(file_errc::other_format, "it has no data.pkl");
  const std::string folder = pickle->name.substr(0, pickle->name.size() - pickle_name.size());
  buffer room;
  if (const auto* const order = archive.find(folder + "byteorder")) {
    if (as_text(detail::read_member(*order, room, 64)) != "little")
      fail_torch(file_errc::unsupported, "its numbers are not little-endian");
  }
  const std::string prefix = folder + "data/";
  std::size_t left = options.max_memory;
  for (const detail::zip_member& member : archive.members()) {
    if (!member.name.starts_with(prefix)) continue;
    bytes_view storage = member.content;
    // torch stores them; what has been packed again since is unpacked.
    const bool in_place = member.method == detail::zip_member::stored && (member.flags & 1) == 0 &&
                          member.size == member.packed;
    if (!in_place) {
      auto unpacked = std::make_shared<buffer>();
      storage = detail::read_member(member, *unpacked, left);
      left -= unpacked->size();
      kept_.push_back(std::move(unpacked));
    }
    storages_.emplace(member.name.substr(prefix.size()), storage);
  }
  root_ = loads(detail::read_member(*pickle, room, options.max_memory), keeping_ids(options));
}

// Five pickles, a number that says what it is, the version, what wrote it, the value, and the keys
// of the storages, which follow, each after the number of its items.
void torch_checkpoint::read_legacy(bytes_view content, const load_options& options) {
  constexpr std::array<std::uint8_t, 10> magic{0x6c, 0xfc, 0x9c, 0x46, 0xf9,
                                               0x20, 0x6a, 0xa8, 0x50, 0x19};
  constexpr std::int64_t version = 1001;
  std::size_t offset = 0;
  const auto next = [&](const load_options& how) {
    load_error error;
    std::size_t consumed = 0;
    value v = loads(content.subspan(offset), error, how, &consumed);
    if (error) throw unpickling_error({error.code, error.offset + offset, error.opcode});
    offset += consumed;
    return v;
  };
  const load_options plain = keeping_ids(options);
  std::map<std::string, std::size_t, std::less<>> item_sizes;
  load_options noting = plain;
  noting.persistent_load = [&](value_view id, value_builder& build) {
    const value_view v = plain.persistent_load(id, build);
    if (const auto parts = storage_id(v); !parts.empty())
      item_sizes.try_emplace(std::string(parts[2].as_str()), dtype_of_storage(parts[1])->size);
    return v;
  };

  load_error error;
  const value number = loads(content, error, plain);
  const bool is_checkpoint =
      !error && number->is(kind::big_integer) &&
      std::ranges::equal(number->as_bytes(), std::as_bytes(std::span(magic)));
  if (!is_checkpoint)
    fail_torch(file_errc::other_format,
               "it is neither a zip archive nor begins with torch's number");
  next(plain);
  if (value_argument(next(plain)).if_integer() != version)
    fail_torch(file_errc::unsupported, "it has another version than 1001");
  const value system = next(plain);
  const value_view* const little = system->find("little_endian");
  if (little != nullptr && little->if_bool() == false)
    fail_torch(file_errc::unsupported, "its numbers are not little-endian");
  root_ = next(noting);
  const value keys = next(plain);
  if (!keys->is(kind::list))
    fail_torch(file_errc::malformed, "the keys of its storages are no list");
  for (const value_view key : keys->as_items()) {
    const auto size = key.is(kind::str) ? item_sizes.find(key.as_str()) : item_sizes.end();
    if (size == item_sizes.end())
      fail_torch(file_errc::malformed, "it has a storage that no tensor names");
    std::uint64_t items = 0;
    const bytes_view left = content.subspan(offset);
    if (left.size() < sizeof items)
      fail_torch(file_errc::truncated, fmt::format("it ends before storage {}", key.as_str()));
    std::memcpy(&items, left.data(), sizeof items);
    const std::size_t bytes = times(items, size->second);
    if (bytes > left.size() - sizeof items) {
      fail_torch(file_errc::truncated, fmt::format("storage {} has {} of {} bytes", key.as_str(),
                                                   left.size() - sizeof items, bytes));
    }
    storages_.emplace(key.as_str(), left.subspan(sizeof items, bytes));
    offset += sizeof items + bytes;
  }
}

void torch_checkpoint::read(bytes_view content, const load_options& options) {
  if (as_text(content).starts_with("PK\x03\x04"))
    read_zip(content, options);
  else if (const auto format = detail::unread_format_of(content))
    fail_torch(file_errc::unsupported, fmt::format("it is {}, which is not read here", *format));
  else
    read_legacy(content, options);
}

torch_checkpoint load_torch(const std::filesystem::path& path, const load_options& options) {
  torch_checkpoint checkpoint;
  auto file = std::make_shared<const mapped_file>(path);
  const bytes_view content = file->content();
  checkpoint.kept_.push_back(std::move(file));
  checkpoint.read(content, options);
  return checkpoint;
}

torch_checkpoint load_torch(bytes_view content, const load_options& options) {
  torch_checkpoint checkpoint;
  checkpoint.read(content, options);
  return checkpoint;
}

PICKLED_END_NAMESPACE
