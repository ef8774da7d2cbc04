// SPDX-License-Identifier: BSL-1.0

// Python's pickles as values and as C++ types: dumps and loads, streams, conversion; equal (and
// ==), less, hash and repr as Python has them. JSON is apart, in <pickled/json/json.hpp>, for it
// needs nlohmann/json.

#ifndef PICKLED_PICKLE_HPP
#define PICKLED_PICKLE_HPP

#include "pickled/codec/pickler.hpp"
#include "pickled/codec/stream.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/convert/convert.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/python/type_name.hpp"
#include "pickled/value/as_call.hpp"
#include "pickled/value/attribute.hpp"
#include "pickled/value/value.hpp"
#include "pickled/version.hpp"

#endif  // PICKLED_PICKLE_HPP
