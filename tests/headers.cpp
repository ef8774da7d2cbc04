// SPDX-License-Identifier: BSL-1.0

// Compiled for the precompiled header, which all tests share.

#include <catch2/catch.hpp>
