// SPDX-License-Identifier: BSL-1.0

#include "process/stubs.hpp"

#include "pickled/python/repr.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

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

// Python has no way to write an attribute that is called `from`; instances may have it all the
// same.
bool can_be_written(const python_class& c) {
  return std::ranges::all_of(c.members, is_identifier, &std::pair<std::string, std::string>::first);
}
bool is_dataclass(const python_class& c) {
  return !c.is_enum && can_be_written(c);
}

std::string tuple_of_names(const python_class& c) {
  std::vector<std::string> names;
  for (const auto& [name, annotation] : c.members)
    names.push_back(repr(name) + ",");
  return fmt::format("({})", fmt::join(names, " "));
}

// How instances take the state that write_object writes in this form, and give it.
std::string state_methods(const python_class& c, const std::string& indent) {
  if (c.form != object_form::fields) return {};
  return fmt::format(
      "\n{0}def __getstate__(self):\n"
      "{0}    return [getattr(self, name) for name in {1}]\n"
      "\n{0}def __setstate__(self, state):\n"
      "{0}    for name, item in zip({1}, state):\n"
      "{0}        setattr(self, name, item)\n",
      indent, tuple_of_names(c));
}

// What stands in it before its methods.
std::string class_body(const python_class& c, const std::string& indent) {
  std::string text;
  if (c.form == object_form::slots)
    text += fmt::format("{}__slots__ = {}\n", indent, tuple_of_names(c));
  if (can_be_written(c))
    for (const auto& [name, what] : c.members)
      text += fmt::format("{}{}{}{}\n", indent, name, c.is_enum ? " = " : ": ", what);
  text += state_methods(c, indent);
  return text.empty() ? indent + "pass\n" : text;
}

// A class of the module, or the module itself, with what stands in it.
struct stub_scope {
  const python_class* described = nullptr;
  std::string functions;
  std::map<std::string, stub_scope, std::less<>> classes;

  void add(const python_class& c, std::string_view path) {
    const std::size_t dot = path.find('.');
    stub_scope& scope = classes[std::string(path.substr(0, dot))];
    if (dot == std::string_view::npos)
      scope.described = &c;
    else
      scope.add(c, path.substr(dot + 1));
  }

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
    std::string all;
    if (described != nullptr) all += class_body(*described, indent);
    all += functions;
    for (const auto& [name, each] : classes)
      all +=
          (indent.empty() ? "\n\n" : "\n") + each.head(name, indent) + each.text(indent + "    ");
    return all;
  }

  // C++ may have them as keys, and so have they a hash in Python.
  std::string head(std::string_view name, std::string_view indent) const {
    const bool is_enum = described != nullptr && described->is_enum;
    const bool decorated = described != nullptr && is_dataclass(*described);
    return fmt::format(
        "{}{}class {}{}:\n",
        decorated ? fmt::format("{}@dataclasses.dataclass(unsafe_hash=True)\n", indent) : "",
        indent, name, is_enum ? "(enum.Enum)" : "");
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
  std::set<std::string> needed;
  python_classes classes;
  for (const auto& [name, f] : offered.all())
    f.add_classes(classes);
  for (const auto& [name, c] : classes) {
    if (name.first != module) continue;
    for (const auto& [member, annotation] : c.members)
      add_modules(annotation, imports);
    if (c.is_enum) needed.emplace("enum");
    if (is_dataclass(c)) needed.emplace("dataclasses");
    scope.add(c, name.second);
  }
  for (const auto& [name, f] : offered.all()) {
    if (f.module() != module) continue;
    add_modules(f.signature(), imports);
    scope.add(f, std::string_view(name).substr(module.size() + 1), {});
  }
  const std::string body = scope.text();
  if (body.empty())
    throw std::invalid_argument(fmt::format("no function is of the module {}: there are {}", module,
                                            fmt::join(modules, ", ")));
  std::string text = docstring(
      fmt::format("Functions that run in the C++ worker {}, which wrote this file.", program), "");
  text += "from __future__ import annotations\n";
  for (const std::string& each : needed)
    text += fmt::format("{}import {}\n", each == *needed.begin() ? "\n" : "", each);
  text += type_checking_imports(imports);
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
