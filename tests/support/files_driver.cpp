// SPDX-License-Identifier: BSL-1.0

// files_driver npy|npz|joblib|torch FILE: what is in the file, as a pickle on stdout; of a
// checkpoint (name, dtype, shape, strides, requires_grad, items in C order as bytes) of each
// tensor. What is wrong is told on stderr, and the exit status is 1.

#include "pickled/files.hpp"
#include "pickled/pickle.hpp"

#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace {

using namespace pickled;

using told_tensor = std::tuple<std::string, std::string, std::vector<std::size_t>,
                               std::vector<std::ptrdiff_t>, bool, std::vector<std::byte>>;

// Of any dtype, which array_view does not need to know.
std::vector<std::byte> items_of(const torch_tensor& tensor) {
  const element_type raw{'u', static_cast<std::uint8_t>(tensor.item_size)};
  const array_view view(raw, tensor.storage.data() + tensor.offset, tensor.shape, tensor.strides);
  std::vector<std::byte> items(view.size() * tensor.item_size);
  view.copy_to(items.data());
  return items;
}

buffer tensors_of(const torch_checkpoint& checkpoint) {
  std::vector<told_tensor> told;
  for (const auto& [name, tensor] : checkpoint.tensors())
    told.emplace_back(name, tensor.dtype, tensor.shape, tensor.strides, tensor.requires_grad,
                      items_of(tensor));
  return dumps(told);
}

buffer read(std::string_view kind, const std::string& path) {
  dump_options newest;
  newest.protocol = 5;
  if (kind == "npy") return dumps(load_npy(path), newest);
  if (kind == "npz") return dumps(load_npz(path), newest);
  if (kind == "joblib") return dumps(load_joblib(path), newest);
  return tensors_of(load_torch(path));
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) return 2;
  std::cout << as_text(read(argv[1], argv[2]));
  return 0;
} catch (const pickled::error& e) {
  std::cerr << e.code().message() << ": " << e.what() << '\n';
  return 1;
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
