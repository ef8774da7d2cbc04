// SPDX-License-Identifier: BSL-1.0

// A pool of processes that run functions of Python's: stock CPythons, workers in C++, or both.
// Mirrors multiprocessing.Pool, and concurrent.futures.ProcessPoolExecutor.submit.
//
//   pool workers(4);
//   std::future<double> root = workers.submit<double>("math.sqrt", 2);
//   auto roots = workers.map<double>("math.sqrt", std::vector{1.0, 4.0, 9.0});
//
// A function is named as Python imports it. Where the pool has workers in C++ that offer it, it
// runs in one of these; else in a CPython.
//
// Stock pools hang when a worker dies at the wrong moment. Here the task that it ran fails with
// worker_died, or is tried again; everything else goes on, with another worker in its place.

#ifndef PICKLED_PROCESS_POOL_HPP
#define PICKLED_PROCESS_POOL_HPP

#include "pickled/convert/convert.hpp"
#include "pickled/process/pool_loop.hpp"
#include "pickled/process/pool_task.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

struct pool_options {
  std::size_t python_workers = 0;  // stock CPythons
  std::size_t cpp_workers = 0;     // of cpp_worker
  std::string cpp_worker = {};     // a program whose main is worker_main
  // How CPythons are started; for workers in C++ only `directory` and `authkey` mean something.
  spawn_options spawn = {};
  // Called in each worker before its first task; in those in C++ if they have it. Where it raises,
  // all tasks fail with what it raised.
  std::optional<function_call> initializer = {};
  std::uint64_t max_tasks_per_child = 0;  // 0 for no limit
  // How often a task is tried again whose worker died.
  int retries = 0;
};

// How far a map has come.
struct map_progress {
  std::size_t done;  // items whose function has returned
  // Items of chunks that raised, whose worker died, or whose results are of another type.
  std::size_t failed;
  std::size_t total;
  double rate;  // done and failed items in each second so far
};

struct map_options {
  // Items in each task. 0 for about four tasks a worker (map, starmap), or one item (imap).
  std::size_t chunksize = 0;
  // Called by the thread that waits in map or starmap: at most every `interval`, and in the end.
  std::function<void(const map_progress&)> on_progress = {};
  std::chrono::milliseconds interval{100};
};

// Outcomes of the chunks of a map, in the order in which they come: of each a list with a result
// for every item, or an error.
class chunk_outcomes {
 public:
  void put(std::size_t index, task_outcome outcome);
  // Blocks until there is one.
  std::pair<std::size_t, task_outcome> take();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<std::size_t, task_outcome>> ready_;
};

template <class T, class Items>
class imap_results;

// Functions are named as Python imports them: "math.sqrt", or "datetime:date.fromordinal" where the
// name in the module has a dot. Thread-safe. What a task raised is thrown as task_error, a
// python_error, by whoever asks for its result.
class pool {
 public:
  // As many CPythons; 0 for one a processor. Throws std::system_error where they cannot be started.
  explicit pool(std::size_t processes = 0);
  // Where both numbers of workers are 0, there is one for each processor: in C++ if `cpp_worker` is
  // given.
  explicit pool(pool_options options);
  // Waits for what was submitted if the pool was closed, and terminates it otherwise.
  ~pool();
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;

  // One call, with arguments of any type that converts; keyword{"name", argument} for those by
  // name. Throws std::invalid_argument where no worker can have the function.
  template <class T = pickled::value, class... Args>
  std::future<T> submit(std::string_view function, const Args&... args) {
    auto promise = std::make_shared<std::promise<T>>();
    std::future<T> result = promise->get_future();
    call(function_call(function, args...), [promise](task_outcome outcome) {
      try {
        if (outcome.error) std::rethrow_exception(outcome.error);
        if constexpr (std::is_void_v<T>)
          promise->set_value();
        else
          promise->set_value(std::move(outcome.result).template get<T>());
      } catch (...) {
        promise->set_exception(std::current_exception());
      }
    });
    return result;
  }
  // The same; waits for the result.
  template <class T = pickled::value, class... Args>
  T apply(std::string_view function, const Args&... args) {
    return submit<T>(function, args...).get();
  }
  // `done` is called once, by the pool's thread: it must be quick, and not throw.
  void call(const function_call& call, std::function<void(task_outcome)> done);

  // function(item) for each, in order. Where several raise, the first in that order is thrown, when
  // everything is done. Results are converted by the pool's thread, as they come.
  template <class T = pickled::value, std::ranges::input_range Items>
  std::vector<T> map(std::string_view function, Items&& items, const map_options& options = {}) {
    return map_items<T>(function, items, false, options);
  }
  // function(*item): items are tuples.
  template <class T = pickled::value, std::ranges::input_range Items>
  std::vector<T> starmap(std::string_view function, Items&& items,
                         const map_options& options = {}) {
    return map_items<T>(function, items, true, options);
  }
  // The same one by one, as they are asked for: in their order, or as they come. Of the items no
  // more are taken than keep the workers busy, so there may be any number of them. A container that
  // is not handed over has to outlive the results.
  template <class T = pickled::value, std::ranges::input_range Items>
  auto imap(std::string_view function, Items&& items, std::size_t chunksize = 1) {
    return imap_results<T, kept<Items>>(*this, function, std::forward<Items>(items), chunksize,
                                        true);
  }
  template <class T = pickled::value, std::ranges::input_range Items>
  auto imap_unordered(std::string_view function, Items&& items, std::size_t chunksize = 1) {
    return imap_results<T, kept<Items>>(*this, function, std::forward<Items>(items), chunksize,
                                        false);
  }

  // Nothing more can be submitted; workers end when all is done.
  void close() { loop_.close(); }
  // Ends the workers; what is not done fails with broken_pool.
  void terminate() { loop_.terminate(); }
  // Blocks until the workers have ended. Precondition: closed or terminated.
  void join() { loop_.join(); }

  // All that there were so far.
  std::vector<worker_info> workers() const { return loop_.workers(); }
  std::size_t size() const noexcept { return python_workers_ + cpp_workers_; }

 private:
  template <class T, class Items>
  friend class imap_results;

  // A view is copied; of a container that is not handed over there is a reference.
  template <class Items>
  using kept = std::conditional_t<std::ranges::view<std::remove_cvref_t<Items>>,
                                  std::remove_cvref_t<Items>, Items>;

  // The next so many items of a map, as arguments.
  using chunk_writer = std::function<std::vector<value_view>(std::size_t count, value_builder& b)>;
  // Takes the results of a chunk whose first item has that index; called by the pool's thread.
  using chunk_reader = std::function<void(std::size_t first, const pickled::value& results)>;

  worker_kind kind_of(std::string_view function) const;
  pool_task make_task(std::string_view function, worker_kind kind);
  void map_all(std::string_view function, std::size_t total, bool star, const chunk_writer& write,
               chunk_reader read, const map_options& options);
  // `items` are built by `b`.
  void submit_chunk(std::string_view function, std::span<const value_view> items, value_builder& b,
                    std::size_t index, const std::shared_ptr<chunk_outcomes>& to);

  // Items are pickled chunk by chunk, and nothing is kept of a chunk but its results: what runs
  // meanwhile needs no more room than the results do.
  template <class T, class Items>
  std::vector<T> map_items(std::string_view function, Items& items, bool star,
                           const map_options& options) {
    using item = std::ranges::range_value_t<Items>;
    if constexpr (!std::ranges::forward_range<Items>) {
      std::vector<item> all;
      for (auto&& each : items)
        all.push_back(std::forward<decltype(each)>(each));
      return map_items<T>(function, all, star, options);
    } else {
      const auto total = static_cast<std::size_t>(std::ranges::distance(items));
      auto next = std::ranges::begin(items);
      const auto write = [&next](std::size_t count, value_builder& b) {
        std::vector<value_view> chunk;
        chunk.reserve(count);
        for (; chunk.size() != count; ++next)
          chunk.push_back(to_value(static_cast<const item&>(*next), b));
        return chunk;
      };
      // The pool's thread may outlive this call, where that throws.
      const auto results = std::make_shared<std::vector<T>>(total);
      const auto read = [results](std::size_t first, const pickled::value& chunk) {
        auto to = results->begin() + static_cast<std::ptrdiff_t>(first);
        for (const value_view result : chunk->as_items())
          *to++ = read_result<T>(result, chunk);
      };
      map_all(function, total, star, write, read, options);
      return std::move(*results);
    }
  }

  template <class T>
  static T read_result(value_view result, const pickled::value& chunk) {
    static_assert(!borrows<T>, "this type points into the result: ask for a pickled::value");
    if constexpr (!std::same_as<T, pickled::value>)
      return result.get<T>();
    else if (result.identity() == nullptr)
      return pickled::value(result, nullptr);  // a number needs nothing of the chunk
    else
      return chunk.sharing(result);
  }

  const std::size_t python_workers_;
  const std::size_t cpp_workers_;
  const int retries_;
  pool_loop loop_;
};

// The results of an imap, to be iterated over once, or asked for by next():
//
//   for (double area : workers.imap<double>("shapes.area", widths)) ...
//
// The pool must outlive it. Used by one thread.
template <class T, class Items>
class imap_results {
 public:
  template <class From>
  imap_results(pool& workers, std::string_view function, From&& items, std::size_t chunksize,
               bool ordered)
      : pool_(&workers),
        function_(function),
        items_(std::make_unique<std::tuple<Items>>(std::forward<From>(items))),
        next_(std::ranges::begin(range())),
        chunksize_(std::max<std::size_t>(chunksize, 1)),
        ordered_(ordered) {}

  // nullopt after the last. Throws what a chunk raised; the next call goes on after it.
  std::optional<T> next() {
    while (results_.empty()) {
      fill();
      if (taken_ == submitted_) return std::nullopt;
      take_chunk();
    }
    T result = std::move(results_.front());
    results_.pop_front();
    return result;
  }

  class iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;

    explicit iterator(imap_results* of) : of_(of) { ++*this; }
    T& operator*() const { return *current_; }
    iterator& operator++() {
      current_ = of_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& i, std::default_sentinel_t) { return !i.current_; }

   private:
    imap_results* of_;
    mutable std::optional<T> current_;
  };
  iterator begin() { return iterator(this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  // Tasks that are with the pool for each of its workers.
  static constexpr std::size_t ahead = 32;

  auto& range() const noexcept { return std::get<0>(*items_); }
  void fill() {
    while (submitted_ - taken_ < ahead * pool_->size() && next_ != std::ranges::end(range())) {
      arena where;
      value_builder b(where);
      std::vector<value_view> chunk;
      for (; chunk.size() != chunksize_ && next_ != std::ranges::end(range()); ++next_)
        chunk.push_back(to_value(*next_, b));
      pool_->submit_chunk(function_, chunk, b, submitted_++, outcomes_);
    }
  }
  void take_chunk() {
    const std::size_t wanted = taken_;
    while (!ordered_ || early_.count(wanted) == 0) {
      auto [index, outcome] = outcomes_->take();
      early_.emplace(index, std::move(outcome));
      if (!ordered_) break;
    }
    const auto found = ordered_ ? early_.find(wanted) : early_.begin();
    const task_outcome chunk = std::move(found->second);
    early_.erase(found);
    ++taken_;
    if (chunk.error) std::rethrow_exception(chunk.error);
    std::vector<T> results;
    for (const value_view result : chunk.result->as_items())
      results.push_back(pool::read_result<T>(result, chunk.result));
    std::move(results.begin(), results.end(), std::back_inserter(results_));
  }

  pool* pool_;
  std::string function_;
  std::unique_ptr<std::tuple<Items>> items_;  // which next_ points into
  std::ranges::iterator_t<std::remove_reference_t<Items>> next_;
  std::size_t chunksize_;
  bool ordered_;
  std::shared_ptr<chunk_outcomes> outcomes_ = std::make_shared<chunk_outcomes>();
  std::map<std::size_t, task_outcome> early_;
  std::size_t submitted_ = 0;
  std::size_t taken_ = 0;
  std::deque<T> results_;
};

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_POOL_HPP
