# SPDX-License-Identifier: BSL-1.0
"""What a C++ function throws is raised by a stock pool, which goes on."""

import multiprocessing
import sys

import dice

if __name__ == '__main__':
    context = multiprocessing.get_context('spawn')
    context.set_executable(sys.argv[1])
    with context.Pool(2) as pool:
        for arguments in (-1,), ('two',), (1, 2):
            try:
                pool.apply(dice.throw, arguments)
            except (TypeError, ValueError) as error:
                print('%s: %s' % (type(error).__name__, error))
                print(str(error.__cause__).splitlines()[3].split(', ')[-1])
        print(len(pool.apply(dice.throw, (3,))))
