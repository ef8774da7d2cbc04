// SPDX-License-Identifier: BSL-1.0

// One real job in a mixed pool: texts are compressed by CPython's zlib and their words counted by
// C++ workers, which are this same program. script/pool-demo builds and runs it.
// Usage: pool_demo [FILE...]; without files the texts of /usr/share/common-licenses.

#include <pickled/process/pool.hpp>
#include <pickled/process/worker_main.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using counts_of_words = std::map<std::string, long>;
using bytes = std::vector<std::byte>;
using pickled::multiprocessing::map_options;
using pickled::multiprocessing::map_progress;
using pickled::multiprocessing::pool;
using pickled::multiprocessing::worker_kind;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A word is a run of ASCII letters, in lower case.
counts_of_words count_words(const std::string& path) {
  counts_of_words counts;
  std::string word;
  const std::string text = read_file(path) + ' ';
  for (const char c : text) {
    const char lower = static_cast<char>(c | 0x20);
    if (lower >= 'a' && lower <= 'z') {
      word += lower;
    } else if (!word.empty()) {
      ++counts[word];
      word.clear();
    }
  }
  return counts;
}

std::vector<std::string> paths_of(int argc, char** argv) {
  if (argc > 1) return {argv + 1, argv + argc};
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/share/common-licenses"))
    if (entry.is_regular_file()) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

map_options showing(const std::string& what) {
  map_options options;
  options.chunksize = 1;
  options.on_progress = [what](const map_progress& p) {
    const std::size_t filled = 40 * (p.done + p.failed) / std::max<std::size_t>(p.total, 1);
    fmt::print(stderr, "\r{:12}[{:#<{}}{:.<{}}] {}/{}, {} failed, {:.0f} a second", what, "",
               filled, "", 40 - filled, p.done, p.total, p.failed, p.rate);
    if (p.done + p.failed == p.total) fmt::print(stderr, "\n");
  };
  return options;
}

counts_of_words sum(const std::vector<counts_of_words>& all) {
  counts_of_words total;
  for (const counts_of_words& each : all)
    for (const auto& [word, count] : each)
      total[word] += count;
  return total;
}

int run(const std::vector<std::string>& paths) {
  pickled::multiprocessing::pool_options options;
  options.python_workers = 2;
  options.cpp_workers = 2;
  options.cpp_worker = "/proc/self/exe";
  pool workers(options);

  std::vector<bytes> texts;
  for (const std::string& path : paths) {
    const std::string text = read_file(path);
    const auto content = std::as_bytes(std::span(text));
    texts.emplace_back(content.begin(), content.end());
  }
  const auto compressed = workers.map<bytes>("zlib.compress", texts, showing("compressing"));
  const auto counted = workers.map<counts_of_words>("words.count", paths, showing("counting"));
  workers.close();
  workers.join();

  fmt::print("{:>8}  {:<8} {}\n", "pid", "worker", "tasks");
  for (const auto& worker : workers.workers())
    fmt::print("{:>8}  {:<8} {}\n", worker.pid, worker.kind == worker_kind::cpp ? "C++" : "CPython",
               worker.tasks);
  const auto size_of = [](const std::vector<bytes>& all) {
    std::size_t size = 0;
    for (const bytes& each : all)
      size += each.size();
    return size;
  };
  const counts_of_words total = sum(counted);
  fmt::print("\n{} files, {} bytes compressed to {}, {} different words\n", paths.size(),
             size_of(texts), size_of(compressed), total.size());

  std::vector<counts_of_words> alone;
  for (const std::string& path : paths)
    alone.push_back(count_words(path));
  const bool same =
      sum(alone) == total && pool(1).map<bytes>("zlib.decompress", compressed) == texts;
  fmt::print("One process alone gives {}\n", same ? "the same." : "something else!");
  return same ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (pickled::is_forking(argc, argv)) {
    pickled::functions functions;
    functions.add("words.count", count_words, {"path"});
    return pickled::worker_main(argc, argv, functions);
  }
  try {
    return run(paths_of(argc, argv));
  } catch (const std::exception& error) {
    fmt::print(stderr, "pool_demo: {}\n", error.what());
    return 1;
  }
}
