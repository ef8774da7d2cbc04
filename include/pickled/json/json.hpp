// SPDX-License-Identifier: BSL-1.0

// Values as JSON and back, without loss.
//
//   None, True, "text", 1.5          null, true, "text", 1.5
//   ints of 64 bits, signed or not   numbers without a point
//   [x, y]                           [x, y]
//   {"a": x}                         {"a": x}
//
// Everything else is an object of one member whose name begins with "$":
//
//   {"$dict": [[key, value], …]}     a dict with a key that is no str, that begins with "$", or
//                                    that came twice
//   {"$tuple": […]}, {"$set": […]}, {"$frozenset": […]}
//   {"$int": "18446744073709551616"} other ints; beyond 4300 digits as "0x…" or "-0x…"
//   {"$float": "nan"}                or "inf", "-inf"; "7ff8000000000001" for any other NaN
//   {"$complex": [real, imag]}
//   {"$str": "…"}                    a str with lone surrogates: base64 of its UTF-8
//   {"$bytes": "…"}, {"$bytearray": "…"}   base64
//   {"$global": ["module", "name"]}  a class, function or constant; names with lone surrogates
//                                    are {"$str": "…"}
//   {"$reduce": {"callable": x, "args": x, "changes": [["build", state], ["append", x],
//                ["setitem", key, x], ["additem", x], ["call", x]]}}
//                                    an instance; also {"$newobj": …}, {"$inst": …} and, with
//                                    "kwargs", {"$newobj_ex": …}. "changes" only where there are
//                                    any
//   {"$extension": code}, {"$persistent": id}
//   {"$def": [n, x]}, {"$ref": n}    an object that stands in several places or contains itself,
//                                    where it comes first, and wherever it comes again

#ifndef PICKLED_JSON_JSON_HPP
#define PICKLED_JSON_JSON_HPP

#include "pickled/value/error.hpp"
#include "pickled/value/value.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <system_error>

PICKLED_BEGIN_NAMESPACE

struct json_options {
  std::size_t max_depth = 500;  // nested containers and instances, in a value or in the JSON
};

// What cannot be converted; of JSON also where: "$[3]['$bytes']: not base64".
class json_error : public std::runtime_error, public error {
 public:
  using runtime_error::runtime_error;
  const std::error_code& code() const noexcept override { return code_; }
  const char* what() const noexcept override { return runtime_error::what(); }

 private:
  std::error_code code_ = pickle_errc::not_json;
};

// Throws json_error for a value that is too deep, and for proxies and out-of-band buffers, which
// mean nothing outside their stream.
nlohmann::ordered_json to_json(value_argument v, const json_options& options = {});
// The same with an error instead; null is returned then.
nlohmann::ordered_json to_json(value_argument v, std::error_code& error,
                               const json_options& options = {});

// The same value again. Throws json_error for what to_json does not write.
value from_json(const nlohmann::ordered_json& json, const json_options& options = {});
// The same with an error instead; None is returned then.
value from_json(const nlohmann::ordered_json& json, std::error_code& error,
                const json_options& options = {});

PICKLED_END_NAMESPACE

#endif  // PICKLED_JSON_JSON_HPP
