// SPDX-License-Identifier: BSL-1.0

// The unpickler's memo. Indices that follow one another are a vector; an index far above all
// others, which costs its writer five bytes, is kept in a map and costs no more here. The vector's
// memory is kept from one pickle to the next, for each thread.

#ifndef PICKLED_PICKLE_CODEC_MEMO_HPP
#define PICKLED_PICKLE_CODEC_MEMO_HPP

#include "pickle/value/flat_vector.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>

namespace pickled::inline v0::detail {

class memo {
 public:
  explicit memo(std::size_t max_memory)
      : dense_(std::move(spare_)), limit_(max_memory / sizeof(value_view)) {
    dense_.restart();
  }
  memo(const memo&) = delete;
  memo& operator=(const memo&) = delete;
  ~memo() {
    if (dense_.bytes() <= kept_bytes) spare_ = std::move(dense_);
  }

  // How many indices are taken: where MEMOIZE puts.
  std::size_t size() const noexcept { return count_; }

  [[nodiscard]] bool put(std::uint64_t index, value_view v) {
    if (index < dense_.size()) {
      if (!taken(dense_[index])) ++count_;
      dense_[index] = v;
      return true;
    }
    if (count_ >= limit_) return false;
    if (index == dense_.size() && sparse_.empty()) [[likely]] {
      ++count_;
      return dense_.push(v);
    }
    return put_far(index, v);
  }

  // nullptr where nothing was put.
  const value_view* get(std::uint64_t index) const noexcept {
    if (index < dense_.size()) return taken(dense_[index]) ? &dense_[index] : nullptr;
    const auto found = sparse_.find(index);
    return found == sparse_.end() ? nullptr : &found->second;
  }

 private:
  static constexpr std::size_t kept_bytes = std::size_t{16} << 20;
  static inline thread_local flat_vector<value_view> spare_;

  static constexpr auto nothing = static_cast<kind>(0xff);
  static bool taken(value_view v) noexcept { return !v.is(nothing); }

  bool put_far(std::uint64_t index, value_view v) {
    if (sparse_.empty() && index < 2 * count_ + 1024) {
      while (dense_.size() < index) {
        if (!dense_.push(value_view::node(nothing, nullptr))) return false;
      }
      ++count_;
      return dense_.push(v);
    }
    if (sparse_.insert_or_assign(index, v).second) ++count_;
    return true;
  }

  flat_vector<value_view> dense_;
  std::unordered_map<std::uint64_t, value_view> sparse_;
  std::size_t count_ = 0;
  std::size_t limit_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_MEMO_HPP
