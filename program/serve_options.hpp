// SPDX-License-Identifier: BSL-1.0

// The options of `pickled serve`, each described once: the command line, its help and configuration
// files all follow from this table.

#ifndef PICKLED_PROGRAM_SERVE_OPTIONS_HPP
#define PICKLED_PROGRAM_SERVE_OPTIONS_HPP

#include "server/server_options.hpp"
#include "server/types/iterators.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

// A mistake of whoever starts the program, on the command line or in a configuration file: told in
// one line on stderr, with exit code 2. what() says where the mistake is and what was expected.
class usage_error : public std::runtime_error {
 public:
  using runtime_error::runtime_error;
};

struct serve_settings {
  server_options server;  // without its authkeys
  std::vector<std::string> authkey_files;
  std::vector<std::string> compare_by_value;  // see python/value_classes.hpp
  bool ignore_sigint = false;
  bool until_eof = false;
  iterators dict_iterators = iterators::snapshot;
};

struct serve_option {
  // What it is in a configuration file.
  enum class value_form : std::uint8_t {
    flag,    // true or false; on the command line it stands alone
    number,  // a number
    size,    // a number, or text with a unit
    text,    // a string
    texts,   // a string or an array of them; on the command line it is given several times
  };

  std::string_view name;  // --name on the command line, "name" in a file
  value_form form;
  std::string_view argument;                         // what stands for its value in the help
  std::string (*by_default)(const serve_settings&);  // as text what these say; nullptr: nothing
  std::string_view expected;                         // completes "expected …"
  std::string_view help;
  bool (*set)(serve_settings& settings, std::string_view text);  // false: not what is expected
};

std::span<const serve_option> serve_options() noexcept;

// One of `holder_death_names`; false where it is none.
bool read_holder_death(std::string_view text, holder_death& policy) noexcept;
inline constexpr std::string_view holder_death_names = "default, keep, release or poison";

// What was given for one option, and where: "--threads", or "pickled.json:3: threads".
struct given_option {
  std::string where;
  std::vector<std::string> values;
};
// By name.
using given_options = std::map<std::string_view, given_option>;

// Of an option that is in both, the one on the command line counts. With sockets that listen
// already there is no address by default, and none is listened at that one of them has. Throws
// usage_error.
serve_settings settings_of(const given_options& command_line, const given_options& file,
                           std::vector<descriptor> sockets = {});

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROGRAM_SERVE_OPTIONS_HPP
