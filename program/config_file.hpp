// SPDX-License-Identifier: BSL-1.0

// A configuration file: one JSON object, whose members are the options of `pickled serve` by name,
// "objects" and "create". It knows on which line every key stands, for whoever made a mistake
// there.

#ifndef PICKLED_PROGRAM_CONFIG_FILE_HPP
#define PICKLED_PROGRAM_CONFIG_FILE_HPP

#include "program/serve_options.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

class config_file {
 public:
  // Members that are no options.
  static constexpr std::array<std::string_view, 2> object_sections{"objects", "create"};
  // The keys that lead to a member from the root.
  using path = std::vector<std::string>;

  // Throws usage_error: the file cannot be read, is no JSON, or has a key twice in one object.
  explicit config_file(std::string name);

  const nlohmann::ordered_json& root() const noexcept { return root_; }
  // The options in it; throws usage_error for a key that is none, and for values of a wrong type.
  given_options options() const;
  // "pickled.json:3: objects.get_tasks.args"
  std::string where(const path& keys) const;
  // Throws usage_error.
  [[noreturn]] void refuse(const path& keys, std::string_view mistake) const;

 private:
  void parse(std::string_view text);
  void note(path keys, std::size_t line);
  [[noreturn]] void refuse_option(const serve_option& option, const std::string& key,
                                  const nlohmann::ordered_json& value) const;

  std::string name_;
  nlohmann::ordered_json root_;
  std::map<path, std::size_t> lines_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROGRAM_CONFIG_FILE_HPP
