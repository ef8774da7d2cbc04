"""Loads pickles with the C unpickler of this CPython, and executes nothing in them.

Names and persistent ids are inert objects, which may be called and made instances of. What comes of
that is inert again, and takes items and a state besides. The codec treats them so: it does not know
what a class would say.

Run as a program it reads pickles from stdin, each behind its length (u32, little-endian), and
answers one line for each: the names of the exception and its bases, "ok" where there is none, or
"unknown" where there is too little memory. One that takes too long ends the process.
"""

import codecs
import io
import pickle
import resource
import signal
import struct
import sys
import warnings

MAX_SECONDS = 5
MAX_BYTES = 1 << 31


class Inert(type):
    """Inert objects are classes, or NEWOBJ would not take them."""

    def __new__(cls):
        return type.__new__(cls, "inert", (), {"__new__": lambda *args, **kwargs: Instance()})

    def __init__(cls):
        pass

    def __call__(cls, *args, **kwargs):
        return Instance()

    def __setstate__(cls, state):
        if state is not None:
            raise pickle.UnpicklingError("a name has no state")


class Instance(Inert):
    def ignore(cls, *args):
        pass

    __setstate__ = append = extend = add = __setitem__ = ignore


def types_of(args):
    return [type(arg) for arg in args]


def is_latin1(args):
    return (types_of(args) == [str, str] and args[1] in ("latin1", "latin-1") and
            max(args[0], default="") <= "\xff")


def is_list(args):
    return types_of(args) == [list]


# What the codec makes native values of, and of which arguments.
NATIVE = {
    "set": (set, is_list),
    "frozenset": (frozenset, is_list),
    "complex": (complex, lambda args: types_of(args) == [float, float]),
    "bytes": (bytes, lambda args: not args),
    "bytearray": (bytearray, lambda args: not args or is_latin1(args) or types_of(args) == [bytes]),
    "encode": (codecs.encode, is_latin1),
}


class Native(Inert):
    def __call__(cls, *args):
        make, suits = NATIVE[cls.name]
        try:
            return make(*args) if suits(args) else Instance()
        except TypeError:  # unhashable items
            return Instance()


class Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if name not in NATIVE or module not in ("builtins", "__builtin__", "_codecs"):
            return Inert()
        try:
            found = super().find_class(module, name)
        except Exception:  # a name of Python 2 in a pickle of Python 3, or the other module
            return Inert()
        if found is not NATIVE[name][0]:
            return Inert()
        native = Native()
        native.name = name
        return native

    def persistent_load(self, pid):
        return Inert()


class Whole(io.BytesIO):
    """Can be peeked into for all of it, so that frames mean as little as to pickle.loads."""

    def peek(self, size):
        return self.getvalue()[self.tell():]


def verdict(data):
    try:
        Unpickler(Whole(data)).load()
    except MemoryError:
        return "unknown"
    except Exception as error:
        return " ".join(base.__name__ for base in type(error).__mro__)
    return "ok"


def main():
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for size in iter(lambda: sys.stdin.buffer.read(4), b""):
        data = sys.stdin.buffer.read(*struct.unpack("<I", size))
        signal.setitimer(signal.ITIMER_REAL, MAX_SECONDS)  # its signal ends the process
        answer = verdict(data)
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
