// SPDX-License-Identifier: BSL-1.0

// What loading a file in Python would import and call, judged by a list of what is allowed. Files
// are known by their content: pickles, also several and in front of other data, zip archives (of
// torch, .npz), .npy, joblib's dumps, and what zlib and gzip have compressed. What cannot be judged
// to its end is never good.

#ifndef PICKLED_FILES_SCANNER_HPP
#define PICKLED_FILES_SCANNER_HPP

#include "pickled/value/buffer.hpp"
#include "python/allow_list.hpp"
#include "python/loading_trace.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace pickled::inline v0::detail {

enum class scan_verdict : std::uint8_t {
  allowed,
  incomplete,  // it is not known what would happen
  denied,
};

struct scan_finding {
  std::string member;      // of archives in archives "a.zip!b.pkl"; empty for the file itself
  std::size_t offset = 0;  // in the member, unpacked
  std::string global;      // "os.system"; empty where something else was found
  bool called = false;     // and not only imported
  scan_verdict verdict = scan_verdict::allowed;
  std::string reason;  // of what is incomplete
};

class scanner {
 public:
  explicit scanner(const allow_list& allowed) : allowed_(allowed) {}

  // Of each name in a member the first time that it is imported.
  std::vector<scan_finding> scan(bytes_view file);

 private:
  struct place {
    std::string member;
    std::size_t depth = 0;
    bool whole = false;  // the file, unpacked if need be: what is neither pickle nor array is wrong
  };

  void scan_content(bytes_view content, const place& where);
  void scan_zip(bytes_view content, const place& where);
  void scan_compressed(bytes_view content, const place& where, std::string_view format);
  void scan_sequence(bytes_view content, const place& where);
  std::size_t scan_npy(bytes_view content, const place& where, std::size_t offset);
  std::size_t scan_pickle(bytes_view content, const place& where, std::size_t offset,
                          bool has_to_be_one);
  void note(const loading_step& step, const place& where, std::size_t offset);
  void incomplete(const place& where, std::size_t offset, std::string reason);

  const allow_list& allowed_;
  std::vector<scan_finding> findings_;
  // Where in findings_ a name of a member is, or a reason.
  std::map<std::tuple<std::string, std::string>, std::size_t> known_;
  std::size_t unpacked_ = 0;
};

// The worst of them; allowed of none.
scan_verdict verdict_of(const std::vector<scan_finding>& findings) noexcept;

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_FILES_SCANNER_HPP
