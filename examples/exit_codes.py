# SPDX-License-Identifier: BSL-1.0
"""Exit codes of C++ functions in stock processes."""

import multiprocessing
import os
import sys

import dice

if __name__ == '__main__':
    context = multiprocessing.get_context('spawn')
    context.set_executable(sys.argv[1])
    for target, arguments in (dice.sides, ()), (dice.leave, (3,)), (os.abort, ()):
        process = context.Process(target=target, args=arguments)
        process.start()
        process.join()
        print(target.__name__, process.exitcode)
