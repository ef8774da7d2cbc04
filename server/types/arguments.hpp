// SPDX-License-Identifier: BSL-1.0

// The arguments of one call, checked and bound as CPython would, with its TypeErrors: the texts
// differ between functions written in C, operators of C types and functions written in Python,
// hence the families below. Of texts that differ by version the newest is given.

#ifndef PICKLED_SERVER_TYPES_ARGUMENTS_HPP
#define PICKLED_SERVER_TYPES_ARGUMENTS_HPP

#include "pickled/frozen/frozen.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

// Every function throws python_error TypeError where CPython would.
class arguments {
 public:
  using keyword = std::pair<std::string, frozen>;

  arguments() = default;
  arguments(std::vector<frozen> positional, std::vector<keyword> keywords = {})
      : positional_(std::move(positional)), keywords_(std::move(keywords)) {}

  std::span<frozen> positional() noexcept { return positional_; }
  std::span<const frozen> positional() const noexcept { return positional_; }
  std::span<keyword> keywords() noexcept { return keywords_; }
  std::span<const keyword> keywords() const noexcept { return keywords_; }
  // They are done with, but for the memory that the positional ones took.
  std::vector<frozen> leave_memory() && noexcept {
    positional_.clear();
    return std::move(positional_);
  }

  // How many bytes may be made of them beyond their own.
  std::size_t room() const noexcept { return room_; }
  void set_room(std::size_t bytes) noexcept { room_ = bytes; }

  // Functions written in C, which take no keywords; `qualified` is "list.append".
  // "list.append() takes no keyword arguments", "list.reverse() takes no arguments (1 given)".
  void take_none(std::string_view qualified);
  // "list.append() takes exactly one argument (2 given)".
  frozen& take_one(std::string_view qualified);
  // "pop expected at most 1 argument, got 2", "insert expected 2 arguments, got 1".
  std::span<frozen> take_between(std::string_view qualified, std::size_t least, std::size_t most);
  // Any number of them, but no keywords.
  std::span<frozen> take_all(std::string_view qualified);

  // Operators of C types: "wrapper __len__() takes no keyword arguments",
  // "expected 0 arguments, got 1".
  std::span<frozen> take_slot(std::string_view name, std::size_t count);
  // The same of those that CPython unpacks as a tuple without a name, __setitem__ and __mul__ among
  // them: " expected 2 arguments, got 1", with the space.
  std::span<frozen> take_unnamed_slot(std::string_view name, std::size_t count);

  // Functions written in Python: binds positional and keyword arguments to parameters; a parameter
  // that was not given is nullptr. The first `required` must be given. A dotted name is a method,
  // whose self counts. "Queue.put() missing 1 required positional argument: 'item'",
  // "Queue.get() got an unexpected keyword argument 'x'",
  // "Queue.get() takes from 1 to 3 positional arguments but 4 were given",
  // "Queue.put() got multiple values for argument 'item'".
  template <std::size_t Count>
  std::array<frozen*, Count> bind(std::string_view qualified,
                                  const std::array<std::string_view, Count>& parameters,
                                  std::size_t required) {
    std::array<frozen*, Count> bound{};
    bind_to(qualified, parameters, required, bound);
    return bound;
  }

 private:
  void bind_to(std::string_view qualified, std::span<const std::string_view> parameters,
               std::size_t required, std::span<frozen*> bound);

  std::vector<frozen> positional_;
  std::vector<keyword> keywords_;
  std::size_t room_ = std::size_t{1} << 30;
};

// Whether it may take long to look into an argument: it is large, or has parts that stand in many
// places, which are written into every item that has them when it is cut.
bool is_large(const frozen& argument) noexcept;
// Whether it may stand for more than it holds: a proxy for an object of any size, and an instance
// for any number of items, as a range does.
bool stands_for_more(const frozen& argument) noexcept;

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_ARGUMENTS_HPP
