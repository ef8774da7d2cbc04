// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/sharedctypes.hpp"

#include "pickled/process/reduction.hpp"
#include "pickled/value/as_call.hpp"

#include <fmt/format.h>

#include <array>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

constexpr std::string_view sharedctypes_module = "multiprocessing.sharedctypes";

struct named_ctype {
  std::string_view name;
  ctype type;
};

// The first of a type is the one that is written.
constexpr named_ctype ctypes[] = {
    {"c_char", {'c', sizeof(char)}},
    {"c_wchar", {'w', sizeof(wchar_t)}},
    {"c_bool", {'b', sizeof(bool)}},
    {"c_byte", {'i', sizeof(signed char)}},
    {"c_ubyte", {'u', sizeof(unsigned char)}},
    {"c_short", {'i', sizeof(short)}},
    {"c_ushort", {'u', sizeof(unsigned short)}},
    {"c_int", {'i', sizeof(int)}},
    {"c_uint", {'u', sizeof(unsigned)}},
    {"c_long", {'i', sizeof(long)}},
    {"c_ulong", {'u', sizeof(unsigned long)}},
    {"c_longlong", {'i', sizeof(long long)}},
    {"c_ulonglong", {'u', sizeof(unsigned long long)}},
    {"c_float", {'f', sizeof(float)}},
    {"c_double", {'f', sizeof(double)}},
    {"c_longdouble", {'f', sizeof(long double)}},
};

constexpr std::string_view ctypes_module = "ctypes";

bool is_named(value_view type, ctype wanted) noexcept {
  if (!type.is(kind::global)) return false;
  const global_name name = type.as_global();
  if (wanted.sort == 's') return name == wanted.structure;
  return name.module == ctypes_module &&
         std::any_of(std::begin(ctypes), std::end(ctypes), [&](const auto& each) {
           return each.name == name.name && each.type == wanted;
         });
}

global_name name_of(ctype type) noexcept {
  if (type.sort == 's') return type.structure;
  const auto found = std::find_if(std::begin(ctypes), std::end(ctypes),
                                  [&](const auto& each) { return each.type == type; });
  return {ctypes_module, found->name};
}

value_view write_call(std::string_view name, std::span<const value_view> args, value_builder& b) {
  return b.instance(instance_node::construction::reduce, b.global(sharedctypes_module, name),
                    b.tuple(args));
}

std::span<const value_view> call_items(value_view v, std::string_view name, std::size_t size) {
  const instance_node* call = as_call(v, {sharedctypes_module, name});
  if (call == nullptr || call->args.as_items().size() < size)
    throw conversion_error("multiprocessing.Value or Array", v);
  return call->args.as_items();
}

}  // namespace

value_view synchronized_base::write(ctype type, std::optional<std::size_t> length,
                                    value_builder& b) const {
  const global_name name = name_of(type);
  const std::array ctype_args{
      b.global(name.module, name.name), to_value(memory_, b),
      length ? value_view::integer(static_cast<std::int64_t>(*length)) : value_view::none()};
  const value_view object = write_call("rebuild_ctype", ctype_args, b);
  if (!lock_) return object;
  const std::array args{object, write_either(lock_, b)};
  return write_call("synchronized", args, b);
}

void synchronized_base::read(value_view v, ctype type, bool is_array) {
  sem_lock lock;
  value_view object = v;
  if (as_call(v, {sharedctypes_module, "synchronized"}) != nullptr) {
    const auto args = call_items(v, "synchronized", 2);
    object = args[0];
    lock = read_either(args[1]);
  }
  const auto args = call_items(object, "rebuild_ctype", 3);
  if (!is_named(args[0], type)) {
    const global_name name = name_of(type);
    throw conversion_error(fmt::format("{}.{}", name.module, name.name), args[0]);
  }
  if (args[2].is_none() == is_array)
    throw conversion_error(is_array ? "an array" : "a value", is_array ? "a value" : "an array");
  const auto memory = args[1].get<shared_block>();
  const std::size_t count = is_array ? args[2].get<std::size_t>() : 1;
  const std::size_t size = memory.memory().size();
  if (size % type.size != 0 || size / type.size != count)
    throw conversion_error("memory of the size of what it holds", "another size");
  memory_ = memory;
  lock_ = lock;
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
