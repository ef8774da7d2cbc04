// SPDX-License-Identifier: BSL-1.0

#include "pickled/files/file_error.hpp"

PICKLED_BEGIN_NAMESPACE
namespace {

class file_category_type : public std::error_category {
 public:
  const char* name() const noexcept override { return "pickled.file"; }
  std::string message(int code) const override {
    switch (static_cast<file_errc>(code)) {
      case file_errc::other_format: return "the file is of another format";
      case file_errc::truncated: return "the file is truncated";
      case file_errc::contradictory: return "parts of the file contradict one another";
      case file_errc::malformed: return "a part of the file is malformed";
      case file_errc::unsupported: return "a part of the file has a form that is not supported";
      case file_errc::too_large: return "a part of the file is too large";
    }
    return "unknown error";
  }
};

}  // namespace

const std::error_category& file_category() noexcept {
  static const file_category_type category;
  return category;
}

PICKLED_END_NAMESPACE
