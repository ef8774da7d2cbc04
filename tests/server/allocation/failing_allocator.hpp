// SPDX-License-Identifier: BSL-1.0

// An operator new that fails when a test asks it to, on all threads but the test's own: so a server
// in this process runs out of memory at each of its steps in turn, while its client has enough.

#ifndef PICKLED_TESTS_SERVER_ALLOCATION_FAILING_ALLOCATOR_HPP
#define PICKLED_TESTS_SERVER_ALLOCATION_FAILING_ALLOCATOR_HPP

namespace pickled::inline v0::detail {

enum class shortage {
  once,     // one allocation fails
  lasting,  // and so do all that come after it
};

// The nth allocation after begin() fails, counted from 0. One at a time.
class failing_allocations {
 public:
  failing_allocations(shortage how, int nth) noexcept : how_(how), nth_(nth) {}
  failing_allocations(const failing_allocations&) = delete;
  failing_allocations& operator=(const failing_allocations&) = delete;
  ~failing_allocations() { stop(); }

  void begin() noexcept;
  void stop() noexcept;
  // How many failed. 0 once there are fewer allocations than n.
  int failed() const noexcept;

 private:
  const shortage how_;
  const int nth_;
};

// The thread that has one is never short of memory.
class enough_memory {
 public:
  enough_memory() noexcept { set(true); }
  enough_memory(const enough_memory&) = delete;
  enough_memory& operator=(const enough_memory&) = delete;
  ~enough_memory() { set(false); }

 private:
  static void set(bool enough) noexcept;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_TESTS_SERVER_ALLOCATION_FAILING_ALLOCATOR_HPP
