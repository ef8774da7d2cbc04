#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Writes iterate-VERSION.txt: what list(x) holds for each x that can be iterated.

    python3.8 tests/data/pickle/iterate.py; python3.13 tests/data/pickle/iterate.py

Lines: `PICKLE TEXT`, where TEXT is repr(list(x)) or the exception, after "!".
"""

import array
import collections
import io
import multiprocessing.managers  # registers the reducers of arrays and dict views
import os
import pickle
import sys
import types
from multiprocessing.reduction import ForkingPickler

mymod = types.ModuleType("mymod")
sys.modules["mymod"] = mymod


def of_mymod(cls):
    cls.__module__ = "mymod"
    cls.__qualname__ = cls.__name__
    setattr(mymod, cls.__name__, cls)
    return cls


@of_mymod
class MyStr(str):
    pass


@of_mymod
class MyList(list):
    pass


@of_mymod
class MyDict(dict):
    pass


@of_mymod
class MyInt(int):
    pass


Pair = of_mymod(collections.namedtuple("Pair", "x y"))
shared = iter([1, 2, 3, 4, 5])


def advanced(iterator, count):
    for _ in range(count):
        next(iterator)
    return iterator


values = [
    [], [1, [2]], (), (1, (2,)), "", "aé日\U0001f600\udc80", b"", b"a\xff", bytearray(b"xy"), set(), {1}, frozenset([1]),
    {}, {"a": 1, 2: 3}, range(0), range(3), range(5, 0, -2), range(10**20, 10**20 + 3), range(2**63 - 2, 2**63 + 1),
    {"a": [1]}.keys(), {"a": [1]}.values(), {"a": [1]}.items(),
    collections.deque([1, [2]]), collections.deque([1, 2], 1), collections.OrderedDict([(3, 4), (1, 2)]),
    collections.defaultdict(list, {1: [2]}), collections.Counter("hello"), array.array("i", [1, -2]),
    array.array("d", [0.5]), array.array("u", "ab"), MyStr("ab"), MyList([1, 2]), MyDict(a=1), Pair(1, [2]),
    iter([1, 2]), iter(()), iter((1, 2)), iter("ab"), iter(b"ab"), iter(range(3)), iter({1: 2}), iter({1}),
    advanced(iter([1, 2, 3]), 2), advanced(iter([1]), 1), advanced(iter((1, 2)), 1), advanced(iter("aéb"), 1),
    advanced(iter(range(5)), 2), advanced(iter(range(10**20, 10**20 + 3)), 1), advanced(iter({1: 2, 3: 4}), 1),
    advanced(iter(collections.deque([1, 2, 3])), 1), advanced(iter(array.array("i", [1, 2])), 1),
    reversed([1, 2, 3]), advanced(reversed([1, 2, 3]), 1), advanced(reversed([1]), 1), reversed((1, 2)), reversed("ab"),
    advanced(reversed((1, 2, 3)), 2), reversed(range(3)), reversed(collections.OrderedDict(a=1, b=2)),
    enumerate("ab"), enumerate([1, 2], 5), advanced(enumerate([1, 2, 3]), 1), enumerate([1], 2**70),
    zip(), zip([1, 2]), zip([1, 2], "ab", range(5)), zip(shared, shared), advanced(zip([1, 2], [3, 4]), 1),
    zip([1], iter({2: 3}.items())), enumerate(zip("ab", "cd")), iter(list(zip([1], [2]))),
    map(abs, [-1, 2.5, -(2**70), True, -2j, 3 + 4j]), map(abs, range(-3, 3)), map(abs, map(abs, [-1])),
    None, 1, 1.5, 2j, True, len, int, Ellipsis, MyInt(3), types.SimpleNamespace(a=1), ValueError(1), slice(1),
    map(abs, ["a"]),
]
if sys.version_info >= (3, 10):
    values += [
        zip([1], [2], strict=True), zip([1, 2], [1], strict=True), zip([1], [1, 2], strict=True),
        zip([1], [1], [1, 2], strict=True), zip([1, 2], [1, 2], [1], strict=True), zip([1], [], [1], strict=True),
    ]


def text_of(pickled):
    try:
        return repr(list(pickle.loads(pickled)))
    except (TypeError, ValueError) as error:
        return "!%s: %s" % (type(error).__name__, error)


name = "iterate-%d.%d.txt" % sys.version_info[:2]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), "w", encoding="utf8") as out:
    for value in values:
        for protocol in (2, 4):
            stream = io.BytesIO()
            ForkingPickler(stream, protocol).dump(value)
            out.write("%s\t%s\n" % (stream.getvalue().hex(), text_of(stream.getvalue())))
