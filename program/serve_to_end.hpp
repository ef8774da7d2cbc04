// SPDX-License-Identifier: BSL-1.0

// How a server's program ends: in order and at once, whatever its clients are about.
//
//   a signal, a client's shutdown, or nobody left ──▶ replies go out ──▶ files are removed ──▶ exit
//                          another signal meanwhile ──▶ files are removed ──▶ exit at once

#ifndef PICKLED_PROGRAM_SERVE_TO_END_HPP
#define PICKLED_PROGRAM_SERVE_TO_END_HPP

#include "server/server.hpp"

#include <functional>
#include <vector>

namespace pickled::inline v0::detail {

// Runs `s` until one of `signals` comes, or it ends for another reason. `ready` tells whoever waits
// for the server, which from then on ends in order. `remove_files` removes what
// the program itself has made in the file system; it may be called twice. A call that still runs is
// not waited for, since nobody will be told what comes of it: then this does not return, and the
// process ends with 0. On a second signal it ends with 128 and the signal's number, as a shell says
// of one that a signal has killed.
void serve_to_end(server& s, const std::vector<int>& signals, const std::function<void()>& ready,
                  const std::function<void()>& remove_files);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROGRAM_SERVE_TO_END_HPP
