// SPDX-License-Identifier: BSL-1.0

// The functions that a C++ worker offers to Python, by the names by which Python pickles them:
//
//   pickled::functions functions;
//   functions.add("shapes.area", [](double w, double h) { return w * h; }, {"w", {"h", 1.0}},
//                 "The area of a rectangle.");
//
// Arguments and results are converted as convert/convert.hpp says; a call is bound as Python binds
// it, by position, by name and by default.

#ifndef PICKLED_PROCESS_FUNCTIONS_HPP
#define PICKLED_PROCESS_FUNCTIONS_HPP

#include "pickled/convert/signature.hpp"
#include "pickled/value/value.hpp"

#include <exception>
#include <functional>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

class function {
 public:
  using body =
      std::function<value_view(const function&, std::span<const value_view>, value_builder&)>;

  // "shapes.area".
  const std::string& name() const noexcept { return name_; }
  // What stands before the function, or before the class whose method it is: the first part with a
  // capital letter at its beginning, "shapes.Square.area".
  std::string_view module() const noexcept;
  std::string_view short_name() const noexcept;  // what comes after the last dot
  const std::string& doc() const noexcept { return doc_; }
  // "(w: float, h: float = 1.0) -> float".
  std::string signature() const { return parameters_.text(); }
  // Adds the classes that the signature names and C++ describes.
  void add_classes(detail::python_classes& to) const { add_classes_(to); }

  // Throws python_error: a TypeError where the arguments do not fit, and whatever the function
  // threw (see to_python_error); multiprocessing.pool.MaybeEncodingError where its result cannot be
  // pickled. The result is built by `b`, but what it refers to may lie in the arguments.
  value_view operator()(std::span<const value_view> args, std::span<const dict_entry> kwds,
                        value_builder& b) const;

 private:
  friend class functions;
  function(std::string_view name, std::vector<std::string> annotations,
           std::initializer_list<parameter> parameters, std::string_view doc,
           void (*add_classes)(detail::python_classes&), body run);

  [[noreturn]] void refuse_result(const std::exception_ptr& why) const;

  std::string name_;
  pickled::signature parameters_;
  std::string doc_;
  void (*add_classes_)(detail::python_classes&);
  body run_;
};

class functions {
 public:
  // `f` is anything that can be called in one way: a lambda, a function, an object. `parameters`
  // names all of its parameters in order, or none. Throws std::invalid_argument where they are
  // more or fewer, one without a default follows one with it, `name` is no dotted name of Python's
  // or is taken.
  template <class F>
  functions& add(std::string_view name, F f, std::initializer_list<parameter> parameters = {},
                 std::string_view doc = {}) {
    return add_callable(name, std::function(std::move(f)), parameters, doc);
  }

  // nullptr where there is none of that name: "shapes.area", or "shapes.Square.area" for a method
  // of a class.
  const function* find(std::string_view name) const;
  // In order of their names.
  const std::map<std::string, function, std::less<>>& all() const noexcept { return all_; }

 private:
  template <class R, class... Args>
  functions& add_callable(std::string_view name, std::function<R(Args...)> f,
                          std::initializer_list<parameter> parameters, std::string_view doc) {
    const auto run = [f = std::move(f)](const function& self, std::span<const value_view> bound,
                                        value_builder& b) {
      return self.parameters_.call<Args...>(f, bound, [&](const auto&... result) -> value_view {
        if constexpr (sizeof...(result) == 0) {
          return value_view();
        } else {
          try {
            return to_value(result..., b);
          } catch (const std::exception&) {
            self.refuse_result(std::current_exception());
          }
        }
      });
    };
    return insert(function(name, detail::annotations_of<R, Args...>(), parameters, doc,
                           detail::add_classes_of<R, Args...>, run));
  }
  functions& insert(function f);

  std::map<std::string, function, std::less<>> all_;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_FUNCTIONS_HPP
