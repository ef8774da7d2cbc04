# SPDX-License-Identifier: BSL-1.0
"""What interop/codec/test_values.py asks of the CPythons of this machine, of one in WebAssembly.

All pickles go through the codec at once, since that CPython cannot talk to a running process.
"""

import pickle
import struct
import sys
import warnings

from interop.codec.driver import LIKE_CPYTHON, MALFORMED, REFUSED, same_graph
from interop.codec.test_values import ATTRIBUTES, exceptions, pickles


def converted(run_program, requests):
    """The answers to (pickle, protocol, flags), each a status and bytes."""
    asked = b"".join(struct.pack("<BBII", to, flags, 0, len(data)) + data
                     for data, to, flags in requests)
    answers = run_program("codec_driver", asked)
    at = 0
    for _ in requests:
        status, size = struct.unpack_from("<BI", answers, at)
        at += 5 + size
        yield status, answers[at - size:at]


def main(run_program):
    warnings.simplefilter("ignore")
    print("with CPython", sys.version)
    # Protocols before 3 know an OSError by its errno, and WebAssembly numbers those otherwise.
    given = [each for each in pickles() if each[0] != "os errors"]
    requests, wanted = [], []
    for name, protocol, data in given:
        for to in range(pickle.HIGHEST_PROTOCOL + 1):
            requests.append((data, to, 0))
            wanted.append((name, protocol, to, data))
        if name not in ATTRIBUTES or protocol >= 4:
            requests.append((data, protocol, LIKE_CPYTHON))
            wanted.append((name, protocol, "the same bytes", data))
    for name, protocol, expected, data in exceptions():
        requests.append((data, protocol, LIKE_CPYTHON))
        wanted.append((name, 4, "the same bytes", expected))
    failures = 0
    for (name, protocol, to, data), (status, result) in zip(
            wanted, converted(run_program, requests), strict=True):
        if status in (MALFORMED, REFUSED):
            problem = result
        elif to == "the same bytes":
            problem = None if result == data else result
        else:
            problem = None if same_graph(pickle.loads(data), pickle.loads(result)) else result
        if problem is not None:
            failures += 1
            print("%s, protocol %s, to %s: %r came back as %r" % (name, protocol, to, data, problem))
    print("%d of %d pickles differ" % (failures, len(wanted)))
    return 1 if failures or not wanted else 0
