// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/remote_error.hpp"

#include <string>

PICKLED_BEGIN_NAMESPACE
namespace {

class proxy_error_category : public std::error_category {
 public:
  const char* name() const noexcept override { return "pickled.proxy"; }
  std::string message(int code) const override {
    switch (static_cast<proxy_errc>(code)) {
      case proxy_errc::no_such_object: return "the server has no such object";
      case proxy_errc::no_such_method: return "the object has no such method";
      case proxy_errc::no_such_type: return "the server has no such typeid";
      case proxy_errc::unserializable: return "what the method returned has no pickle";
      case proxy_errc::refused: return "the server could not make the call";
      case proxy_errc::empty_proxy: return "the proxy refers to nothing";
      case proxy_errc::lock_lost: return "a lock was lost with its connection";
    }
    return "unknown error";
  }
};

}  // namespace

const std::error_category& proxy_category() noexcept {
  static const proxy_error_category the_only;
  return the_only;
}

PICKLED_END_NAMESPACE
