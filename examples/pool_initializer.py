# SPDX-License-Identifier: BSL-1.0
"""A C++ function as the initializer of every worker of a stock pool."""

import multiprocessing
import sys

import dice

if __name__ == '__main__':
    context = multiprocessing.get_context('spawn')
    context.set_executable(sys.argv[1])
    with context.Pool(2, initializer=dice.use, initargs=(20,)) as pool:
        print(pool.starmap(dice.sides, [()] * 4))
