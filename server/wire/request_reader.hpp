// SPDX-License-Identifier: BSL-1.0

// What a peer asks, from bytes to a frozen request: as a pickle or in XML-RPC, whichever it speaks,
// within the limits of the server.

#ifndef PICKLED_SERVER_WIRE_REQUEST_READER_HPP
#define PICKLED_SERVER_WIRE_REQUEST_READER_HPP

#include "connection/message.hpp"
#include "frozen/freezer.hpp"
#include "pickled/python/python_error.hpp"
#include "server/context.hpp"
#include "server/wire/token_writer.hpp"

#include <memory>
#include <optional>
#include <string>

namespace pickled::inline v0::detail {

// Why there is no request.
struct refused_request {
  std::string line;  // as the last of a traceback
  // Set where the caller of a method is to get an exception, not the RemoteError of a traceback.
  std::optional<python_error> exception;
};

// Used by one thread at a time.
class request_reader {
 public:
  // Both must outlive it. The addresses in the tokens of requests go to `tokens`.
  request_reader(context& host, token_writer& tokens);
  request_reader(const request_reader&) = delete;
  request_reader& operator=(const request_reader&) = delete;

  // What is asked for, in `request`, whose memory is used again, or why nothing is. Throws nothing
  // but std::bad_alloc. `memory` is what the message lies in, if the request may keep that, or else
  // empty; apart from that it refers to no byte of `message`.
  std::optional<refused_request> read(bytes_view message, buffer& memory, frozen_request& request);

 private:
  std::optional<refused_request> freeze(bytes_view message, buffer& memory,
                                        frozen_request& request);
  std::optional<std::string> refused_global(bytes_view message) const;
  std::shared_ptr<void> resolve(const token_view& token);

  context& host_;
  token_writer& tokens_;
  freeze_options freezing_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_WIRE_REQUEST_READER_HPP
