// SPDX-License-Identifier: BSL-1.0

// weights FILE: the tensors of a checkpoint that torch.save has written, with the sum of each that
// is of float32; or the shape of the array in an .npy file, and of those in an .npz file.

#include <pickled/files.hpp>
#include <pickled/python/array_layout.hpp>

#include <exception>
#include <iostream>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace {

void print_tensors(const std::string& path) {
  const pickled::torch_checkpoint model = pickled::load_torch(path);
  for (const auto& [name, tensor] : model.tensors()) {
    std::cout << name << ": " << tensor.dtype << " in " << tensor.shape.size() << " dimensions";
    if (tensor.dtype == "float32") {
      const std::vector<float> items = tensor.view<float>().to_vector();
      std::cout << ", sum " << std::accumulate(items.begin(), items.end(), 0.0F);
    }
    std::cout << '\n';
  }
}

void print_array(const std::string& name, pickled::value_argument array) {
  const auto layout = pickled::ndarray_layout(array);
  std::cout << name << ": ";
  if (layout)
    std::cout << layout->type.name() << " in " << layout->shape.size() << " dimensions\n";
  else
    std::cout << "no numbers\n";
}

void print_arrays(const std::string& path) {
  const pickled::value arrays = pickled::load_npz(path);
  for (const auto& [name, array] : arrays->as_entries())
    print_array(std::string(name.as_str()), array);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::cerr << "usage: weights FILE\n";
    return 2;
  }
  const std::string path = argv[1];
  if (path.ends_with(".npz"))
    print_arrays(path);
  else if (path.ends_with(".npy"))
    print_array(path, pickled::load_npy(path));
  else
    print_tensors(path);
  return 0;
} catch (const std::exception& e) {
  std::cerr << "weights: " << e.what() << '\n';
  return 1;
}
