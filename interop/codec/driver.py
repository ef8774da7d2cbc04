# SPDX-License-Identifier: BSL-1.0
"""Pickles that went through the C++ codec, and whether two graphs of objects are the same."""

import builtins
import io
import os
import pickle
import struct
import subprocess
import sys

from interop.serving import BIN

LIKE_CPYTHON, NO_FIX_IMPORTS, NO_EXTENSIONS, LIKE_315, LIKE_312 = 1, 2, 16, 32, 64
if sys.version_info >= (3, 15):
    LIKE_CPYTHON |= LIKE_315
if sys.version_info < (3, 13):
    LIKE_CPYTHON |= LIKE_312
MALFORMED, REFUSED = 1, 2
ENCODINGS = ["ASCII", "latin1", "bytes", "utf-8"]


class Refused(Exception):
    """The codec could not write the value at the protocol that was asked for."""


def load_error(content):
    """The exception that CPython raises, as the codec names it."""
    name, text = content.decode().split("\n", 1)
    if name == "_pickle.UnpicklingError":
        return pickle.UnpicklingError(text)
    if name == "UnicodeDecodeError":
        return UnicodeDecodeError("pickle", b"", 0, 0, text)
    return getattr(builtins, name)(text)


class Codec:
    """One process of the driver; `convert` sends a pickle through it."""

    def __init__(self):
        self.process = subprocess.Popen(
            [os.path.join(BIN, "codec_driver")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def convert(self, data, protocol, flags=0, buffers=0, encoding="ASCII"):
        flags |= ENCODINGS.index(encoding) << 2
        pipe = self.process.stdin
        pipe.write(struct.pack("<BBII", protocol, flags, buffers, len(data)))
        pipe.write(data)
        pipe.flush()
        head = self.process.stdout.read(5)
        if not head:
            raise SystemExit("the codec ended with %d on %r" % (self.process.wait(), data[:1000]))
        status, size = struct.unpack("<BI", head)
        content = self.process.stdout.read(size)
        if status == MALFORMED:
            raise load_error(content)
        if status == REFUSED:
            raise Refused(content.decode())
        return content

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class GraphPickler(pickle._Pickler):
    """Writes equal bytes for equal graphs: types, values, order, and the identity of everything
    that has one in Python. Strings, numbers and flat tuples have none worth keeping."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_anonymous(self, obj):
        self.write(ascii(obj).encode() + b"\n")

    def save_tuple(self, obj):
        if all(type(item) in ATOMS for item in obj):
            self.save_anonymous(obj)
        else:
            pickle._Pickler.save_tuple(self, obj)

    def save_set(self, obj):
        """The order of two equal sets may differ, so atoms are sorted."""
        if type(obj) is set:
            self.memoize(obj)
        atoms = [item for item in obj if type(item) in ATOMS]
        self.write(b"%s %d\n" % (type(obj).__name__.encode(), len(obj)))
        self.write("\n".join(sorted(map(ascii, atoms))).encode())
        for item in obj:
            if type(item) not in ATOMS:
                self.save(item)
        if type(obj) is frozenset and len(atoms) < len(obj) and id(obj) not in self.memo:
            self.memoize(obj)

    for kind in (str, bytes, int, float, complex):
        dispatch[kind] = save_anonymous
    dispatch[tuple] = save_tuple
    dispatch[set] = dispatch[frozenset] = save_set


ATOMS = {str, bytes, int, float, bool, type(None), complex}


def canonical(obj):
    out = io.BytesIO()
    GraphPickler(out, 5).dump(obj)
    return out.getvalue()


def same_graph(a, b):
    return canonical(a) == canonical(b)
