# SPDX-License-Identifier: BSL-1.0
"""Writes what the tests of the conversions read: pickles of the values below, by each CPython.

Usage: write_convert.py PYTHON... > convert.json
The array values need an interpreter that has numpy; each is left out where it cannot be made.
"""

import array
import collections
import dataclasses
import datetime
import enum
import fractions
import json
import pathlib
import pickle
import subprocess
import sys
import types

try:
    import numpy
except ImportError:
    numpy = None

shapes = types.ModuleType("shapes")
sys.modules["shapes"] = shapes


def in_shapes(cls):
    cls.__module__ = "shapes"
    cls.__qualname__ = cls.__name__
    setattr(shapes, cls.__name__, cls)
    return cls


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


@in_shapes
class Slotted:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


@in_shapes
class Reduced:
    def __init__(self, x, y):
        self.args = (x, y)

    def __reduce__(self):
        return (Reduced, self.args)


@in_shapes
class Outer:
    class Inner(Point):
        __module__ = "shapes"
        __qualname__ = "Outer.Inner"


@in_shapes
class Keyword:
    def __new__(cls, *, x, y):
        self = object.__new__(cls)
        self.__dict__.update(x=x, y=y)
        return self

    def __getnewargs_ex__(self):
        return (), self.__dict__


Keyword.__new__.__module__ = "shapes"
Keyword.__new__.__qualname__ = "Keyword.__new__"


@in_shapes
class Color(enum.Enum):
    RED = 1
    BLUE = 3


@in_shapes
class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@in_shapes
class Access(enum.Flag):
    READ = 1
    WRITE = 2
    RUN = 4


class Numbered:
    """As an Enum of any version but 3.11.0 to 3.11.3 is pickled."""

    def __reduce__(self):
        return (Color, (3,))


@in_shapes
class MyInt(int):
    pass


@in_shapes
class MyStr(str):
    pass


@in_shapes
class MyList(list):
    pass


@in_shapes
class MyTuple(tuple):
    pass


@in_shapes
class MyDict(dict):
    pass


in_shapes(Point)
Pair = in_shapes(collections.namedtuple("Pair", "x y"))

utc = datetime.timezone.utc
east = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
iterator = iter([1, 2, 3])
next(iterator)
backwards = reversed([1, 2, 3])
next(backwards)

VALUES = {
    "point": lambda: Point(1, 2.5),
    "slotted": lambda: Slotted(1, 2.5),
    "frozen_fields": lambda: in_shapes(dataclasses.make_dataclass(
        "Fields", ["x", "y"], slots=True, frozen=True))(1, 2.5),
    "named_tuple": lambda: Pair(1, 2.5),
    "reduced": lambda: Reduced(1, 2.5),
    "nested": lambda: Outer.Inner(1, 2.5),
    "keyword": lambda: Keyword(x=1, y=2.5),
    "color": lambda: Color.BLUE,
    "level": lambda: Level.HIGH,
    "flags": lambda: Access.READ | Access.WRITE | Access.RUN,
    "numbered": Numbered,
    "my_int": lambda: MyInt(7),
    "my_str": lambda: MyStr("seven"),
    "my_list": lambda: MyList([1, 2, 3]),
    "my_tuple": lambda: MyTuple([1, 2, 3]),
    "my_dict": lambda: MyDict(a=1, b=2),
    "user_dict": lambda: collections.UserDict(a=1, b=2),
    "user_list": lambda: collections.UserList([1, 2, 3]),
    "user_string": lambda: collections.UserString("seven"),
    "list": lambda: [1, 2, 3],
    "tuple": lambda: (1, 2, 3),
    "set": lambda: {1, 2, 3},
    "frozenset": lambda: frozenset([1, 2, 3]),
    "deque": lambda: collections.deque([1, 2, 3], 3),
    "array": lambda: array.array("i", [1, 2, 3]),
    "iterator": lambda: iterator,
    "reversed": lambda: backwards,
    "dict": lambda: {"a": 1, "b": 2},
    "ordered_dict": lambda: collections.OrderedDict(a=1, b=2),
    "default_dict": lambda: collections.defaultdict(int, a=1, b=2),
    "counter": lambda: collections.Counter(a=1, b=2),
    "bytes": lambda: b"\x00\xff",
    "bytearray": lambda: bytearray(b"\x00\xff"),
    "complex": lambda: 1.5 - 2j,
    "posix_path": lambda: pathlib.PurePosixPath("/a/b"),
    "relative_path": lambda: pathlib.PosixPath("a/b"),
    "current_path": lambda: pathlib.PosixPath("."),
    "escaped_path": lambda: pathlib.PosixPath("/a/\udcff"),
    "naive": lambda: datetime.datetime(2024, 2, 29, 13, 14, 15, 123456),
    "fold": lambda: datetime.datetime(2024, 10, 27, 2, 30, fold=1),
    "aware": lambda: datetime.datetime(2024, 2, 29, 13, 14, 15, 123456, utc),
    "east": lambda: datetime.datetime(2024, 2, 29, 13, 14, 15, 0, east),
    "before_epoch": lambda: datetime.datetime(1, 1, 1, tzinfo=utc),
    "date": lambda: datetime.date(2024, 2, 29),
    "timedelta": lambda: datetime.timedelta(-1, 3600, 5),
    "longest_timedelta": lambda: datetime.timedelta.max,
    "fraction": lambda: fractions.Fraction(1, 3),
    "matrix": lambda: numpy.arange(6.0).reshape(2, 3),
    "fortran": lambda: numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3)),
    "strided": lambda: numpy.arange(12, dtype="i4")[::4],
    "big_endian": lambda: numpy.array([1, 2, 3], dtype=">i2"),
    "bools": lambda: numpy.array([True, False, True]),
    "scalar_array": lambda: numpy.array(2.5),
    "empty": lambda: numpy.zeros((0, 3)),
    "unsigned": lambda: numpy.array([1, 2**64 - 1], dtype="u8"),
    "objects": lambda: numpy.array([None, 1], dtype=object),
    "strings": lambda: numpy.array(["a", "b"]),
    "complexes": lambda: numpy.array([1.5 - 2j]),
    "float64": lambda: numpy.float64(2.5),
    "int16": lambda: numpy.int16(-7),
    "uint64": lambda: numpy.uint64(2**64 - 1),
    "bool_": lambda: numpy.bool_(True),
}


def pickles():
    for name, make in VALUES.items():
        for protocol in range(6):
            try:
                yield [name, protocol, pickle.dumps(make(), protocol).hex()]
            except Exception:
                pass


def main():
    if sys.argv[1] == "--one":
        json.dump(list(pickles()), sys.stdout)
        return
    runs = [subprocess.check_output([python, __file__, "--one"]) for python in sys.argv[1:]]
    different = {tuple(entry) for run in runs for entry in json.loads(run)}
    print("[")
    print(",\n".join(json.dumps(entry) for entry in sorted(different)))
    print("]")


main()
