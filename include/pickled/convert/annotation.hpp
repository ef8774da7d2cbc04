// SPDX-License-Identifier: BSL-1.0

// What a C++ type is called in the annotations of a Python function, for stubs: "list[float]",
// "dict[str, mymod.Point]", "int | None". Types that only their own from_value knows are "object".
// And what the classes look like that it names.

#ifndef PICKLED_CONVERT_ANNOTATION_HPP
#define PICKLED_CONVERT_ANNOTATION_HPP

#include "pickled/convert/convert.hpp"

#include <chrono>
#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

PICKLED_BEGIN_NAMESPACE

namespace detail {

// A class that a described type is tied to.
struct python_class {
  bool is_enum;
  object_form form;
  // The attributes with their annotations, or the members of an Enum with their numbers.
  std::vector<std::pair<std::string, std::string>> members;
};
using python_classes = std::map<std::pair<std::string, std::string>, python_class>;  // module, name

template <class T>
struct annotation_of {
  static std::string text() {
    if constexpr (std::same_as<T, bool>)
      return "bool";
    else if constexpr (whole_number<T> || plain_enum<T>)
      return "int";
    else if constexpr (std::floating_point<T>)
      return "float";
    else if constexpr (complex_of_floats<T>)
      return "complex";
    else if constexpr (one_of<T, std::nullptr_t, std::monostate> || std::is_void_v<T>)
      return "None";
    else if constexpr (std::same_as<T, char> || text_like<T>)
      return "str";
    else if constexpr (file_path<T>)
      return "pathlib.Path";
    else if constexpr (byte_range<T>)
      return "bytes";
    else if constexpr (std::derived_from<T, array_view>)
      return "numpy.ndarray";
    else if constexpr (set_container<T>)
      return "set[" + annotation_of<typename T::value_type>::text() + ']';
    else if constexpr (sequence_container<T> || is_array_type<T> || is_span_type<T>)
      return "list[" + annotation_of<typename T::value_type>::text() + ']';
    else if constexpr (mapping_container<T>)
      return "dict[" + annotation_of<typename T::key_type>::text() + ", " +
             annotation_of<typename T::mapped_type>::text() + ']';
    else if constexpr (std::same_as<T, std::chrono::year_month_day>)
      return "datetime.date";
    else if constexpr (described<T>)
      return class_name(description_of<T>().python_class);
    else if constexpr (requires { T::proxytype; })
      return class_name({"multiprocessing.managers", T::proxytype});
    else
      return "object";
  }

  // Those that text() names, and those that their attributes do.
  static void add_classes([[maybe_unused]] python_classes& to) {
    if constexpr (set_container<T> || sequence_container<T> || is_array_type<T> ||
                  is_span_type<T>) {
      annotation_of<typename T::value_type>::add_classes(to);
    } else if constexpr (mapping_container<T>) {
      annotation_of<typename T::key_type>::add_classes(to);
      annotation_of<typename T::mapped_type>::add_classes(to);
    } else if constexpr (described<T>) {
      constexpr auto about = description_of<T>();
      const auto [known, is_new] = to.try_emplace(
          {std::string(about.python_class.module), std::string(about.python_class.name)});
      if (!is_new) return;  // also where it holds itself
      python_class& made = known->second;
      if constexpr (described_class<T>) {
        made.form = about.form;
        std::apply([&](const auto&... members) { (add_attribute(members, made, to), ...); },
                   about.members);
      } else {
        made.is_enum = true;
        for (const enumerator& each : about.members)
          made.members.emplace_back(each.name, std::to_string(each.number));
      }
    }
  }

 private:
  template <class Class, class Attribute>
  static void add_attribute(const described_member<Class, Attribute>& member, python_class& made,
                            python_classes& to) {
    made.members.emplace_back(member.name, annotation_of<Attribute>::text());
    annotation_of<Attribute>::add_classes(to);
  }
  static std::string class_name(const global_name& c) {
    return std::string(c.module).append(".").append(c.name);
  }
};

template <class Rep, class Period>
struct annotation_of<std::chrono::duration<Rep, Period>> {
  static std::string text() { return "datetime.timedelta"; }
  static void add_classes(python_classes&) {}
};
template <class Clock, class Duration>
struct annotation_of<std::chrono::time_point<Clock, Duration>> {
  static std::string text() { return "datetime.datetime"; }
  static void add_classes(python_classes&) {}
};
template <class T>
struct annotation_of<std::optional<T>> {
  static std::string text() { return annotation_of<T>::text() + " | None"; }
  static void add_classes(python_classes& to) { annotation_of<T>::add_classes(to); }
};

template <class First, class... Others>
std::string join_annotations(std::string_view between) {
  std::string text = annotation_of<First>::text();
  ((text.append(between).append(annotation_of<Others>::text())), ...);
  return text;
}

template <class... Ts>
struct annotation_of<std::variant<Ts...>> {
  static std::string text() { return join_annotations<Ts...>(" | "); }
  static void add_classes(python_classes& to) { (annotation_of<Ts>::add_classes(to), ...); }
};
template <class... Items>
struct annotation_of<std::tuple<Items...>> {
  static std::string text() { return "tuple[" + join_annotations<Items...>(", ") + ']'; }
  static void add_classes(python_classes& to) { (annotation_of<Items>::add_classes(to), ...); }
};
template <>
struct annotation_of<std::tuple<>> {
  static std::string text() { return "tuple[()]"; }
  static void add_classes(python_classes&) {}
};
template <class First, class Second>
struct annotation_of<std::pair<First, Second>> {
  static std::string text() { return annotation_of<std::tuple<First, Second>>::text(); }
  static void add_classes(python_classes& to) {
    annotation_of<std::tuple<First, Second>>::add_classes(to);
  }
};

}  // namespace detail

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_ANNOTATION_HPP
