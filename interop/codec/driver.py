"""Pickles that went through the C++ codec, and whether two graphs of objects are the same."""

import io
import os
import pickle
import struct
import subprocess

from interop.serving import BIN

LIKE_CPYTHON, NO_FIX_IMPORTS = 1, 2
ENCODINGS = ["ASCII", "latin1", "bytes", "utf-8"]


class Refused(Exception):
    """The codec could not write the value at the protocol that was asked for."""


# The exceptions that CPython raises, by the number of pickle_errc.
ERRORS = {
    1: EOFError, 8: ValueError, 10: UnicodeDecodeError, 11: UnicodeDecodeError, 12: ValueError,
    13: KeyError, 15: TypeError, 16: TypeError, 17: AttributeError, 19: ValueError,
    21: TypeError, 255: Refused,
}


class LoadError(pickle.UnpicklingError):
    """What the codec says of a malformed pickle."""


def load_error(number, text):
    """An exception that is what CPython raises and, where that can be, a LoadError too."""
    cause = ERRORS.get(number)
    if cause is UnicodeDecodeError:
        return cause("pickle", b"", 0, 0, text)
    if cause in (None, Refused):
        return (cause or LoadError)(text)
    return type("LoadError", (LoadError, cause), {})(text)


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
        error, size = struct.unpack("<BI", self.process.stdout.read(5))
        content = self.process.stdout.read(size)
        if error:
            raise load_error(error, content.decode())
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
