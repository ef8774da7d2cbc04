// SPDX-License-Identifier: BSL-1.0

// multiprocessing's processes and what they share, for C++: workers that Python starts, processes
// and pools of Python's and of C++'s, channels, locks and shared memory. The records of Python's
// logging are apart, in <pickled/process/logging.hpp>, for it needs spdlog.

#ifndef PICKLED_PROCESS_HPP
#define PICKLED_PROCESS_HPP

#include "pickled/process/barrier.hpp"
#include "pickled/process/current_process.hpp"
#include "pickled/process/functions.hpp"
#include "pickled/process/listener.hpp"
#include "pickled/process/pipe.hpp"
#include "pickled/process/pool.hpp"
#include "pickled/process/process.hpp"
#include "pickled/process/python.hpp"
#include "pickled/process/queues.hpp"
#include "pickled/process/shareable_list.hpp"
#include "pickled/process/shared_memory.hpp"
#include "pickled/process/sharedctypes.hpp"
#include "pickled/process/synchronize.hpp"
#include "pickled/process/worker_main.hpp"
#include "pickled/version.hpp"

#endif  // PICKLED_PROCESS_HPP
