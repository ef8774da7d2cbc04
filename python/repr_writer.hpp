// SPDX-License-Identifier: BSL-1.0

// One call of repr(): writes a value and what it holds by an explicit stack, so that neither depth
// nor sharing costs more than the text that is asked for.

#ifndef PICKLED_PYTHON_REPR_WRITER_HPP
#define PICKLED_PYTHON_REPR_WRITER_HPP

#include "pickled/value/value.hpp"
#include "python/behaviour.hpp"
#include "python/comparison.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pickled::inline v0::detail {

class repr_writer {
 public:
  explicit repr_writer(std::size_t limit) noexcept : limit_(limit) {}

  std::string write(value_view v) &&;

 private:
  // Parts that are still to be written, and what stands after the last of them.
  struct frame {
    enum class style : std::uint8_t {
      items,       // a, b
      pairs,       // a: b
      attributes,  // a=b
    };
    const void* node;  // what contains itself if it is met before this frame ends, or nullptr
    style style;
    std::string close;
    std::vector<value_view> made_items;
    std::span<const value_view> items;
    std::span<const dict_entry> entries;
    std::vector<dict_entry> made_entries;
    std::size_t next = 0;
  };

  void step();
  void write_value(value_view v);
  void write_leaf(value_view v);
  void write_proxy(const proxy_reference& proxy);
  void write_sequence(const face& f);
  void write_set(const face& f, bool frozen);
  void write_frozendict(const face& f);
  void write_dict(const face& f, std::string_view repeated, std::string_view close);
  void write_instance(const face& f);
  void write_standard(const face& f);
  void write_moment(const face& f);
  void write_timezone(const instance_node& i);
  void write_deque(const face& f);
  void write_array(const face& f);
  void write_ordered_dict(const face& f);
  void write_counter(const face& f);
  void write_defaultdict(const face& f);
  void write_simple_namespace(const instance_node& i);
  void write_other(value_view v);
  // False where it is no object that these know; then nothing is written.
  bool write_call(const instance_node& i);
  bool write_arguments(const instance_node& i, std::string_view name);
  bool write_ipv4_address(const instance_node& i, std::string_view name);
  bool write_ipv6_address(const instance_node& i, std::string_view name);
  bool write_stat_result(const instance_node& i, std::string_view name);
  bool write_struct_time(const instance_node& i, std::string_view name);
  bool write_fields(std::string_view name, std::span<const std::string_view> names,
                    value_view values);
  bool write_windows_path(const instance_node& i, std::string_view name);
  bool write_pattern(const instance_node& i, std::string_view name);
  bool write_partial(const instance_node& i, std::string_view name);
  bool write_wrapper(value_view v, const global_name& name);
  void write_exception(const instance_node& i, std::string_view name);
  void write_address(const void* node);

  // Whether `node` is being written already; then `text` is written in its place.
  bool repeats(const void* node, std::string_view text);
  void push_items(const void* node, std::span<const value_view> items, std::string_view close);
  void push_made(const void* node, std::vector<value_view> items, std::string_view close);
  void push_entries(const void* node, std::span<const dict_entry> entries, std::string_view close);
  void push(frame&& f);

  std::size_t limit_;
  std::string out_;
  std::vector<frame> stack_;
  std::unordered_set<const void*> open_;
  std::unordered_map<const void*, std::size_t> addresses_;
  comparison comparison_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_REPR_WRITER_HPP
