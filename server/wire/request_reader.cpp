// SPDX-License-Identifier: BSL-1.0

#include "server/wire/request_reader.hpp"

#include "connection/reply.hpp"
#include "connection/xml_rpc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

namespace pickled::inline v0::detail {

namespace {

constexpr std::size_t least_request = std::size_t{64} << 10;  // bytes

refused_request refusal(const load_error& error) {
  refused_request refused{error_line(error), std::nullopt};
  if (error.code == pickle_errc::too_large)
    refused.exception.emplace("MemoryError", error.message());
  return refused;
}

}  // namespace

request_reader::request_reader(context& host, token_writer& tokens) : host_(host), tokens_(tokens) {
  freezing_.max_depth = host.options.max_depth;
  freezing_.resolve = [this](const token_view& token) { return resolve(token); };
}

std::optional<refused_request> request_reader::read(bytes_view message, buffer& memory,
                                                    frozen_request& request) {
  if (!is_xml_rpc(message)) return freeze(message, memory, request);
  try {
    buffer pickle = pickle_of_xml_rpc(message, host_.options.max_message, host_.options.max_depth);
    const bytes_view all = pickle;
    return freeze(all, pickle, request);
  } catch (const python_error& error) {
    return refused_request{error_line(error), std::nullopt};
  } catch (const std::bad_alloc&) {
    return refusal({pickle_errc::too_large});
  }
}

std::optional<refused_request> request_reader::freeze(bytes_view message, buffer& memory,
                                                      frozen_request& request) {
  if (auto line = refused_global(message)) return refused_request{*std::move(line), std::nullopt};
  // Requests that free memory, as pop and decref, are short, and read also when it is used up.
  freezing_.max_memory = std::min<std::size_t>(host_.options.max_message,
                                               std::max(host_.memory_left(), least_request));
  if (message.size() > freezing_.max_memory) return refusal({pickle_errc::too_large});
  const load_error error = freeze_request(message, freezing_, request, &memory);
  if (error) return refusal(error);
  return std::nullopt;
}

// The line that says why the message's globals are not taken, or that they cannot be read.
std::optional<std::string> request_reader::refused_global(bytes_view message) const {
  if (!host_.allowed.restricts()) return std::nullopt;
  load_options limits;
  limits.max_memory = host_.options.max_message;
  limits.max_depth = host_.options.max_depth;
  std::string refused;
  const load_error error = host_.allowed.check(message, limits, refused);
  if (!refused.empty()) return fmt::format("_pickle.UnpicklingError: {} is not allowed", refused);
  if (error) return error_line(error);
  return std::nullopt;
}

// Objects are known by their idents, which cannot be guessed; the address beside it is how this
// peer calls us.
std::shared_ptr<void> request_reader::resolve(const token_view& token) {
  std::shared_ptr<referent> object = host_.objects.find(token.ident);
  if (object != nullptr)
    if (auto spelled = read_address(token.address)) tokens_.set_address(std::move(*spelled));
  return object;
}

}  // namespace pickled::inline v0::detail
