// SPDX-License-Identifier: BSL-1.0

// `pickled scan`: what loading files in Python would import and call, for those who have to decide
// whether to.

#include "files/scanner.hpp"
#include "pickled/files/mapped_file.hpp"
#include "pickled/python/repr.hpp"
#include "program/command.hpp"
#include "python/allow_list.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

constexpr int exit_denied = 1;
constexpr int exit_incomplete = 3;

struct scan_arguments {
  std::vector<std::string> files;
  std::vector<std::string> allowed;
  bool json = false;
};

std::string_view name_of(scan_verdict verdict) noexcept {
  switch (verdict) {
    case scan_verdict::allowed: return "allowed";
    case scan_verdict::denied: return "not allowed";
    case scan_verdict::incomplete: break;
  }
  return "incomplete";
}

// Escaped as in Python's text: a name may hold what moves a terminal's cursor.
std::string escaped(std::string_view name) {
  const std::string quoted = repr(name);
  return quoted.substr(1, quoted.size() - 2);
}

// A name of a zip may be any bytes, and one of JSON is UTF-8.
nlohmann::ordered_json as_json(const scan_finding& finding) {
  nlohmann::ordered_json result;
  result["member"] = escaped(finding.member);
  result["offset"] = finding.offset;
  if (!finding.global.empty()) {
    result["global"] = escaped(finding.global);
    result["called"] = finding.called;
  }
  result["verdict"] = name_of(finding.verdict);
  if (!finding.reason.empty()) result["reason"] = escaped(finding.reason);
  return result;
}

void print_json(const std::string& file, const std::vector<scan_finding>& findings) {
  nlohmann::ordered_json result;
  result["file"] = escaped(file);
  result["verdict"] = name_of(verdict_of(findings));
  result["findings"] = nlohmann::ordered_json::array();
  for (const scan_finding& finding : findings)
    result["findings"].push_back(as_json(finding));
  std::cout << result.dump() << '\n';
}

void print_text(const std::string& file, const std::vector<scan_finding>& findings) {
  for (const scan_finding& finding : findings) {
    std::string place = escaped(file);
    if (!finding.member.empty()) place += "!" + escaped(finding.member);
    const std::string what =
        finding.global.empty()
            ? escaped(finding.reason)
            : escaped(finding.global) + (finding.called ? " is called" : " is imported");
    std::cout << fmt::format("{}: byte {}: {}: {}\n", place, finding.offset, what,
                             name_of(finding.verdict));
  }
}

std::vector<scan_finding> scan_file(const std::string& name, detail::scanner& scanner) try {
  if (name != "-") {
    const mapped_file file{name};
    return scanner.scan(file.content());
  }
  std::ostringstream content;
  content << std::cin.rdbuf();
  return scanner.scan(as_bytes(content.view()));
} catch (const std::exception& e) {
  // It cannot be read, or there is no memory for it.
  const auto* const system = dynamic_cast<const std::system_error*>(&e);
  const std::string reason = system != nullptr ? system->code().message() : e.what();
  return {{{}, 0, {}, false, scan_verdict::incomplete, reason}};
}

int scan(const scan_arguments& given) {
  const detail::allow_list allowed(given.allowed);
  detail::scanner scanner(allowed);
  scan_verdict worst = scan_verdict::allowed;
  for (const std::string& name : given.files) {
    const std::vector<scan_finding> findings = scan_file(name, scanner);
    worst = std::max(worst, verdict_of(findings));
    given.json ? print_json(name, findings) : print_text(name, findings);
  }
  switch (worst) {
    case scan_verdict::allowed: return EXIT_SUCCESS;
    case scan_verdict::denied: return exit_denied;
    case scan_verdict::incomplete: break;
  }
  return exit_incomplete;
}

}  // namespace

void add_scan(CLI::App& program, std::function<int()>& chosen) {
  auto given = std::make_shared<scan_arguments>();
  given->allowed = {"@joblib", "@numpy", "@pandas", "@stdlib", "@torch"};
  CLI::App* command = program.add_subcommand(
      "scan",
      "Print what loading files in Python would import and call. Nothing in them is executed. "
      "Exits "
      "with 0 if all of it is allowed, 1 if something is not, and 3 if a file cannot be judged to "
      "its end.");
  command
      ->add_option("FILE", given->files,
                   "pickles, .npy, .npz, torch's and joblib's files, known by their content; - is "
                   "stdin")
      ->default_val(std::vector<std::string>{"-"});
  command
      ->add_option(
          "--allow-globals", given->allowed,
          "What may be imported and called, as collections.OrderedDict, mypackage.* or a "
          "group: @numpy, @pandas, @stdlib, @torch, @joblib; all of the groups, if not told")
      ->type_name("PATTERN")
      ->check([](const std::string& pattern) {
        const bool good =
            !pattern.empty() && (pattern[0] != '@' || detail::is_group_of_globals(pattern));
        return good ? std::string() : "no group of globals: " + pattern;
      });
  command->add_flag("--json", given->json, "print JSON, an object a line for each file");
  command->callback([given, &chosen] { chosen = [given] { return scan(*given); }; });
}

}  // namespace pickled::inline v0::detail
