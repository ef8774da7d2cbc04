# SPDX-License-Identifier: BSL-1.0
"""Random numbers in workers: a seed a task gives the same whoever runs it."""

import multiprocessing
import sys

import dice

if __name__ == '__main__':
    context = multiprocessing.get_context('spawn')
    context.set_executable(sys.argv[1])
    with context.Pool(1) as one, context.Pool(3) as three:
        seeds = [(seed, 5) for seed in range(12)]
        alone = one.starmap(dice.throw_seeded, seeds)
        print(alone == three.starmap(dice.throw_seeded, seeds, chunksize=1))
        print(len({tuple(throws) for throws in alone}))
