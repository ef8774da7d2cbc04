# SPDX-License-Identifier: BSL-1.0
"""A stock pool whose workers are C++: shapes_worker.cpp, with the module that it wrote.

    shapes_worker --python-stubs > shapes.py
    python3 shapes_pool.py shapes_worker
"""

import multiprocessing
import sys

import shapes

if __name__ == '__main__':
    context = multiprocessing.get_context('spawn')
    context.set_executable(sys.argv[1])
    with context.Pool(4) as pool:
        print(pool.starmap(shapes.area, [(1, 2), (3, 4), (5, 6)]))
