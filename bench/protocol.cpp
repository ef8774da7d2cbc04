// SPDX-License-Identifier: BSL-1.0

#include "bench/protocol.hpp"

#include "connection/message.hpp"
#include "pickled/codec/pickler.hpp"
#include "pickled/connection/frame.hpp"
#include "pickled/value/arena.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

constexpr std::size_t frame_header_size = 4;
constexpr std::string_view line_end = "\r\n";

value_view to_value(const argument& a, value_builder& builder) {
  if (const auto* number = std::get_if<std::int64_t>(&a)) return value_view::integer(*number);
  if (const auto* text = std::get_if<std::string_view>(&a)) return builder.str(*text);
  return builder.bytes(std::get<bytes_view>(a));
}

std::size_t frame_size(bytes_view received) {
  if (received.size() < frame_header_size) return 0;
  std::size_t payload = 0;
  for (const std::byte b : received.first(frame_header_size))
    payload = payload << 8 | std::to_integer<std::size_t>(b);
  return frame_header_size + payload;
}

// "+OK", "-ERR ...", ":1", or "$5" and a text of five bytes; each has a line of its own.
std::size_t redis_reply_size(bytes_view received) {
  const std::string_view text = as_text(received);
  const std::size_t end = text.find(line_end);
  if (end == std::string_view::npos) return 0;
  const std::size_t line = end + line_end.size();
  if (text.front() != '$') return line;
  std::int64_t size = -1;
  std::from_chars(text.data() + 1, text.data() + end, size);
  return size < 0 ? line : line + static_cast<std::size_t>(size) + line_end.size();
}

}  // namespace

buffer manager_request(std::string_view ident, std::string_view method,
                       std::initializer_list<argument> args) {
  arena memory;
  value_builder builder(memory);
  std::vector<value_view> given;
  for (const argument& a : args)
    given.push_back(to_value(a, builder));
  const value_view whole[] = {ident.empty() ? value_view::none() : builder.str(ident),
                              builder.str(method), builder.tuple(given), builder.dict({})};
  dump_options as_stock;
  as_stock.like_cpython = true;
  const buffer pickle = dumps(builder.tuple(whole), as_stock);
  buffer framed;
  framed.append(frame_header(pickle.size()).view());
  framed.append(pickle.view());
  return framed;
}

buffer redis_command(std::initializer_list<bytes_view> words) {
  buffer command;
  command.append(fmt::format("*{}{}", words.size(), line_end));
  for (const bytes_view word : words) {
    command.append(fmt::format("${}{}", word.size(), line_end));
    command.append(word);
    command.append(line_end);
  }
  return command;
}

std::size_t reply_size(protocol spoken, bytes_view received) {
  return spoken == protocol::manager ? frame_size(received) : redis_reply_size(received);
}

void check_reply(protocol spoken, bytes_view reply) {
  // Every pickle of a reply begins with its kind, behind at most PROTO and FRAME.
  constexpr std::size_t begins_within = 32;
  const std::string_view text = as_text(reply.first(std::min(reply.size(), begins_within)));
  const bool good = spoken == protocol::manager ? text.find("#RETURN") != std::string_view::npos
                                                : text.front() != '-' && !text.starts_with("$-1");
  if (!good)
    throw std::runtime_error(
        fmt::format("the server refused a request: {}",
                    as_text(reply.first(std::min<std::size_t>(reply.size(), 300)))));
}

std::string created_ident(bytes_view payload) {
  reply created;
  if (const auto error = read_reply(payload, created)) throw std::runtime_error(error.message());
  return std::string(created.payload->as_items().front().as_str());
}

}  // namespace pickled::inline v0::detail
