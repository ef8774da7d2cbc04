// SPDX-License-Identifier: BSL-1.0

// What a thread of this process is called to servers: "PROGRAM-PID|THREAD", as CPython's clients
// tell their process' name and their thread's. By it a server knows who calls from within itself.

#ifndef PICKLED_CONNECTION_THREAD_NAME_HPP
#define PICKLED_CONNECTION_THREAD_NAME_HPP

#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

// Of the calling thread; no two that live at once have the same.
std::string thread_name();
// Whether a thread of this process, as it is since the last fork, may be called so.
bool is_thread_of_process(std::string_view name);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_CONNECTION_THREAD_NAME_HPP
