// SPDX-License-Identifier: BSL-1.0

// What a manager's `start()` asks of the process that it starts: the target
// `getattr(ManagerClass, '_run_server')` and its arguments. Mirrors BaseManager.start and
// BaseManager._run_server.

#ifndef PICKLED_PROCESS_RUN_SERVER_HPP
#define PICKLED_PROCESS_RUN_SERVER_HPP

#include "pickled/connection/address.hpp"
#include "pickled/value/value.hpp"

#include <optional>
#include <string>

PICKLED_BEGIN_NAMESPACE

// What signal.signal(number, SIG_IGN or SIG_DFL) asks for.
struct signal_disposition {
  int number = 0;
  bool ignored = false;  // else what the system does by default
  friend bool operator==(const signal_disposition&, const signal_disposition&) = default;
};

// What becomes of initializers that only a Python could call.
enum class initializers { refused, skipped };

struct run_server_arguments {
  value registry;  // a dict: typeid -> (callable, exposed, method_to_typeid, proxytype)
  std::optional<address> where;  // without it, a unix socket with a name that it picks itself
  std::string authkey;
  int writer;                                   // the descriptor that wants to be sent the address
  std::optional<std::string> tempdir;           // of the family, where there is one
  std::optional<signal_disposition> on_signal;  // what the initializer means
  std::string skipped_initializer;              // its text; empty where there is none
};

// Of the process object; nullopt where it is not a manager's server. Throws std::runtime_error
// where it is one that runs only in Python: with an initializer that means nothing here and is to
// be refused. The serializer is the client's.
std::optional<run_server_arguments> read_run_server(const value& process,
                                                    initializers unknown = initializers::refused);

// Sends `bound` to the process that waits for it, in a frame, and closes `writer`. Throws
// std::system_error.
void send_address(int writer, const address& bound);

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_RUN_SERVER_HPP
