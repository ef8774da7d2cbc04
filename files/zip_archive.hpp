// SPDX-License-Identifier: BSL-1.0

// The members of a zip archive, found in its bytes and left where they lie. Readers of zip files
// believe different parts of them, the central directory or the header before each member, the
// first or the last end record: an archive is taken here only where they all would find the same.

#ifndef PICKLED_FILES_ZIP_ARCHIVE_HPP
#define PICKLED_FILES_ZIP_ARCHIVE_HPP

#include "pickled/files/file_error.hpp"
#include "pickled/value/buffer.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

struct zip_member {
  static constexpr std::uint16_t stored = 0;
  static constexpr std::uint16_t deflated = 8;

  std::string name;
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::size_t size = 0;    // unpacked
  std::size_t packed = 0;  // as it lies in the archive
  std::size_t header = 0;  // where its local header is
  std::uint16_t flags = 0;
  bytes_view content;  // packed
};

class zip_archive {
 public:
  // Throws file_error. `archive` must outlive the object.
  explicit zip_archive(bytes_view archive);

  const std::vector<zip_member>& members() const noexcept { return members_; }
  // nullptr where there is none.
  const zip_member* find(std::string_view name) const noexcept;

 private:
  struct directory {
    std::size_t offset;  // in the file
    std::size_t end;
    std::uint64_t entries;
  };

  directory find_directory() const;
  void read_directory(const directory& where);
  void check_layout(std::size_t end);

  bytes_view archive_;
  std::vector<zip_member> members_;
};

// Whether a reader of zip files might take it for one: it begins as one, or has an end record where
// one may be.
bool may_be_zip(bytes_view content) noexcept;

// The content unpacked, for which `unpacked` gives the room where it needs some. `wrong` says why
// it is not all, or not what was packed.
bytes_view unpack(const zip_member& member, buffer& unpacked, std::size_t limit,
                  std::string& wrong);
// The same; throws file_error.
bytes_view read_member(const zip_member& member, buffer& unpacked, std::size_t limit);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_FILES_ZIP_ARCHIVE_HPP
