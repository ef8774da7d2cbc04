// SPDX-License-Identifier: BSL-1.0

// pickle.dumps: a value into bytes of a chosen protocol, 0 to 5.

#ifndef PICKLED_CODEC_PICKLER_HPP
#define PICKLED_CODEC_PICKLER_HPP

#include "pickled/value/buffer.hpp"
#include "pickled/value/error.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <system_error>

PICKLED_BEGIN_NAMESPACE

struct dump_options {
  int protocol = 4;
  bool fix_imports = true;  // names of Python 2 at protocols below 3
  // FRAME, MEMOIZE and batches exactly as CPython's C pickler writes them; without it no frames,
  // and a memo entry only for what is referred to again.
  bool like_cpython = false;
  // The CPython that is meant, 3.x: up to 3.12, what a nested class lies in is put into the memo
  // below protocol 4; from 3.15 on, batches of 1000 items leave nothing empty behind them, and no
  // MARK before a single item.
  int cpython_minor = 14;
  // The persistent id of an object, or nullopt.
  std::function<std::optional<value_view>(value_view)> persistent_id;
  // The extension code of a class, or 0.
  std::function<std::int32_t(const global_name&)> extension;
  // Given each out-of-band buffer; false keeps it in band. Protocol 5 only.
  std::function<bool(const buffer_reference&)> buffer_callback;
};

// What a protocol cannot express, or no pickle can.
class pickling_error : public std::invalid_argument, public error {
 public:
  using invalid_argument::invalid_argument;
  const std::error_code& code() const noexcept override { return code_; }
  const char* what() const noexcept override { return invalid_argument::what(); }

 private:
  std::error_code code_ = pickle_errc::not_picklable;
};

// A whole pickle, PROTO to STOP. Throws pickling_error.
buffer dumps(value_argument v, const dump_options& options = {});

// The same with an error instead; nothing is returned then.
buffer dumps(value_argument v, std::error_code& error, const dump_options& options = {});

PICKLED_END_NAMESPACE

#endif  // PICKLED_CODEC_PICKLER_HPP
