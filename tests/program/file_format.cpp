// SPDX-License-Identifier: BSL-1.0

#include "program/file_format.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace pickled;
using namespace pickled::detail;

TEST_CASE("a file that is no pickle is named", "[program]") {
  const struct {
    std::string beginning;
    std::string hint;
  } cases[] = {
      {"PK\x03\x04\x14", "a zip archive"},
      {"\x1f\x8b\x08", "gzip data"},
      {"BZh91AY&SY\x01", "bzip2 data"},
      {std::string("\xfd"
                   "7zXZ\0",
                   6),
       "xz data"},
      {"\x28\xb5\x2f\xfd", "zstd data"},
      {"\x89HDF\r\n\x1a\n", "an HDF5 file"},
      {"\x78\x01\x03", "zlib data"},
      {"\x78\x9c", "zlib data"},
      {"\x78\xda", "zlib data"},
      {"\x93NUMPY\x01", "an .npy file"},
  };
  for (const auto& [beginning, hint] : cases)
    CHECK_THAT(hint_at_format(as_bytes(beginning)), Catch::StartsWith("; it is " + hint));
  for (const char* other : {"", "P", "PK", "x", "x\x9d", "\x80\x04N.", "\x93NUM"})
    CHECK(hint_at_format(as_bytes(other)).empty());
}
