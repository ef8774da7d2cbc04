// SPDX-License-Identifier: BSL-1.0

// Which pickled this is, by semantic versions; the build reads it here, too.

#ifndef PICKLED_VERSION_HPP
#define PICKLED_VERSION_HPP

#define PICKLED_VERSION_MAJOR 0
#define PICKLED_VERSION_MINOR 2
#define PICKLED_VERSION_PATCH 0
#define PICKLED_VERSION_STRING "0.2.0"

#endif  // PICKLED_VERSION_HPP
