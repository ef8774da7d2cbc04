// SPDX-License-Identifier: BSL-1.0

// A real Python for what cannot be done without one: CPython starts all its helpers from the
// executable that it was given, so those command lines come to us too, and are passed on.

#ifndef PICKLED_PROCESS_PYTHON_HPP
#define PICKLED_PROCESS_PYTHON_HPP

#include "pickled/namespace.hpp"

#include <span>
#include <string>
#include <sys/types.h>

PICKLED_BEGIN_NAMESPACE

// Where a Python is for the children of process `parent`, the first of these that there is:
//   1. $PICKLED_PYTHON, for parents that embed Python;
//   2. the Python that the parent itself runs: by the path that it was started with, which is how
//      Python finds its virtual environment, else by /proc/PID/exe;
//   3. python3 in $PATH.
// Empty where there is none.
std::string find_python(pid_t parent);

// The path of an executable, looked for in $PATH unless its name has a slash; empty where there is
// none.
std::string find_executable(const std::string& name);

// Becomes the Python of our parent, with these arguments; every descriptor that is not
// close-on-exec stays open. Throws std::runtime_error where there is none, or it does not start.
[[noreturn]] void exec_python(std::span<const std::string> arguments);

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_PYTHON_HPP
