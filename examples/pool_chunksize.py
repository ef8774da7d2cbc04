# SPDX-License-Identifier: BSL-1.0
"""How the chunk size of a map spreads its items over tasks and workers."""

import multiprocessing
import sys

import dice

if __name__ == '__main__':
    context = multiprocessing.get_context('spawn')
    context.set_executable(sys.argv[1])
    for size in 1, 25, 100:
        # A worker ends after each task, so that every task is somebody else's.
        with context.Pool(2, maxtasksperchild=1) as pool:
            workers = pool.starmap(dice.worker, [()] * 100, chunksize=size)
        print('chunks of %d: %d tasks' % (size, len(set(workers))))
