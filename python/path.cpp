// SPDX-License-Identifier: BSL-1.0

#include "python/path.hpp"

#include <algorithm>
#include <string_view>

namespace pickled::inline v0::detail {
namespace {

void add_components(std::string_view text, std::string& path) {
  while (!text.empty()) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    const std::string_view component = text.substr(0, slash);
    text.remove_prefix(std::min(slash + 1, text.size()));
    if (component.empty() || component == ".") continue;
    if (!path.empty() && path.back() != '/') path += '/';
    path += component;
  }
}

}  // namespace

std::string path_text(const instance_node& i) {
  std::string path;
  for (const value_view part : i.args.as_items()) {
    const std::string_view text = part.as_str();
    if (text.starts_with('/')) {
      path = text.starts_with("//") && !text.starts_with("///") ? "//" : "/";
    }
    add_components(text, path);
  }
  return path.empty() ? "." : path;
}

}  // namespace pickled::inline v0::detail
