// SPDX-License-Identifier: BSL-1.0

#include "python/path.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

// Behind the `anchor` characters of a root or drive.
void add_components(std::string_view text, char separator, std::string& path, std::size_t anchor) {
  while (!text.empty()) {
    const std::size_t size = std::min(text.find(separator), text.size());
    const std::string_view component = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    if (component.empty() || component == ".") continue;
    if (path.size() != anchor) path += separator;
    path += component;
  }
}

// ntpath.splitroot(path), of a path whose separators are backslashes.
struct windows_parts {
  std::string_view drive;  // "c:", or that of a share with its server
  std::string_view root;   // a backslash, or nothing
  std::string_view rest;
};

windows_parts split_root(std::string_view path) {
  if (path.starts_with("\\\\")) {
    const std::size_t start = path.substr(0, 8) == "\\\\?\\unc\\" ? 8 : 2;
    const std::size_t server = path.find('\\', start);
    const std::size_t share = server == path.npos ? server : path.find('\\', server + 1);
    if (share == path.npos) return {path, {}, {}};
    return {path.substr(0, share), path.substr(share, 1), path.substr(share + 1)};
  }
  const std::size_t drive = path.size() > 1 && path[1] == ':' ? 2 : 0;
  const std::size_t root = path.substr(drive).starts_with('\\') ? 1 : 0;
  return {path.substr(0, drive), path.substr(drive, root), path.substr(drive + root)};
}

// Whether a drive is a share, which has a root though none is written.
bool is_whole_share(std::string_view drive) {
  if (!drive.starts_with('\\') || drive.ends_with('\\')) return false;
  const auto separators = std::ranges::count(drive, '\\');
  const std::string_view server = drive.substr(2, drive.find('\\', 2) - 2);
  return (separators == 3 && server != "?" && server != ".") || separators == 5;
}

}  // namespace

std::string windows_path_key(const instance_node& i) {
  std::vector<std::string> texts;  // what `parts` points into
  windows_parts whole;
  std::string rest;
  for (const value_view part : i.args.as_items()) {
    std::string& text = texts.emplace_back(part.as_str());
    std::ranges::transform(text, text.begin(), [](char c) {
      return c == '/' ? '\\' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
  }
  for (const std::string& text : texts) {
    const windows_parts next = split_root(text);
    const bool elsewhere = !next.drive.empty() && next.drive != whole.drive;
    if (elsewhere || !next.root.empty()) {
      rest.clear();
      whole.root = next.root;
    }
    if (!next.drive.empty()) whole.drive = next.drive;
    rest.append("\\").append(next.rest);
  }
  if (whole.root.empty() && is_whole_share(whole.drive)) whole.root = "\\";
  std::string key = std::string(whole.drive).append(whole.root);
  const std::size_t anchor = key.size();
  add_components(rest, '\\', key, anchor);
  return key.empty() ? "." : key;
}

std::string path_text(const instance_node& i) {
  std::string path;
  std::size_t anchor = 0;
  for (const value_view part : i.args.as_items()) {
    const std::string_view text = part.as_str();
    if (text.starts_with('/')) {
      path = text.starts_with("//") && !text.starts_with("///") ? "//" : "/";
      anchor = path.size();
    }
    add_components(text, '/', path, anchor);
  }
  return path.empty() ? "." : path;
}

}  // namespace pickled::inline v0::detail
