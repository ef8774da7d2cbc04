# SPDX-License-Identifier: BSL-1.0
"""The values that compare.py and repr.py ask CPython about."""

import array
import collections
import datetime
import decimal
import enum
import fractions
import io
import ipaddress
import multiprocessing.managers  # registers the reducers of arrays and dict views
import pathlib
import queue
import sys
import types
import uuid
import zoneinfo
from multiprocessing.reduction import ForkingPickler

mymod = types.ModuleType("mymod")
sys.modules["mymod"] = mymod


def of_mymod(cls):
    cls.__module__ = "mymod"
    cls.__qualname__ = cls.__name__
    setattr(mymod, cls.__name__, cls)
    return cls


@of_mymod
class MyInt(int):
    pass


@of_mymod
class MyFloat(float):
    pass


@of_mymod
class MyStr(str):
    pass


@of_mymod
class MyBytes(bytes):
    pass


@of_mymod
class MyTuple(tuple):
    pass


@of_mymod
class MyList(list):
    pass


@of_mymod
class MyDict(dict):
    pass


Row = of_mymod(collections.namedtuple("Row", "a b"))


@of_mymod
class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@of_mymod
class Color(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


@of_mymod
class Point:
    def __init__(self, x):
        self.x = x


def dumps(value, protocol):
    out = io.BytesIO()
    ForkingPickler(out, protocol).dump(value)
    return out.getvalue()


D = decimal.Decimal
F = fractions.Fraction
dt = datetime
utc = dt.timezone.utc
plus1 = dt.timezone(dt.timedelta(hours=1))
minus5 = dt.timezone(dt.timedelta(hours=-5), "EST")
berlin = zoneinfo.ZoneInfo("Europe/Berlin")
nan = float("nan")
inf = float("inf")

NUMBERS = [
    False, True, 0, 1, -1, 2, 3, 255, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, 2**64,
    -(2**63) - 1, 2**100, -(2**100), 10**30, 10**400, -(10**400), 2**1024,
    0.0, -0.0, 1.0, 1.5, 0.1, -1.0, 2.0**53, 2.0**63, -(2.0**63), 2.0**64, 2.0**100, 1e30, 1e308,
    5e-324, inf, -inf, nan, MyInt(1), MyInt(2**70), MyFloat(1.5),
    D("0"), D("-0"), D("1"), D("1.0"), D("1.50"), D("0.1"), D("1E+3"), D("1E+400"), D("1E+999999"),
    D("-1E+999999"), D("1E-999999"), D("9007199254740993"), D("1267650600228229401496703205376"),
    D("Infinity"), D("-Infinity"), D("NaN"), D("sNaN"), D("1e30"), D("0.1000000000000000055511151231257827021181583404541015625"),
    F(1, 3), F(3, 2), F(1, 1), F(-1, 1), F(1, 10), F(2**100, 1), F(2**64, 3), F(0),
    1 + 0j, 1j, 1.5 + 0j, complex(2**53, 0), complex(nan, 0),
]

TEXTS = [
    "", "a", "b", "ab", "é", "日本", "\U0001f600", "\udc80", "\uffff", MyStr("a"), MyStr("b"),
    b"", b"a", b"b", b"\xff", bytearray(b"a"), bytearray(b"a\xff"), MyBytes(b"a"),
]

CONTAINERS = [
    (), (1,), (1.0,), (True,), (1, 2), (1, 3), (2,), ("a",), (nan,), ((),), MyTuple((1, 2)), MyTuple(),
    [], [1], [1.0], [1, 2], [2], ["a"], [[1], [2]], [[1], [3]], [[1, 2]], [[1], "a"], [(1, "a")],
    [(1, 2), 3], [(1, 2), "x"], [None], [nan], MyList([1, 2]), MyList([1]),
    set(), {1}, {1.0}, {1, 2}, {1, 2, 3}, {"a", "b"}, {"b", "a"}, {(1, 2)}, {(1.0, 2)},
    frozenset(), frozenset([1]), frozenset([1, 2]), frozenset([frozenset([1]), 2]),
    frozenset([2, frozenset([1.0])]),
    {}, {1: 2}, {1.0: 2}, {1: 2.0}, {1: 3}, {2: 2}, {1: 2, 3: 4}, {3: 4, 1: 2}, {"a": [1, 2]}, {"a": [1, 3]},
    {(1, 2): {3: 4}}, MyDict({1: 2}),
]

STANDARD = [
    collections.OrderedDict(), collections.OrderedDict([(1, 2)]),
    collections.OrderedDict([(1, 2), (3, 4)]), collections.OrderedDict([(3, 4), (1, 2)]),
    collections.Counter(), collections.Counter({1: 2}), collections.Counter({1: 2, 5: 0}),
    collections.Counter({1: 3}), collections.Counter("hello world"),
    collections.defaultdict(int), collections.defaultdict(int, {1: 2}), collections.defaultdict(list, {1: 2}),
    collections.deque(), collections.deque([1, 2]), collections.deque([1, 2], 5), collections.deque([1, 3], 2),
    array.array("i", [1, 2]), array.array("d", [1.0, 2.0]), array.array("i"), array.array("u", "ab"),
    array.array("b", [-1, 127]), array.array("B", [255]), array.array("h", [-2]), array.array("H", [65535]),
    array.array("I", [2**32 - 1]), array.array("l", [-(2**63)]), array.array("Q", [2**64 - 1]),
    array.array("q", [5]), array.array("L", [7]), array.array("f", [0.1]),
    range(0), range(3), range(0, 3, 1), range(0, 4, 2), range(0, 3, 2), range(5, 2), range(5, 2, -1),
    range(10**30), range(10**30, 0, -(10**29)),
    slice(1), slice(1, 2), slice(1, 2, 3), slice(None),
    dt.date(2020, 2, 29), dt.date(2020, 3, 1), dt.date(1, 1, 1), dt.date(9999, 12, 31),
    dt.datetime(2020, 2, 29), dt.datetime(2020, 2, 29, 1), dt.datetime(2020, 2, 29, 1, 2, 3),
    dt.datetime(2020, 2, 29, 1, 2, 3, 4), dt.datetime(2020, 2, 29, 1, fold=1),
    dt.datetime(2020, 2, 29, 12, tzinfo=utc), dt.datetime(2020, 2, 29, 13, tzinfo=plus1),
    dt.datetime(2020, 2, 29, 7, tzinfo=minus5), dt.datetime(2020, 2, 29, 7, 0, 1, tzinfo=minus5),
    dt.datetime(2020, 2, 29, 12, tzinfo=zoneinfo.ZoneInfo("UTC")),
    dt.time(0), dt.time(1, 2), dt.time(1, 2, 3), dt.time(1, 2, 3, 4), dt.time(1, fold=1),
    dt.time(12, tzinfo=utc), dt.time(13, tzinfo=plus1), dt.time(12, tzinfo=berlin),
    dt.timedelta(0), dt.timedelta(1), dt.timedelta(-1), dt.timedelta(0, 86399, 999999), dt.timedelta(-1, 3, 4),
    dt.timedelta(999999999), dt.timedelta(microseconds=-1),
    utc, dt.timezone(dt.timedelta(0), "X"), plus1, minus5, dt.timezone(dt.timedelta(hours=-5)), berlin,
    uuid.UUID(int=1), uuid.UUID("12345678123456781234567812345678"),
    pathlib.PurePosixPath("a/b"), pathlib.PosixPath("a/b"), pathlib.PurePosixPath("a-b"), pathlib.PurePosixPath("."),
    pathlib.PurePosixPath("/"), pathlib.PurePosixPath("//x/./y/"), pathlib.PosixPath("/a/b"), pathlib.PosixPath("it's"),
    types.SimpleNamespace(), types.SimpleNamespace(a=1, b=[2]), types.SimpleNamespace(b=[2], a=1.0), types.SimpleNamespace(a=2),
]

OTHERS = [None, int, len, str, Ellipsis, NotImplemented, Point, iter([1]), reversed([1, 2]), zip([1], [2]),
          int | str, str | int, int | None, list[int] | str,
          {1: 2}.keys(), {1: [2]}.values(), {1: 2}.items()]

WRAPPERS = [
    collections.UserDict({1: 2}), collections.UserDict({1: 3}), collections.UserDict(),
    collections.UserList([1, 2]), collections.UserList([1]), collections.UserList(),
    collections.UserString("a"), collections.UserString("b"),
    collections.ChainMap({1: 2}), collections.ChainMap({1: 2}, {1: 3, 3: 4}), collections.ChainMap({3: 4}, {1: 2}),
    collections.ChainMap(),
]

PATHS = [pathlib.PureWindowsPath(text) for text in (
    "a/b", "A\\B", "a-b", "", "c:", "C:.", "c:\\", "C:/A//b/.", "c:a", "\\a", "//server/share", "\\\\SERVER\\share\\",
    "\\\\server\\share\\a", "//server", "\\\\?\\UNC\\server\\share\\a", "//?/c:/a", "\\\\.\\device", "d:/a")] + [
    pathlib.PureWindowsPath("c:/a", "b"), pathlib.PureWindowsPath("c:/a", "/b"), pathlib.PureWindowsPath("c:/a", "C:b"),
    pathlib.PureWindowsPath("c:/a", "d:b")]

ADDRESSES = [ipaddress.ip_address(text) for text in (
    "10.0.0.1", "10.0.0.2", "255.255.255.255", "::", "::1", "::a00:1", "fe80::1", "fe80::1%eth0", "fe80::1%1", "fe80::2%1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::ffff:10.0.0.1")]

# Whose texts their classes make.
INSTANCES = [Level.LOW, Level.HIGH, Color.RED, Color.BLUE, Row(1, "x"), Row(2, "a")]
