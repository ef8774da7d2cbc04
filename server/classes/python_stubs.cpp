// SPDX-License-Identifier: BSL-1.0

// The module of Python that type_registry writes of itself.

#include "pickled/python/repr.hpp"
#include "process/stubs.hpp"
#include "server/classes/type_registry_content.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

std::string tuple_of(const std::vector<std::string>& items) {
  return fmt::format("({}{})", fmt::join(items, ", "), items.size() == 1 ? "," : "");
}

std::string without_result(const signature& parameters) {
  const std::string text = parameters.text();
  return text.substr(0, text.rfind(" -> "));
}

class stub_writer {
 public:
  stub_writer(const std::list<served_class>& classes, std::string_view module)
      : classes_(classes), module_(module) {}

  void add_exception(std::string_view python_class) {
    const std::size_t dot = python_class.rfind('.');
    if (dot == std::string_view::npos || python_class.substr(0, dot) != module_) return;
    exceptions_ +=
        fmt::format("\n\nclass {}(Exception):\n    pass\n", python_class.substr(dot + 1));
  }

  void add_class(const served_class& c) {
    proxies_ += fmt::format("\n\nclass {}Proxy(BaseProxy):\n", c.type_id);
    proxies_ += docstring(c.doc.empty() ? "A proxy of " + c.type_id : c.doc, "    ");
    for (const served_function& method : c.methods)
      if (method.name != "__repr__" && method.name != "__str__") add_method(method);
    for (const served_property& p : c.properties) {
      const std::string setter = p.writable ? "set_" + p.name : "None";
      proxies_ += fmt::format("\n    {0} = property(get_{0}, {1})\n", p.name, setter);
    }
    if (c.constructor)
      add_typeid(c.type_id, without_result(c.constructor->parameters), c.doc, c.type_id + "Proxy");
    else
      others_ += fmt::format("Manager.register({0}, proxytype={1}Proxy, create_method=False)\n",
                             repr(std::string_view(c.type_id)), c.type_id);
  }

  void add_function(const served_function& f) {
    const served_class* const returned = class_of(f.returns);
    std::string parameters = without_result(f.parameters);
    parameters.insert(1, parameters[1] == ')' ? "self" : "self, ");
    add_typeid(f.name, parameters, f.doc,
               returned != nullptr ? returned->type_id + "Proxy" : "AutoProxy");
  }

  void add_singleton(std::string_view name, const served_pointer& object) {
    const served_class* const of = class_of(object.type);
    if (of == nullptr) return;
    add_typeid(name, "(self)", {}, of->type_id + "Proxy");
  }

  std::string finish() const {
    std::set<std::string> imports = modules_;
    imports.erase(std::string(module_));
    std::string text = docstring("Objects that a C++ server hosts, which wrote this file.", "");
    text +=
        "from __future__ import annotations\n\nimport functools\n"
        "from multiprocessing.managers import AutoProxy, BaseProxy, SyncManager\n";
    text += type_checking_imports(imports) + exceptions_ + proxies_;
    text += "\n\nclass Manager(SyncManager):\n" +
            docstring("Manager(address=..., authkey=...), and then connect().", "    ") + created_;
    if (!typeids_.empty())
      text += "\n\nfor _typeid, _proxytype in (\n" + typeids_ +
              "):\n"
              "    _shown = getattr(Manager, _typeid)\n"
              "    Manager.register(_typeid, proxytype=_proxytype)\n"
              "    functools.update_wrapper(getattr(Manager, _typeid), _shown)\n";
    return text + others_;
  }

 private:
  const served_class* class_of(std::type_index type) const {
    for (const served_class& c : classes_)
      if (c.type == type) return &c;
    return nullptr;
  }

  void add_method(const served_function& method) {
    std::string text = method.parameters.text();
    const std::size_t result = text.rfind(" -> ");
    if (const served_class* const returned = class_of(method.returns))
      text.replace(result, std::string::npos, " -> " + returned->type_id + "Proxy");
    if (constexpr std::string_view list = " -> list";
        method.name == "__iter__" && std::string_view(text).substr(result).starts_with(list))
      text.replace(result, list.size(), " -> collections.abc.Iterator");
    add_modules(text, modules_);
    proxies_ += fmt::format("\n    def {}{}:\n", method.name, text);
    if (!method.doc.empty()) proxies_ += docstring(method.doc, "        ");
    proxies_ += fmt::format("        return self._callmethod({}{})\n",
                            repr(std::string_view(method.name)), arguments_of(method.parameters));
  }

  // The server knows those defaults that have no literal: such a parameter is passed on if given.
  static std::string arguments_of(const signature& parameters) {
    std::vector<std::string> positional, optional;
    for (const parameter& p : parameters.parameters()) {
      const bool unknown = p.otherwise() && signature::default_text(p) == "...";
      if (unknown || !optional.empty())
        optional.push_back(fmt::format("({}, {})", repr(std::string_view(p.name())), p.name()));
      else
        positional.push_back(p.name());
    }
    if (positional.empty() && optional.empty()) return {};
    std::string text = ", " + tuple_of(positional);
    if (!optional.empty())
      text += fmt::format(", {{k: v for k, v in {} if v is not ...}}", tuple_of(optional));
    return text;
  }

  void add_typeid(std::string_view type_id, std::string_view parameters, std::string_view doc,
                  std::string_view proxytype) {
    add_modules(parameters, modules_);
    created_ += fmt::format("\n    def {}{} -> {}:\n", type_id, parameters, proxytype);
    created_ += doc.empty() ? "        pass\n" : docstring(doc, "        ");
    typeids_ += fmt::format("    ({}, {}),\n", repr(type_id), proxytype);
  }

  const std::list<served_class>& classes_;
  const std::string_view module_;
  std::string exceptions_;
  std::string proxies_;
  std::string created_;  // methods of Manager
  std::string typeids_;  // and how they are registered
  std::string others_;   // typeids that no client creates
  std::set<std::string> modules_;
};

}  // namespace

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

std::string type_registry::python_stubs(std::string_view module) const {
  detail::stub_writer writer(content_->classes, module);
  for (const auto& [python_class, text_of] : content_->exceptions)
    writer.add_exception(python_class);
  for (const detail::served_class& c : content_->classes)
    writer.add_class(c);
  for (const detail::served_function& f : content_->functions)
    writer.add_function(f);
  for (const auto& [name, object] : content_->singletons)
    writer.add_singleton(name, object);
  return writer.finish();
}

PICKLED_END_NAMESPACE
