// SPDX-License-Identifier: BSL-1.0

// A worker of the word count in C++, side by side with word_count_worker.py.
//
// Reads one pickle after the other from stdin: the authkey, then (tasks, lock, counts, done), the
// proxies of the shared objects as any manager's client pickles them.
// Usage: word_count_worker NAME

#include <pickled/convert/convert.hpp>
#include <pickled/proxy/manager.hpp>

#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>

namespace {

using counts_of_words = std::map<std::string, long>;

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// A word is a run of ASCII letters, in lower case.
counts_of_words count_words(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  counts_of_words counts;
  std::string word;
  for (std::istreambuf_iterator<char> next(file), end;; ++next) {
    if (next != end && is_letter(*next)) {
      word += static_cast<char>(*next | 0x20);
      continue;
    }
    if (!word.empty()) ++counts[word];
    word.clear();
    if (next == end) return counts;
  }
}

void work(const std::string& name) {
  const std::string input(std::istreambuf_iterator<char>(std::cin), {});
  pickled::bytes_view rest = pickled::as_bytes(input);
  std::size_t consumed = 0;
  pickled::load_error error;
  const pickled::value authkey = pickled::loads(rest, error, {}, &consumed);
  if (error) throw pickled::unpickling_error(error);
  pickled::set_authkey(std::string(pickled::as_text(authkey.get<pickled::bytes_view>())));
  const auto [tasks, lock, counts, done] =
      pickled::loads<std::tuple<pickled::list_proxy<std::string>, pickled::lock_proxy,
                                pickled::dict_proxy<std::string, int>, pickled::dict_proxy<>>>(
          rest.subspan(consumed));

  int files = 0;
  done[name] = std::tuple("C++", files);  // here, and ready to start
  while (const auto path = tasks.try_pop(0)) {
    const counts_of_words counted = count_words(*path);
    const std::lock_guard guard(lock);
    auto merged = counts.get_value<counts_of_words>();
    for (const auto& [word, count] : counted)
      merged[word] += count;
    counts.update(merged);
    done[name] = std::tuple("C++", ++files);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: word_count_worker NAME\n";
    return 2;
  }
  try {
    work(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "word_count_worker: " << error.what() << '\n';
    return 1;
  }
}
