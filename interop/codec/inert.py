# SPDX-License-Identifier: BSL-1.0
"""Loads pickles with the C unpickler of this CPython, and executes nothing in them.

Names and persistent ids are inert objects, which may be called and made instances of. What comes of
that is inert again, and takes items and a state besides. The codec treats them so: it does not know
what a class would say. Each remembers what became of it, so that graphs can be compared.

Run as a program it reads pickles from stdin, each behind its length (u32, little-endian), and
answers one line for each: the names of the exception and its bases; "ok" and a digest of the graph
where there is none; or "unknown" where there is too little memory. One that takes too long ends the
process.
"""

import codecs
import hashlib
import io
import pickle
import resource
import signal
import struct
import sys
import warnings
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING

MAX_SECONDS = 5
MAX_BYTES = 1 << 31


class Inert(type):
    """Inert objects are classes, or NEWOBJ would not take them."""

    def __new__(cls, *origin):
        def new(made_of, *args, **kwargs):
            return Instance("new", made_of, args, kwargs)
        return type.__new__(cls, "inert", (), {"__new__": new})

    def __init__(cls, *origin):
        cls.history = list(origin)

    def __call__(cls, *args, **kwargs):
        return Instance("call", cls, args)

    def __setstate__(cls, state):
        if state is not None:
            raise pickle.UnpicklingError("a name has no state")


class Instance(Inert):
    def __setstate__(cls, state):
        cls.history += ["state", state]

    def append(cls, item):
        cls.history += ["item", item]

    def extend(cls, items):
        for item in items:
            cls.append(item)

    def add(cls, item):
        cls.history += ["added", item]

    def __setitem__(cls, key, item):
        cls.history += ["set", key, item]


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
            if suits(args):
                return make(*args)
        except TypeError:  # unhashable items
            pass
        return Instance("call", cls, args)


class Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        known = self.name_in_python3(module, name)
        if name not in NATIVE or module not in ("builtins", "__builtin__", "_codecs"):
            return Inert("name", *known)
        try:
            found = super().find_class(module, name)
        except Exception:  # a name of Python 2 in a pickle of Python 3, or the other module
            return Inert("name", *known)
        if found is not NATIVE[name][0]:
            return Inert("name", *known)
        native = Native("name", *known)
        native.name = name
        return native

    @staticmethod
    def name_in_python3(module, name):
        """Whatever the pickle's protocol, which is not known here."""
        module, name = NAME_MAPPING.get((module, name), (module, name))
        return IMPORT_MAPPING.get(module, module), name

    def persistent_load(self, pid):
        return Inert("persistent", pid)


ATOMS = (type(None), bool, int, float, complex, str, bytes)


def digest(value):
    """Equal for equal graphs: contents, order, and what is one object, where that matters."""
    seen, out, todo = {}, hashlib.sha1(), [value]
    while todo:
        obj = todo.pop()
        if type(obj) in ATOMS or is_name(obj):
            line = ascii(obj.history if is_name(obj) else obj)
        elif type(obj) in (tuple, frozenset) and all(type(item) in ATOMS for item in obj):
            line = "%s %d" % (type(obj).__name__, len(obj))
            todo += parts(obj)
        elif id(obj) in seen:
            line = "again %d" % seen[id(obj)]
        else:
            seen[id(obj)] = len(seen)
            line = "%s %d" % (type(obj).__name__, len(parts(obj)))
            todo += parts(obj)
        out.update(line.encode() + b"\n")
    return out.hexdigest()


def is_name(obj):
    return isinstance(obj, Inert) and obj.history[0] == "name"


def parts(obj):
    if type(obj) in (tuple, list):
        return list(obj)
    if type(obj) is dict:
        return [part for item in obj.items() for part in item]
    if type(obj) is bytearray:
        return [bytes(obj)]
    if type(obj) in (set, frozenset):  # in which inert objects stand in any order
        return sorted(ascii(item) for item in obj if type(item) in ATOMS)
    return obj.history if isinstance(obj, Inert) else []


class Whole(io.BytesIO):
    """Can be peeked into for all of it, so that frames mean as little as to pickle.loads."""

    def peek(self, size):
        return self.getvalue()[self.tell():]


def verdict(data):
    try:
        return "ok " + digest(Unpickler(Whole(data)).load())
    except MemoryError:
        return "unknown"
    except Exception as error:
        return " ".join(base.__name__ for base in type(error).__mro__)


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
