# SPDX-License-Identifier: BSL-1.0
"""The functions of bench/pools.py, for CPython's workers; those in C++ have their own."""


def nothing(n):
    return n


def same(text):
    return text


def fill(queue, count):
    for i in range(count):
        queue.put(i)
