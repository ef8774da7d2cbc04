# SPDX-License-Identifier: BSL-1.0
"""Talks to the program `freeze_driver` (tests/support), which freezes and splices."""

import os
import pickle
import struct
import subprocess

from interop.serving import BIN

PROGRAM = os.path.join(BIN, "freeze_driver")

# The freezer's own choice, by value, and thawing and freezing again what was frozen.
ROADS = (b"f", b"s", b"t")


class FreezeError(Exception):
    pass


class Spliced:
    """The pickles that came back for one request."""

    def __init__(self, pickles):
        self.request, self.args, self.kwds = pickles[:3]
        self.alone = pickles[3::2]
        self.slots = pickles[4::2]


class Driver:
    def __init__(self):
        self.process = subprocess.Popen(
            [PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def read_frame(self):
        (size,) = struct.unpack("!I", self.process.stdout.read(4))
        return self.process.stdout.read(size)

    def freeze(self, message, road=b"f"):
        frame = road + message
        self.process.stdin.write(struct.pack("!I", len(frame)) + frame)
        self.process.stdin.flush()
        count = int(self.read_frame())
        if count == 0:
            raise FreezeError(self.read_frame().decode())
        return Spliced([self.read_frame() for _ in range(count)])

    def roundtrip(self, value, protocol, road=b"f", dumps=pickle.dumps):
        """The pickle of `value` after it was the one argument of a request."""
        return self.freeze(dumps(("7f", "append", (value,), {}), protocol), road).alone[0]
