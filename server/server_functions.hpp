// SPDX-License-Identifier: BSL-1.0

// The functions of the server itself, one of which every command connection asks for: CPython's
// `Server.public`. All of their failures are answered by `#TRACEBACK`.

#ifndef PICKLED_SERVER_SERVER_FUNCTIONS_HPP
#define PICKLED_SERVER_SERVER_FUNCTIONS_HPP

#include "frozen/freezer.hpp"
#include "pickled/frozen/splicer.hpp"
#include "server/context.hpp"
#include "server/objects/referent.hpp"

#include <memory>
#include <optional>
#include <string>

namespace pickled::inline v0::detail {

struct command_result {
  enum class action {
    close,         // the connection has served its purpose
    serve_client,  // it becomes a proxy connection
    shut_down,     // and with it the server ends
  };

  std::optional<spliced> reply;  // else it is None
  bool twice = false;            // what `shutdown` answers
  action then = action::close;
  // Of serve_client: what the peer's thread is called, and whether it has said that it sends
  // requests ahead of their answers.
  std::string thread = {};
  bool pipelines = false;
  // An object of which the caller has one reference more, and the ident of one of which it has one
  // less, or else None.
  std::shared_ptr<referent> counted;
  frozen uncounted;
  // To be dropped when the replies are on their way: it may take many objects with it.
  std::shared_ptr<referent> released;
};

// Whether to run it may take long enough to hold up the other sessions of its thread.
bool is_heavy(const frozen_request& request) noexcept;
// Whether it creates an object by code of the program that serves, see hosted::runs_program.
bool runs_program(const context& host, const frozen_request& request);
// Whether it may wait for the Python that verifies values.
bool loads_values(const context& host, const frozen_request& request);

command_result run_command(context& host, frozen_request request);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_SERVER_FUNCTIONS_HPP
