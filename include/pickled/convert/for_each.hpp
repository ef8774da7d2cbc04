// SPDX-License-Identifier: BSL-1.0

// The macros behind PICKLED_DESCRIBE: C++20 has no other way to say something of each of some
// names. PICKLED_EXPAND rescans its argument often enough for 300 names and more.

#ifndef PICKLED_CONVERT_FOR_EACH_HPP
#define PICKLED_CONVERT_FOR_EACH_HPP

#define PICKLED_PARENTHESES ()
#define PICKLED_EXPAND(...) \
  PICKLED_EXPAND_4(PICKLED_EXPAND_4(PICKLED_EXPAND_4(PICKLED_EXPAND_4(__VA_ARGS__))))
#define PICKLED_EXPAND_4(...) \
  PICKLED_EXPAND_3(PICKLED_EXPAND_3(PICKLED_EXPAND_3(PICKLED_EXPAND_3(__VA_ARGS__))))
#define PICKLED_EXPAND_3(...) \
  PICKLED_EXPAND_2(PICKLED_EXPAND_2(PICKLED_EXPAND_2(PICKLED_EXPAND_2(__VA_ARGS__))))
#define PICKLED_EXPAND_2(...) \
  PICKLED_EXPAND_1(PICKLED_EXPAND_1(PICKLED_EXPAND_1(PICKLED_EXPAND_1(__VA_ARGS__))))
#define PICKLED_EXPAND_1(...) __VA_ARGS__

// , macro(type, a) , macro(type, b) ...: for nothing, nothing.
#define PICKLED_FOR_EACH(macro, type, ...) \
  __VA_OPT__(PICKLED_EXPAND(PICKLED_NEXT(macro, type, __VA_ARGS__)))
#define PICKLED_NEXT(macro, type, first, ...) \
  , macro(type, first) __VA_OPT__(PICKLED_NEXT_AGAIN PICKLED_PARENTHESES(macro, type, __VA_ARGS__))
#define PICKLED_NEXT_AGAIN() PICKLED_NEXT

#endif  // PICKLED_CONVERT_FOR_EACH_HPP
