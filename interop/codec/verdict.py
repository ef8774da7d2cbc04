# SPDX-License-Identifier: BSL-1.0
"""Compares what the codec and this CPython say of any bytes: whether they load, and if not, why.
What loads has to be the same graph after it went through the codec.

    PICKLED_BIN=build/dev/bin python3 -m interop.codec.verdict DIRECTORY...

compares every file in the directories and ends with 1 where the two differ.
"""

import collections
import os
import re
import struct
import subprocess
import sys

from interop.codec import inert
from interop.codec.driver import NO_EXTENSIONS, Codec

# Where neither answer is wrong: CPython goes by what an object happens to have, and the codec by
# what pickles do with it.
EITHER = {
    # SETITEM puts an item into a list by its index, APPEND a byte into a bytearray.
    ("object takes no items", "ok"),
    ("object takes no items", "IndexError"),
    ("object takes no items", "TypeError"),
    ("object takes no items", "ValueError"),
    # READONLY_BUFFER of a bytearray, which pickle writes only after NEXT_BUFFER.
    ("object has no buffer", "ok"),
    # A state for what has no attributes: what is wrong with it depends on the state.
    ("state is not a dictionary", "AttributeError"),
    # Before 3.10.
    ("memo value not found", "KeyError"),
}

# Zeros before a number of INT or LONG: the codec reads over them as CPython does from 3.14 on, to
# which they are a ValueError until then. It is asked about the pickle without them.
ZEROS = re.compile(rb"([IL][ \t\v\f\r]*[+-]?)0[0_]*(?=[1-9])")
BEFORE_314 = sys.version_info < (3, 14)

Difference = collections.namedtuple("Difference", "pickle ours cpython")


class CPython:
    """A process that loads pickles, started again whenever one was too much for it."""

    def __init__(self):
        self.process = None

    def verdict(self, data):
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, inert.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL)
        self.process.stdin.write(struct.pack("<I", len(data)) + data)
        self.process.stdin.flush()
        answer = self.process.stdout.readline().decode().strip()
        if not answer:
            self.close()
        return answer or "unknown"

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()
            self.process = None


class Judges:
    """Both, for the length of a `with` block; counts the answers that they agree about."""

    def __enter__(self):
        self.codec = Codec()
        self.cpython = CPython()
        self.agreed = collections.Counter()
        return self

    def __exit__(self, *unused):
        self.codec.close()
        self.cpython.close()

    def ours(self, data):
        """The verdict, as inert.py words it, and the reason."""
        try:
            converted = self.codec.convert(data, 5, NO_EXTENSIONS)
        except MemoryError:
            return "unknown", ""
        except Exception as error:
            return type(error).__name__, str(error)
        return self.cpython.verdict(converted), ""

    def compare(self, data):
        """A Difference, or None."""
        cpython = self.cpython.verdict(data)
        ours, text = self.ours(data)
        name = ours.split()[0]
        if "unknown" in (cpython, ours):
            self.agreed["unknown"] += 1
        elif cpython.startswith("ValueError") and BEFORE_314 and ZEROS.search(data):
            return self.compare(ZEROS.sub(rb"\1", data))
        elif name == "ok":
            if ours != cpython:
                return Difference(data, ours, cpython)
            self.agreed["ok"] += 1
        elif name in cpython.split() or (text.split(" at byte ")[0], cpython.split()[0]) in EITHER:
            self.agreed[name] += 1
        else:
            return Difference(data, "%s: %s" % (name, text), cpython)
        return None


def files(directories):
    for directory in directories:
        for name in sorted(os.listdir(directory)):
            path = os.path.join(directory, name)
            with open(path, "rb") as file:
                yield path, file.read()


def main(directories):
    differences = 0
    with Judges() as judges:
        for path, data in files(directories):
            difference = judges.compare(data)
            if difference is not None:
                differences += 1
                print("%s: %s; CPython: %s" % (path, difference.ours, difference.cpython))
    agreed = ", ".join("%d %s" % (n, name) for name, n in judges.agreed.most_common())
    print("verdicts: %d differences; agreed: %s" % (differences, agreed))
    return 1 if differences or not judges.agreed["ok"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
