// SPDX-License-Identifier: BSL-1.0

// One row of a type's method table: what a method is called, what it does, and what it asks of the
// server. `exposed` is read off the tables.

#ifndef PICKLED_SERVER_TYPES_METHOD_ENTRY_HPP
#define PICKLED_SERVER_TYPES_METHOD_ENTRY_HPP

#include <cstdint>
#include <string_view>

namespace pickled::inline v0::detail {

class call;
class hosted;

// What a method asks of the server. There is no default: an entry that says nothing does not
// compile, so that no type can forget what others have to be spared.
enum class needs : std::uint16_t {
  little = 0,
  memory = 1,       // keeps what it is given: refused while the server's memory is used up
  waiting = 2,      // may wait for others, or is granted what can be given back
  whole = 4,        // works in proportion to the object,
  slices = 8,       // or so where its first argument is no index
  key = 16,         // works in proportion to its first argument, which it hashes
  arguments = 32,   // or to all of them, and to the objects that they are proxies of
  no_steps = 64,    // runs under the mutex as a whole even so
  tickets = 128,    // may be given what can be received once, since that is given out once
  unbounded = 256,  // works in proportion to more than the object and the arguments hold
};

constexpr needs operator|(needs a, needs b) noexcept {
  return static_cast<needs>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool has(needs all, needs any) noexcept {
  return (static_cast<unsigned>(all) & static_cast<unsigned>(any)) != 0;
}

struct method_entry {
  using function_type = void (*)(hosted& self, call& c);

  constexpr method_entry(std::string_view name, function_type function, needs what) noexcept
      : name(name), function(function), what(what) {}

  std::string_view name;
  function_type function;
  needs what;

  // Whether it takes the object's mutex for single steps of its own (hosted::step), since the rest
  // of its work may be long. Any other method runs under the mutex as a whole.
  constexpr bool takes_steps() const noexcept {
    return has(what, needs::whole | needs::slices | needs::key | needs::arguments) &&
           !has(what, needs::no_steps);
  }
};

// {"append", method<&list_object::append>, needs::memory}
template <auto Function>
struct method_of;
template <class Type, void (Type::*Function)(call&)>
struct method_of<Function> {
  static void invoke(hosted& self, call& c) { (static_cast<Type&>(self).*Function)(c); }
};
template <auto Function>
inline constexpr auto method = &method_of<Function>::invoke;

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_METHOD_ENTRY_HPP
