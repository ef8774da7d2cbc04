// SPDX-License-Identifier: BSL-1.0

// One call of ==, <, hash() or the like, and of all that these call in turn: what was found out
// about shared parts is kept, so that the cost is bounded by the size of the graphs. No function
// recurses with the depth of a value, but for keys that have keys in them, as a frozenset of
// frozensets has: these are looked up by a comparison within the comparison, to a fixed depth.
//
// Not thread-safe; the values must outlive it.

#ifndef PICKLED_PYTHON_COMPARISON_HPP
#define PICKLED_PYTHON_COMPARISON_HPP

#include "pickled/value/value.hpp"
#include "python/behaviour.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

class comparison;

// Throws decimal.InvalidOperation: Decimal's default context traps what is no number.
[[noreturn]] void refuse_nan();

// How what is no time of numpy's stands to one that is: an int, which every timedelta64 is, or one
// of datetime's. nullopt where numpy does not compare them.
std::optional<std::partial_ordering> order_with_time(const face& other, const face& time);

// The items of a set or the entries of a dict as Python keeps them: a key that was sent twice
// stands once, in its first place, with its last value.
class key_table {
 public:
  explicit key_table(comparison& within) noexcept : comparison_(&within) {}

  void reserve(std::size_t count);
  void insert(value_view key, value_view item);
  // The entry with an equal key, or nullptr.
  const dict_entry* find(value_view key) const;
  std::span<const dict_entry> entries() const noexcept { return entries_; }

 private:
  static constexpr std::uint32_t vacant = 0xffffffff;

  std::size_t slot_of(value_view key, std::uint64_t hash) const;

  comparison* comparison_;
  std::vector<dict_entry> entries_;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint32_t> slots_;  // a power of two of them, at most half taken
};

class comparison {
 public:
  // `origin` of the values to be hashed, as of hash().
  explicit comparison(std::uint64_t origin = 0) noexcept : origin_(origin) {}
  comparison(const comparison&) = delete;
  comparison& operator=(const comparison&) = delete;

  // These throw as the functions of compare.hpp.
  bool equal(value_view a, value_view b);
  bool less(value_view a, value_view b);
  std::uint64_t hash(value_view v) { return hash(v, true); }

  // The items of what behaves as a tuple, list, deque or array.
  std::span<const value_view> items(const face& f);
  // The items (as keys) of a set, the entries of what is_dict_like.
  const key_table& table(const face& f);
  std::span<const dict_entry> entries(const face& f) { return table(f).entries(); }

 private:
  friend class key_table;
  struct pair_frame;
  struct hash_frame;
  enum class verdict : std::uint8_t { equal, different, descend };
  using node_pair = std::pair<const void*, const void*>;
  struct hash_of_pair {
    std::size_t operator()(const node_pair& p) const noexcept {
      const std::hash<const void*> hash;
      return hash(p.first) * 31 + hash(p.second);
    }
  };
  // Counts comparisons within comparisons, and throws where they are too many.
  class nesting {
   public:
    explicit nesting(comparison& around);
    ~nesting() { --comparison_.nesting_; }
    nesting(const nesting&) = delete;
    nesting& operator=(const nesting&) = delete;

   private:
    comparison& comparison_;
  };

  // What identifies a container; nullptr for empty ones, which may share their address with
  // others, and for leaves.
  static const void* node_of(value_view v) noexcept;
  // What has to be made for it is made once.
  face face_of(value_view v);

  // Equality.
  // `within` a container, where what is one object is equal to itself. Where the answer is false,
  // difference_ tells why.
  bool compare(value_view a, value_view b, bool within);
  bool equal_keys(value_view a, value_view b);
  verdict visit(value_view a, value_view b, bool within, std::vector<pair_frame>& stack);
  verdict open(const face& a, const face& b, pair_frame& opened);
  verdict open_sequence(std::span<const value_view> a, std::span<const value_view> b,
                        pair_frame& opened);
  verdict open_set(const key_table& a, const key_table& b);
  verdict open_dict(const key_table& a, const key_table& b, pair_frame& opened);
  verdict open_ordered(const key_table& a, const key_table& b, pair_frame& opened);
  verdict open_counters(const key_table& a, const key_table& b, pair_frame& opened);
  verdict open_moments(const face& a, const face& b, pair_frame& opened);
  verdict open_other(value_view a, value_view b, pair_frame& opened);
  void close(const pair_frame& closed);
  void abandon(const std::vector<pair_frame>& stack);
  const void* representative(const void* node);

  // Order.
  bool less_unordered(value_view a, value_view b, bool exchanged);
  bool less_member(value_view a, value_view b, bool exchanged);
  bool less_set(const face& a, const face& b);
  bool less_counter(const face& a, const face& b);
  bool less_moment(const face& a, const face& b);

  // Hash. Within an instance, lists and the like are hashed as well: `strict` is false there.
  std::uint64_t hash(value_view v, bool strict);
  bool hash_at_once(const face& f, bool strict, const void* container, std::uint64_t& result);
  std::uint64_t hash_nan(const void* container);
  void open_hash(const face& f, bool strict, hash_frame& opened);
  static std::uint64_t close_hash(const hash_frame& f, std::span<std::uint64_t> parts);

  std::unordered_map<const void*, std::vector<value_view>> items_;
  std::unordered_map<const void*, std::unique_ptr<key_table>> tables_;
  // Nodes known to be equal: a forest whose roots stand for all below them.
  std::unordered_map<const void*, const void*> parent_;
  // Pairs that are being compared, and, where == is not transitive, those found equal.
  std::unordered_map<node_pair, bool, hash_of_pair> pairs_;
  struct known_hash {
    std::uint64_t hash;
    bool strict;
  };
  std::unordered_map<const void*, known_hash> hashes_;
  std::uint64_t origin_;
  std::unordered_map<const void*, std::size_t> nans_;  // numbers of containers that hold one
  // The first items in which two sequences differ, by which `less` goes on; of what has no order,
  // the two values themselves.
  std::pair<value_view, value_view> difference_;
  std::unordered_map<const void*, face> made_faces_;
  arena made_;  // nodes of arrays' items and of made_faces_
  std::size_t nesting_ = 0;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_COMPARISON_HPP
