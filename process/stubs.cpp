// SPDX-License-Identifier: BSL-1.0

#include "process/stubs.hpp"

#include "pickled/python/repr.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

namespace pickled::inline v0::detail {

void add_modules(std::string_view signature, std::set<std::string>& to) {
  const auto of_name = [](char c) {
    return c == '_' || c == '.' || std::isalnum(static_cast<unsigned char>(c)) != 0;
  };
  // A default may be a text of any content, which is passed over.
  for (std::size_t at = 0; at < signature.size(); ++at) {
    if (signature[at] == '\'' || signature[at] == '"') {
      const char quote = signature[at];
      while (++at < signature.size() && signature[at] != quote)
        if (signature[at] == '\\') ++at;
      continue;
    }
    if (std::isalpha(static_cast<unsigned char>(signature[at])) == 0 && signature[at] != '_')
      continue;
    std::size_t end = at;
    while (end < signature.size() && of_name(signature[end]))
      ++end;
    const std::string_view name = signature.substr(at, end - at);
    if (const std::size_t dot = name.rfind('.'); dot != std::string_view::npos)
      to.emplace(name.substr(0, dot));
    at = end;
  }
}

std::string docstring(std::string_view text, std::string_view indent) {
  // repr() of the whole, unless it has lines of its own to keep.
  if (text.find('\n') == std::string_view::npos) return fmt::format("{}{}\n", indent, repr(text));
  std::string quoted = fmt::format("{}\"\"\"", indent);
  for (const char c : text) {
    if (c == '\\' || c == '"') quoted += '\\';
    quoted += c;
    if (c == '\n') quoted += indent;
  }
  return quoted + "\"\"\"\n";
}

std::string type_checking_imports(const std::set<std::string>& modules) {
  if (modules.empty()) return {};
  std::string text = "\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n";
  for (const std::string& each : modules)
    text += fmt::format("    import {}\n", each);
  return text;
}

namespace {

std::set<std::string> modules_of(const functions& offered) {
  std::set<std::string> modules;
  for (const auto& [name, f] : offered.all())
    modules.emplace(f.module());
  return modules;
}

// A class of the module, or the module itself, with what stands in it.
struct stub_scope {
  std::string functions;
  std::map<std::string, stub_scope, std::less<>> classes;

  void add(const function& f, std::string_view path, std::string_view indent) {
    if (const std::size_t dot = path.find('.'); dot != std::string_view::npos) {
      classes[std::string(path.substr(0, dot))].add(f, path.substr(dot + 1),
                                                    std::string(indent) + "    ");
      return;
    }
    if (!indent.empty())
      functions += fmt::format("\n{}@staticmethod", indent);
    else
      functions += "\n";
    functions += fmt::format("\n{}def {}{}:\n", indent, path, f.signature());
    const std::string inner = std::string(indent) + "    ";
    if (!f.doc().empty()) functions += docstring(f.doc(), inner);
    functions += fmt::format("{}raise _in_worker({})\n", inner, repr(f.name()));
  }

  std::string text(const std::string& indent = {}) const {
    std::string all = functions;
    for (const auto& [name, each] : classes)
      all += fmt::format("\n{}{}class {}:\n{}", indent.empty() ? "\n" : "", indent, name,
                         each.text(indent + "    "));
    return all;
  }
};

}  // namespace

std::string python_stubs(const functions& offered, std::string_view program,
                         std::string_view module) {
  const std::set<std::string> modules = modules_of(offered);
  if (module.empty()) {
    if (modules.size() != 1)
      throw std::invalid_argument(fmt::format("the functions are of {} modules: name one of {}",
                                              modules.size(), fmt::join(modules, ", ")));
    module = *modules.begin();
  }
  std::set<std::string> imports;
  stub_scope scope;
  for (const auto& [name, f] : offered.all()) {
    if (f.module() != module) continue;
    add_modules(f.signature(), imports);
    scope.add(f, std::string_view(name).substr(module.size() + 1), {});
  }
  const std::string body = scope.text();
  if (body.empty())
    throw std::invalid_argument(fmt::format("no function is of the module {}: there are {}", module,
                                            fmt::join(modules, ", ")));
  imports.erase(std::string(module));
  std::string text = docstring(
      fmt::format("Functions that run in the C++ worker {}, which wrote this file.", program), "");
  text += "from __future__ import annotations\n" + type_checking_imports(imports);
  text += fmt::format(
      "\n\ndef _in_worker(name):\n"
      "    return RuntimeError(name + ' runs in the C++ worker ' + {} + ', not in Python: '\n"
      "                        'call it through a Pool or Process of a spawn context with '\n"
      "                        'set_executable(...)')\n",
      repr(program));
  return text + body;
}

std::string describe_functions(const functions& offered) {
  std::string text;
  for (const auto& [name, f] : offered.all()) {
    text += fmt::format("  {}{}\n", name, f.signature());
    std::istringstream lines(f.doc());
    for (std::string line; std::getline(lines, line);)
      text += fmt::format("      {}\n", line);
  }
  return text;
}

}  // namespace pickled::inline v0::detail
