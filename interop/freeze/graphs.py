# SPDX-License-Identifier: BSL-1.0
"""Object graphs for requests: what is easy to get wrong when a pickle is cut in pieces."""

import array
import collections
import datetime
import decimal
import enum
import fractions
import functools
import itertools
import operator
import random
import uuid

from interop.codec.values import VALUES
from interop.optional import numpy, pandas


class Plain:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Slotted:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y


class Holder(list):
    """List items, dict items and a state, all through __reduce__."""

    def __init__(self, items=()):
        super().__init__(items)
        self.extra = {}

    def __setitem__(self, key, value):
        if isinstance(key, int):
            super().__setitem__(key, value)
        else:
            self.extra[key] = value

    def __reduce_ex__(self, protocol):
        state = {k: v for k, v in self.__dict__.items() if k != "extra"}
        return Holder, (), state or None, iter(list(self)), iter(list(self.extra.items()))


def set_state(target, state):
    target.__dict__.update(state, was_set=True)


class WithSetter:
    def __reduce_ex__(self, protocol):
        state = {k: v for k, v in self.__dict__.items() if k != "was_set"}
        return WithSetter, (), state, None, None, set_state


class ByArguments:
    """Refers to itself through the arguments of its own construction."""

    def __init__(self, items):
        self.items = items

    def __reduce_ex__(self, protocol):
        return ByArguments, (self.items,)


class NewArguments(int):
    def __new__(cls, value, *, note=None):
        self = super().__new__(cls, value)
        self.note = note
        return self

    def __getnewargs_ex__(self):
        return (int(self),), {"note": self.note}


class Color(enum.Enum):
    RED = 1


class Number(enum.IntEnum):
    ONE = 1


Point = collections.namedtuple("Point", "x y")


def scalars():
    edges = [0, 1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**63 - 1, 2**63, 2**64, 10**100]
    yield "ints", (*edges, *(-e for e in edges), *(-e - 1 for e in edges), True, False, None)
    yield "wide ints", (2**2039, 2**2040, -(2**2039), 2**4000, -(2**4000) + 1)
    yield "floats", (0.0, -0.0, 1.5, -1e308, float("inf"), float("nan"), float("-inf"))
    lengths = (0, 1, 7, 8, 9, 27, 28, 29, 30, 255, 256, 4095, 4096, 65535, 65536, 200000)
    yield "strs", tuple("x" * n for n in lengths)
    yield "texts", ("é" * 5, "€" * 200, "\U0001f600", "\ud800", "a\x00b", "\udfffz" * 100)
    yield "bytes", tuple(b"x" * n for n in lengths)
    yield "bytearrays", tuple(bytearray(n) for n in (0, 1, 300, 70000))
    yield "others", (1j, ..., NotImplemented, int, len, operator.add, dict.fromkeys)
    yield "empty", ([], {}, (), set(), frozenset(), "", b"")


def containers():
    yield "nested", ([1, [2, [3, {"a": (4, {5}, frozenset({6}))}]]],)
    yield "batches", ([None] * 999, list(range(1000)), list(range(1001)), list(range(2500)))
    yield "dict batches", ({i: str(i) for i in range(1001)}, {i: [i] for i in range(2000)})
    yield "set batches", (set(range(1001)), frozenset(range(3000)))
    yield "single items", ([1], {1: 2}, {3}, frozenset({4}), (5,))
    yield "tuples", ((1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), tuple(range(2000)))
    yield "many memos", ([[str(i), (i,)] for i in range(900)] * 2,)
    yield "long strs", (["x" * 65536, "y" * 65535, b"z" * 70000, "w" * 200000],)
    depth = []
    for _ in range(400):
        depth = [depth]
    yield "deep", (depth,)


def sharing():
    inner = [1]
    outer = [inner]
    yield "over args", (inner, inner)
    yield "over args and elements", (inner, [inner, inner], {"k": inner})
    yield "outer first", (outer, inner)
    yield "inner first", (inner, outer)
    yield "both, again", (outer, [inner, outer], [outer, inner])
    yield "elements", ([inner, inner, [inner]],)
    yield "within elements", ([[inner, inner], [inner], inner],)
    long = "shared text " * 10
    yield "texts", (long, [long, long], {long: long}, (long,))
    pair = (inner, "p")
    yield "tuples", (pair, [pair, pair], pair)
    key = (1, "k")
    yield "keys", ({key: key}, {key, 2}, frozenset({key}), [key])
    yield "method name", ("append", ["append", "7f"])
    chain = []
    chains = [chain]
    for _ in range(60):
        chain = [chain, chain]
        chains.append(chain)
    yield "chain", (chains,)
    yield "chain over args", tuple(chains)
    shared = Plain(x=inner)
    yield "instances", (shared, [shared, Plain(y=shared)], shared)
    state = {"a": 1}
    yield "states", (Plain(**state), state, [Plain(s=state), state])


def cycles():
    l = [1]
    l.append(l)
    yield "list", (l,)
    yield "list twice", (l, [l])
    yield "around args", ([l, l], l)
    d = {"k": 1}
    d["self"] = d
    yield "dict", (d, [d])
    t = ([2],)
    t[0].append(t)
    yield "tuple", (t,)
    yield "tuple within", ([t, 1],)
    yield "tuple after another", (1, t)
    yield "tuple and its list", (t, t[0])
    long = tuple([i] for i in range(9))
    long[4].append(long)
    yield "long tuple", (long, [long])
    p = Plain(name="p")
    p.me = p
    yield "instance", (p, [p])
    a, b = Plain(), Plain()
    a.other, b.other = b, a
    yield "two instances", (a, b)
    yield "two instances as elements", ([a, b],)
    h = Holder([1])
    h.append(h)
    h["k"] = h
    yield "holder", (h, [h])
    s = set()
    hashed = Hashed(s)
    s.add(hashed)
    yield "set", (s,)
    yield "hashed", (hashed, s)
    r = ByArguments([])
    r.items.append(r)
    yield "arguments", (r,)
    yield "arguments, twice", (r, [r, r.items])
    w = WithSetter()
    w.me = w
    yield "setter", (w, [w])
    q = collections.deque([1])
    q.append(q)
    yield "deque", (q, [q])
    o = collections.OrderedDict(a=1)
    o["o"] = o
    yield "ordered dict", (o,)


class Hashed(Plain):
    def __init__(self, items):
        self.items = items


def instances():
    yield "plain", (Plain(x=1, y=[2]), Slotted(1, [2]), Point(1, [2]), Color.RED, Number.ONE)
    yield "holder", (Holder([1, 2]), Holder(range(1500)), [Holder([Holder([3])])])
    w = WithSetter()
    w.x = [1]
    yield "setter", (w, [w, w], w.x)
    yield "setters", ([w, [2], w.x, WithSetter()],)
    yield "new arguments", (NewArguments(5, note=[1]), [NewArguments(6)])
    yield "stdlib", (
        datetime.datetime(2020, 1, 2, 3, 4, 5, 6), datetime.timedelta(1, 2, 3), datetime.date.max,
        datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc), decimal.Decimal("1.50"),
        fractions.Fraction(1, 3), uuid.UUID(int=7), range(3), slice(1, 2), array.array("i", [1, 2]))
    yield "collections", (
        collections.deque([1, [2]], 5), collections.OrderedDict(a=[1], b=2),
        collections.defaultdict(list, a=[1]), collections.Counter("hello"))
    e = ValueError("x", [1])
    e.extra = {"a": e.args}
    yield "exceptions", (e, KeyError("k"), OSError(2, "No", "f"), UnicodeDecodeError("a", b"b", 0, 1, "c"))
    yield "iterators", (iter([1, [2]]), iter((1, 2)), iter({1: 2}), iter({3}), reversed([1, 2]),
                        iter("abc"), iter(range(3)), enumerate(["a"]), zip([1], [2]))
    yield "functions", (functools.partial(int, base=2), operator.itemgetter(1), [].append)


def arrays():
    if numpy is None:
        return
    a = numpy.arange(10)
    yield "array", (a, [a, a])
    yield "large array", (numpy.zeros(100000), [numpy.ones(70000), 1])
    yield "strided", (numpy.arange(100).reshape(10, 10)[::2, ::3], numpy.asfortranarray([[1, 2], [3, 4]]))
    yield "objects", (numpy.array([[1], "a", None], dtype=object),)
    yield "scalars", (numpy.float64(1.5), numpy.int8(3), numpy.datetime64("2020-01-01"))
    yield "structured", (numpy.zeros(3, dtype=[("x", "i4"), ("y", "f8", 2)]),)


def frames():
    if pandas is None:
        return
    times = pandas.date_range("2024-01-01", periods=3, tz="UTC")
    frame = pandas.DataFrame({"a": [1, 2, 3], "b": list("xyz"), "t": times})
    yield "frame", (frame, [frame, frame["a"]], {"k": frame})
    yield "others", (times, pandas.Categorical(["a", "b", "a"]), pandas.Series([1.5, None]))


def values():
    """Everything that the codec is tested with, once more as arguments and elements."""
    for name, group in VALUES.items():
        items = group if type(group) is list else [group]
        yield name, (items[0], items, {"k": items[-1]})


class RandomGraphs:
    """Graphs of all sorts of nodes, in which any place may refer to any node made before it."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.nodes = []

    def leaf(self):
        r = self.random
        return r.choice([
            None, True, r.randrange(-300, 70000), r.random(), "s%d" % r.randrange(20),
            "t" * r.randrange(300), b"b" * r.randrange(40), 2**r.randrange(100), (), "get"])

    def any(self):
        if self.nodes and self.random.random() < 0.6:
            return self.random.choice(self.nodes)
        return self.leaf()

    def some(self):
        return [self.any() for _ in range(self.random.randrange(5))]

    def keys(self):
        return [self.leaf() for _ in range(self.random.randrange(5))]

    def node(self):
        kind = self.random.randrange(11)
        if kind < 3:
            return self.some()
        if kind < 5:
            return dict(zip(self.keys(), self.some()))
        if kind < 7:
            return tuple(self.some())
        if kind == 7:
            return set(self.keys())
        if kind == 8:
            return Plain(a=self.any(), b=self.any())
        if kind == 9:
            return Slotted(self.any(), self.any())
        return Holder(self.some())

    def tie(self):
        """Makes a cycle, perhaps."""
        node = self.random.choice(self.nodes)
        if type(node) in (list, Holder):
            node.append(self.any())
        elif type(node) is dict:
            node["tied"] = self.any()
        elif type(node) is Plain:
            node.tied = self.any()

    def request(self, cyclic):
        for _ in range(self.random.randrange(1, 25)):
            self.nodes.append(self.node())
            if cyclic and self.random.random() < 0.3:
                self.tie()
        return tuple(self.any() for _ in range(self.random.randrange(1, 5)))


def random_graphs(count):
    for seed in range(count):
        yield "random %d" % seed, RandomGraphs(seed).request(cyclic=seed % 2 == 1)


def all_cases(random_count=300):
    """Pairs of a name and the arguments of a request."""
    for family in (scalars, containers, sharing, cycles, instances, arrays, frames,
                   values):
        for name, args in family():
            yield "%s: %s" % (family.__name__, name), args
    yield from random_graphs(random_count)
