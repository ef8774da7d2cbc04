// SPDX-License-Identifier: BSL-1.0

// The namespace of what users may call. Libraries of two versions that cannot take each other's
// place differ in the inner name, which programs do not write; what is declared between these two
// is seen from outside of a shared library, and nothing else is. Private files reopen it by
// `namespace pickled::inline v0::detail`, which no compiler takes for another one.

#ifndef PICKLED_NAMESPACE_HPP
#define PICKLED_NAMESPACE_HPP

#define PICKLED_BEGIN_NAMESPACE \
  namespace pickled {           \
  inline namespace v0 __attribute__((visibility("default"))) {
#define PICKLED_END_NAMESPACE \
  }                           \
  }

#endif  // PICKLED_NAMESPACE_HPP
