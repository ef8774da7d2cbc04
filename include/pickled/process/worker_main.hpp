// SPDX-License-Identifier: BSL-1.0

// A C++ program as a worker of Python's: the whole of its main.
//
//   int main(int argc, char** argv) {
//     pickled::functions functions;
//     functions.add("shapes.area", [](double w, double h) { return w * h; }, {"w", "h"});
//     return pickled::worker_main(argc, argv, functions);
//   }
//
// A stock spawn context with set_executable('./program') then starts it for Pool,
// ProcessPoolExecutor and Process, and what it has of Python's names runs in it. Whatever else is
// started from that executable, managers and the resource tracker among them, is passed on to a
// real Python. Mirrors multiprocessing.spawn.spawn_main.

#ifndef PICKLED_PROCESS_WORKER_MAIN_HPP
#define PICKLED_PROCESS_WORKER_MAIN_HPP

#include "pickled/process/functions.hpp"

PICKLED_BEGIN_NAMESPACE

// Whether it was CPython, or a pool of ours, that started this program, for a program that does
// other things too. Mirrors spawn.is_forking.
bool is_forking(int argc, const char* const* argv);

// Returns the exit code, once there is nothing more to do. Started by a person it tells what it
// offers: --help, --list, --python-stubs [MODULE]. Errors go to stderr; nothing is thrown.
//
// A worker of a pool or an executor ends at once when the process that started it has died. What
// functions it has is for the worker to know: an unknown one is answered by AttributeError.
int worker_main(int argc, const char* const* argv, const functions& offered);

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_WORKER_MAIN_HPP
