// SPDX-License-Identifier: BSL-1.0

// torch.load without torch: checkpoints in the zip form and in the one before torch 1.6. Tensors
// are views of the file's bytes, which are mapped and not read; nothing is imported or called.
//
//   const torch_checkpoint model = load_torch("model.pt");
//   for (const auto& [name, tensor] : model.tensors())
//     std::cout << name << ' ' << tensor.dtype << '\n';
//   const auto weight = model.tensor("fc.weight").view<float>();

#ifndef PICKLED_FILES_TORCH_HPP
#define PICKLED_FILES_TORCH_HPP

#include "pickled/codec/unpickler.hpp"
#include "pickled/convert/ndarray.hpp"
#include "pickled/files/file_error.hpp"
#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// A strided view of a storage, which others may share. It lives as long as its checkpoint.
struct torch_tensor {
  std::string_view dtype;  // torch's name: "float32", "bfloat16"
  std::size_t item_size = 0;
  std::vector<std::size_t> shape;
  std::vector<std::ptrdiff_t> strides;  // in bytes, as numpy has them
  bytes_view storage;                   // all of it
  std::size_t offset = 0;               // of the first item in it, in bytes
  bool requires_grad = false;

  // What numpy calls the same; nullopt of bfloat16 and others that it does not know.
  std::optional<element_type> type() const noexcept;
  // Throws file_error where T is not the dtype.
  template <array_element T>
  ndarray_view<T> view() const {
    return ndarray_view<T>(view_as(element_type_of<T>));
  }

 private:
  array_view view_as(element_type wanted) const;
};

// Owns the mapping and the value. Thread safety: that of a const object.
class torch_checkpoint {
 public:
  // What was saved, in which a tensor is the call that makes it, with a persistent id for its
  // storage.
  const value& root() const noexcept { return root_; }

  // The tensor or parameter that `v`, a part of root(), is; nullopt for anything else. Throws
  // file_error where it does not lie within its storage, or is of a sort that is not known.
  std::optional<torch_tensor> as_tensor(value_view v) const;
  // That of a state_dict: the item of root() under this name. Throws access_error where there is
  // none or it is no tensor, and file_error.
  torch_tensor tensor(std::string_view name) const;
  // All tensors that are items of root(), in its order. Throws file_error.
  std::vector<std::pair<std::string, torch_tensor>> tensors() const;

 private:
  friend torch_checkpoint load_torch(const std::filesystem::path& path,
                                     const load_options& options);
  friend torch_checkpoint load_torch(bytes_view content, const load_options& options);

  void read(bytes_view content, const load_options& options);
  void read_zip(bytes_view content, const load_options& options);
  void read_legacy(bytes_view content, const load_options& options);
  bytes_view find_storage(std::span<const value_view> id, std::size_t item_size) const;

  value root_;
  std::map<std::string, bytes_view, std::less<>> storages_;
  std::vector<std::shared_ptr<const void>> kept_;
};

// Throws file_error for what is no checkpoint, is cut off or contradicts itself, with the part and
// what is wrong; unpickling_error for its pickles; std::system_error where it cannot be opened.
torch_checkpoint load_torch(const std::filesystem::path& path, const load_options& options = {});
// The same of bytes, which must outlive the checkpoint.
torch_checkpoint load_torch(bytes_view content, const load_options& options = {});

PICKLED_END_NAMESPACE

#endif  // PICKLED_FILES_TORCH_HPP
