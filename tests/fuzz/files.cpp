// SPDX-License-Identifier: BSL-1.0

// Any bytes are scanned, and read as every kind of file; what is wrong with them is an exception of
// ours. Where nothing is found that is not allowed, no name is imported that is not.

#include "pickled/files.hpp"

#include "files/scanner.hpp"
#include "pickled/codec/unpickler.hpp"
#include "python/allow_list.hpp"

#include <cstdint>
#include <cstdlib>
#include <new>
#include <span>

namespace {

using namespace pickled;

template <class Read>
void attempt(const Read& read) {
  try {
    read();
  } catch (const pickled::error&) {
  } catch (const std::bad_alloc&) {
  }
}

unsigned sum_of(const torch_tensor& tensor) {
  if (tensor.shape.size() > 4) return 0;
  std::size_t items = 1;
  for (const std::size_t length : tensor.shape)
    if (__builtin_mul_overflow(items, length, &items) || items > 1 << 16) return 0;
  const element_type raw{'u', static_cast<std::uint8_t>(tensor.item_size)};
  const array_view view(raw, tensor.storage.data() + tensor.offset, tensor.shape, tensor.strides);
  std::vector<std::byte> copy(view.size() * tensor.item_size);
  view.copy_to(copy.data());
  unsigned sum = 0;
  for (const std::byte b : copy)
    sum += static_cast<unsigned>(b);
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes_view input = std::as_bytes(std::span(data, size));
  static const detail::allow_list allowed({"@joblib", "@numpy", "@stdlib", "@torch"});
  detail::scanner scanner(allowed);
  const auto findings = scanner.scan(input);

  load_options limits;
  limits.max_memory = 1 << 24;
  bool denied = false;
  limits.on_global = [&](const global_name& name) { denied = denied || !allowed.allows(name); };
  load_error error;
  const value v = loads(input, error, limits);
  if (denied && detail::verdict_of(findings) == detail::scan_verdict::allowed) std::abort();

  limits.on_global = nullptr;
  attempt([&] { load_npy(input, limits); });
  attempt([&] { load_npz(input, limits); });
  attempt([&] { load_joblib(input, limits); });
  attempt([&] {
    const torch_checkpoint checkpoint = load_torch(input, limits);
    for (const auto& [name, tensor] : checkpoint.tensors())
      static_cast<void>(sum_of(tensor));
  });
  return 0;
}
