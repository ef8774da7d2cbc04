// SPDX-License-Identifier: BSL-1.0

// What a C++ function that Python calls is called with: its parameters by name, with defaults and
// annotations. A call is bound as Python binds it, by position, by name and by default, with its
// TypeErrors; then each argument becomes what its C++ type says.

#ifndef PICKLED_CONVERT_SIGNATURE_HPP
#define PICKLED_CONVERT_SIGNATURE_HPP

#include "pickled/convert/annotation.hpp"
#include "pickled/convert/convert.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// A parameter's name, and what it is where a call leaves it out.
class parameter {
 public:
  parameter(const char* name) : name_(name) {}
  template <class T>
  parameter(std::string_view name, const T& otherwise)
      : name_(name), otherwise_(to_value(otherwise)) {}

  const std::string& name() const noexcept { return name_; }
  const std::optional<value>& otherwise() const noexcept { return otherwise_; }

 private:
  std::string name_;
  std::optional<value> otherwise_;
};

namespace detail {

// Whether Python takes it for one name: "area", "__len__", and none of its keywords.
bool is_identifier(std::string_view name);
// "class", "lambda".
bool is_keyword(std::string_view name);

// Of the parameters of a C++ function, and of its result.
template <class R, class... Args>
std::vector<std::string> annotations_of() {
  return {annotation_of<std::remove_cvref_t<Args>>::text()...,
          annotation_of<std::remove_cvref_t<R>>::text()};
}
// The described classes that these annotations name.
template <class R, class... Args>
void add_classes_of(python_classes& to) {
  (annotation_of<std::remove_cvref_t<Args>>::add_classes(to), ...);
  annotation_of<std::remove_cvref_t<R>>::add_classes(to);
}

}  // namespace detail

class signature {
 public:
  // A method has a self, which no parameter names, but which texts of TypeErrors count.
  enum class form : std::uint8_t { function, method };

  // `name` is what errors call it: "area", "Account.deposit". `parameters` names all of them in
  // order, or none; `annotations` are of the parameters, and then of the result. Throws
  // std::invalid_argument where the names are more or fewer, are no names or keywords of Python's,
  // two of them are the same, or one without a default follows one with it.
  signature(std::string name, std::vector<std::string> annotations,
            std::vector<parameter> parameters, form how = form::function);
  const std::string& name() const noexcept { return name_; }
  // Without names they are taken by position alone.
  bool named() const noexcept { return named_; }
  std::span<const parameter> parameters() const noexcept { return parameters_; }
  // Of the result.
  const std::string& result() const noexcept { return annotations_.back(); }
  // "(w: float, h: float = 1.0) -> float"; of a method "(self, w: float) -> None".
  std::string text() const;
  // The default of a parameter as Python writes it; "..." where it has no literal. Precondition: it
  // has one.
  static std::string default_text(const parameter& p);

  // An argument for each parameter. Throws python_error TypeError where they do not fit.
  std::vector<value_view> bind(std::span<const value_view> args,
                               std::span<const dict_entry> kwds) const;

  // Calls `f` with what bind() gave, each read as the type that `Args` says, and returns `then` of
  // its result, or of nothing. What the result refers to may be a part of an argument. Throws
  // python_error TypeError for an argument that does not fit its type, and what `f` throws.
  template <class... Args, class F, class Then>
  auto call(F&& f, std::span<const value_view> bound, Then&& then) const {
    return call_with<Args...>(f, bound, then, std::index_sequence_for<Args...>());
  }

  // Reads what bind() gave, as call() does.
  template <class... Types>
  void read([[maybe_unused]] std::span<const value_view> bound,
            std::tuple<Types...>& arguments) const {
    [[maybe_unused]] std::size_t index = 0;
    std::apply([&](auto&... each) { (read_argument(index++, bound, each), ...); }, arguments);
  }

 private:
  template <class T>
  void read_argument(std::size_t index, std::span<const value_view> bound, T& argument) const {
    try {
      from_value(bound[index], argument);
    } catch (const conversion_error& error) {
      refuse_argument(index, error);
    }
  }
  template <class... Args, class F, class Then, std::size_t... Index>
  auto call_with(F& f, std::span<const value_view> bound, Then& then,
                 std::index_sequence<Index...>) const {
    std::tuple<std::remove_cvref_t<Args>...> arguments;
    read(bound, arguments);
    if constexpr (std::is_void_v<std::invoke_result_t<F&, Args...>>) {
      f(static_cast<Args&&>(std::get<Index>(arguments))...);
      return then();
    } else {
      return then(f(static_cast<Args&&>(std::get<Index>(arguments))...));
    }
  }
  [[noreturn]] void refuse_argument(std::size_t index, const conversion_error& error) const;

  std::string name_;
  std::vector<std::string> annotations_;
  std::vector<parameter> parameters_;
  bool named_;
  form form_;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_SIGNATURE_HPP
