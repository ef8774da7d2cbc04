// SPDX-License-Identifier: BSL-1.0

// The arguments of one call, gathered from C++: args and kwds as Python passes them.
//
//   call_arguments call(1, "two", keyword{"block", false});

#ifndef PICKLED_CONVERT_CALL_ARGUMENTS_HPP
#define PICKLED_CONVERT_CALL_ARGUMENTS_HPP

#include "pickled/convert/core.hpp"
#include "pickled/value/arena.hpp"
#include "pickled/value/value.hpp"

#include <memory>
#include <string_view>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// A keyword argument: queue.call("put", 5, keyword{"block", false}).
template <class T>
struct keyword {
  std::string_view name;
  const T& argument;
};
template <class T>
keyword(std::string_view, const T&) -> keyword<T>;

class call_arguments {
 public:
  call_arguments() : arena_(std::make_shared<arena>()), builder_(*arena_) {}

  template <class T>
  void add(const T& argument) {
    args_.push_back(to_value(argument, builder_));
  }
  // Throws python_error TypeError where there is one of that name.
  template <class T>
  void add(const keyword<T>& k) {
    check_new(k.name);
    const value_view name = builder_.str(k.name);
    kwds_.push_back({name, to_value(k.argument, builder_)});
  }

  // A tuple and a dict, in the arena that everything else of the call may be built in.
  value_view args() { return builder_.tuple(args_); }
  value_view kwds() { return builder_.dict(kwds_); }
  bool has_keywords() const noexcept { return !kwds_.empty(); }
  value_builder& builder() noexcept { return builder_; }
  const std::shared_ptr<arena>& owner() const noexcept { return arena_; }

 private:
  void check_new(std::string_view name) const;

  std::shared_ptr<arena> arena_;
  value_builder builder_;
  std::vector<value_view> args_;
  std::vector<dict_entry> kwds_;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_CALL_ARGUMENTS_HPP
