# SPDX-License-Identifier: BSL-1.0
"""Writes disassembly.txt: pickles and what pickletools.dis prints of them.

Each case is a line with the pickle in hex, the lines of its disassembly, and an empty line.
"""

import collections
import datetime
import io
import os
import pickle
import pickletools


class Recursive:
    pass


def cases():
    values = [
        None, True, 0, 255, 256, 70000, -1, 2 ** 40, -10 ** 30, 1.5, "", "a'b\n\u20ac", "x" * 300,
        b"ab\x00", bytearray(b"cd"), (), (1,), (1, 2, 3, 4), [1, [2, "a"]], {"a": 1, (2,): None},
        {1}, frozenset([2]), collections.Counter("ab"), datetime.date(2024, 1, 2), 1j, len,
    ]
    cyclic = []
    cyclic.append(cyclic)
    recursive = ([],)
    recursive[0].append(recursive)
    values += [cyclic, recursive]
    for value in values:
        for protocol in range(6):
            yield pickle.dumps(value, protocol)
    yield pickle.dumps([b"buffer", pickle.PickleBuffer(b"out")], 5, buffer_callback=lambda _: False)
    yield b"(S'abc\\n'\nU\x03\xe9bcT\x02\x00\x00\x00zzt."
    yield b"(cmod\nname\no."
    yield b"(imod\nname\n."
    yield b"Pid\n."
    yield b"N\x82\x01\x83\x02\x00\x84\x03\x00\x00\x00" + b"000."
    yield b"((100K\x01."


def main():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "disassembly.txt")
    with open(path, "w") as file:
        for data in cases():
            out = io.StringIO()
            try:
                pickletools.dis(data, out)
            except ValueError:
                continue
            file.write("%s\n%s\n" % (data.hex(), out.getvalue()))


if __name__ == "__main__":
    main()
