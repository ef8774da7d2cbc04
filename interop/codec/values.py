# SPDX-License-Identifier: BSL-1.0
"""Values of every kind that people pickle, by name; what a CPython lacks is left out."""

import array
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import io
import ipaddress
import itertools
import math
import operator
import os
import pathlib
import queue
import re
import sys
import time
import types
import uuid


class Plain:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    class Nested:
        class Deeper:
            pass

    @classmethod
    def build(cls):
        return cls()

    def method(self):
        return self


class Slots:
    __slots__ = ("x", "y")


class SlotsAndDict(Slots):
    pass


class Arguments:
    def __new__(cls, *args, **kwargs):
        self = object.__new__(cls)
        self.args, self.kwargs = args, kwargs
        return self

    def __getnewargs_ex__(self):
        return self.args, self.kwargs


class Reduced:
    """Reduces to a call, a state, list items, dict items and a state setter."""

    def __init__(self, *args):
        self.args, self.items, self.pairs, self.state = args, [], {}, None

    def __reduce__(self):
        return Reduced, self.args, self.state, iter(self.items), iter(self.pairs.items()), setter

    def append(self, item):
        self.items.append(item)

    def __setitem__(self, key, item):
        self.pairs[key] = item


def setter(obj, state):
    obj.state = state


class MyInt(int):
    pass


class MyStr(str):
    pass


class MyList(list):
    pass


class MyDict(dict):
    pass


class MySet(set):
    pass


class Color(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    LOW = 1


class Access(enum.Flag):
    READ = 1
    WRITE = 2


Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass
class Data:
    a: int
    b: list


@dataclasses.dataclass(frozen=True)
class Frozen:
    a: int


def slots():
    obj = Slots()
    obj.x = [1]
    both = SlotsAndDict()
    both.x, both.z = 1, {}
    return [obj, both]


def cycles():
    in_list = []
    in_list.append(in_list)
    in_tuple = ([],)
    in_tuple[0].append(in_tuple)
    in_dict = {}
    in_dict["self"] = in_dict
    obj = Plain()
    obj.me, obj.others = obj, [obj, in_tuple]
    in_set = Plain()
    in_set.group = {in_set}
    in_frozenset = Plain()
    in_frozenset.group = frozenset([in_frozenset])
    in_arguments = Reduced([])
    in_arguments.args[0].append(in_arguments)
    return [in_list, in_tuple, in_dict, obj, in_set, in_frozenset, in_arguments]


def sharing():
    inner, text, pair = [1], "shared" * 100, ([],)
    return [inner, inner, {"k": inner}, text, text, pair, pair, (pair, pair), bytearray(b"x")] * 2


def reduced():
    obj = Reduced(1, "a")
    obj.items, obj.pairs, obj.state = [1, 2, 3], {"k": 1, "l": 2}, {"s": [obj]}
    return obj


def iterators():
    started = iter([1, 2, 3])
    next(started)
    return [started, iter(()), iter({1: 2}), iter(range(3)), reversed([1, 2]), enumerate([1]),
            zip([1], [2]), map(abs, [1]), iter("abc"), iter(b"abc"), iter({1})]


VALUES = {
    "constants": [None, True, False, Ellipsis, NotImplemented, type(None)],
    "ints": [0, 1, 255, 256, 65535, 65536, -1, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**63 - 1,
             2**63, -2**63, -2**63 - 1, 2**2000, -2**2000, 2**2040, 2**4096],
    "floats": [0.0, -0.0, 1.5, math.inf, -math.inf, math.nan, 5e-324, 1.7976931348623157e308, 1e16,
               123456789.123],
    "complex": [1 + 2j, complex(-0.0, math.inf)],
    "strings": ["", "a", "é", "x" * 255, "x" * 256, "é" * 200, "\u20ac\U0001f600", "\ud800\udc00",
                "\n\\\r\0\x1a'\"", "x" * 70000],
    "bytes": [b"", b"a", b"\xff\n\\", bytes(range(256)), b"x" * 70000],
    "bytearrays": [bytearray(), bytearray(b"\xff" * 300)],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((((),),),)],
    "lists": [[], [1], [[]], list(range(3000)), [[1]] * 1001],
    "batches": [make(range(n)) for n in (1000, 1001, 2001)
                for make in (list, dict.fromkeys, set, collections.deque)],
    "dicts": [{}, {1: 2}, {i: str(i) for i in range(2001)}, {"b": 1, "a": 2, (1, "x"): []}],
    "sets": [set(), {1}, set(range(2000)), frozenset(), frozenset([frozenset([1])]), {(1, 2)}],
    "cycles": cycles(),
    "sharing": (sharing(),),
    "dates": [datetime.date(2024, 2, 29), datetime.time(1, 2, 3, 4), datetime.timedelta(-1, 2, 3),
              datetime.datetime(2024, 2, 29, 1, 2, 3, 4, datetime.timezone.utc),
              datetime.datetime(2024, 2, 29, fold=1),
              datetime.time(1, 2, tzinfo=datetime.timezone.utc), datetime.time(3, fold=1),
              datetime.timezone(datetime.timedelta(hours=1), "name")],
    "numbers": [decimal.Decimal("1.50"), decimal.Decimal("NaN"), fractions.Fraction(1, 3)],
    "uuid": [uuid.UUID(int=5), uuid.uuid1(), uuid.UUID(int=6, is_safe=uuid.SafeUUID.unsafe)],
    "enums": [Color.RED, Level.LOW, Access.READ | Access.WRITE],
    "namedtuple": Point(1, [2]),
    "deques": [collections.deque([1, 2]), collections.deque(range(1500), 2000)],
    "dictionaries": [collections.defaultdict(list, a=[1]), collections.OrderedDict(a=1, b=2),
                     collections.Counter("hello"), collections.ChainMap({1: 2})],
    "range and slice": [range(1, 10, 3), slice(1, None, 2)],
    "paths": [pathlib.PurePosixPath("/a/b"), pathlib.PurePosixPath("rel")],
    "exceptions": [KeyError("k"), ValueError(), StopIteration(3), queue.Empty()],
    "os errors": [FileNotFoundError(2, "No", "f"), OSError(2, "No", "f", None, "g")],
    "errors with attributes": [
        ImportError("no", name="m", path="p"), AttributeError("a"), NameError("n"),
        UnicodeDecodeError("ascii", b"\xff", 0, 1, "no"),
        UnicodeEncodeError("ascii", "é", 0, 1, "no"),
        SyntaxError("bad", ("f.py", 1, 2, "x y")), SystemExit(3), Plain(e=[KeyError("k")])],
    "files in memory": [io.BytesIO(b"abc"), io.StringIO("d\u00e9f\n")],
    "objects": [Plain(a=1, b=[Plain()]), Plain.Nested(), Plain.Nested.Deeper()],
    "slots": slots(),
    "dataclasses": [Data(1, [2]), Frozen(3)],
    "keyword arguments": Arguments(1, k=2),
    "state setter": reduced(),
    "subclasses": [MyInt(3), MyStr("s"), MyList([1, 2]), MyDict(a=1), MySet([1])],
    "names": [len, Plain, Plain.Nested, Plain.Nested.Deeper, dict, os.path.join, KeyError,
              collections.OrderedDict, Plain.build, Plain().method, [].append, math.sin],
    "callables": [operator.itemgetter(1), operator.attrgetter("a.b"),
                  operator.methodcaller("m", 1, k=2), functools.partial(int, base=2)],
    "patterns": re.compile("a+", re.I),
    "addresses": [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_network("::/64")],
    "namespaces": [types.SimpleNamespace(a=1), time.gmtime(0), os.stat("/")],
    "arrays": [array.array("d", [1.5]), array.array("b", range(100)), array.array("q")],
    "iterators": iterators(),
}

if sys.version_info >= (3, 9):
    import zoneinfo
    VALUES["generic aliases"] = [list[int], dict[str, list[int]]]
    try:
        VALUES["zones"] = [zoneinfo.ZoneInfo("Europe/Berlin")]
    except zoneinfo.ZoneInfoNotFoundError:
        pass
if sys.version_info >= (3, 10):
    VALUES["unions"] = [int | str, list[int] | None]

    @dataclasses.dataclass(frozen=True, **{"slots": True})
    class FrozenSlots:
        a: int
        b: list

    VALUES["slots of a dataclass"] = FrozenSlots(1, [2])
if sys.version_info >= (3, 11):
    noted = ValueError(1)
    noted.add_note("note")
    VALUES["exception groups"] = [ExceptionGroup("m", [KeyError(1)]), noted]
if sys.version_info < (3, 14):
    VALUES["itertools"] = [itertools.count(3), itertools.cycle([1, 2]), itertools.chain([1], [2])]
