#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Writes repr.txt: sample values at several protocols and what repr() prints of them.

    python3.13 tests/data/pickle/repr.py

Lines: `PICKLE TEXT`, the text in UTF-8 with its backslashes doubled and newlines as \\n; every
address is replaced by the n-th of 0x7f0000000010, 0x7f0000000020, … where n counts the addresses
of one text.
"""

import collections
import fractions
import functools
import ipaddress
import itertools
import operator
import os
import pathlib
import pickle
import queue
import random as randoms
import re
import struct
import sys
import threading
import time
import types

import samples

S = samples


def recursive():
    l = [1]
    l.append(l)
    d = {1: 2}
    d["self"] = d
    t = ([],)
    t[0].append(t)
    q = collections.deque([1])
    q.append(q)
    o = collections.OrderedDict()
    o[1] = o
    f = collections.defaultdict(None)
    f[1] = f
    n = types.SimpleNamespace(a=1)
    n.me = n
    shared = [1]
    return [l, d, t, q, o, f, n, [shared, shared, [shared]]]


def exceptions():
    e = ValueError("x")
    e.note = 1
    return [
        ValueError(), ValueError(1), e, KeyError(("a", 1)), KeyError((1,)), OSError(2, "No"), OSError(2, "No", "f"),
        OSError(2, "No", "f", None, "g"), BlockingIOError(11, "x", 3), TimeoutError(110, "No", None),
        UnicodeDecodeError("utf8", b"a", 0, 1, "x"), ImportError("no", name="m"), StopIteration(5),
        ExceptionGroup("m", [ValueError(1), TypeError()]), SyntaxError("m", ("f", 1, 2, "t")), SystemExit(),
        queue.Empty(), queue.Full(), threading.BrokenBarrierError(), AttributeError("a", name="b"),
    ]


TEXTS = [
    "it's", 'say "hi"', "it's \"both\"", "\\", "\n\r\t\0\x07\x1b\x7f\x80\x9f\xa0\xad", "\u0378\u200b\u2028\ue000\uffff",
    "\U0001f600\U000e0001\U0010ffff", "\ud800\udfff", "中文", b"it's", b'"\'', bytes(range(256)), bytearray(b"x'"),
]

REALS = [
    0.0, -0.0, 1.0, 100.0, 1e15, 1e16, 1.5e16, 123456789012345680.0, 1e22, 1e-4, 1e-5, 0.00012345, 1.25e-7, 5e-324,
    1.7976931348623157e308, 0.1, 1 / 3, 2.5, 1e100, -1e-100, 9007199254740993.0, 9999999999999998.0,
    complex(1, -0.0), complex(-0.0, 1), complex(0, float("nan")), complex(float("inf"), -2), complex(1e20, 1e16),
    1.5e300 + 0.5j, -1j, complex(0, -0.0), complex(float("nan"), float("-inf")), complex(float("nan"), float("nan")),
]

CONTAINERS = [
    [[[]]], {"a": [1, {2: (3,)}], None: True}, {1: {2: {3: {}}}}, ([], {}, (), set(), frozenset()), [None, True, 1, 2.5],
    {(): ()}, frozenset([frozenset([1])]), [{1}, "a", b"b"],
    collections.Counter({"a": 1, "b": 3, "c": 3}), collections.Counter({"a": "x", "b": 1}),
    collections.defaultdict(list, {1: [2]}), collections.deque([[1], 2], 7),
    [fractions.Fraction(3, 6), S.D("1E-7"), S.D("1E-6"), S.D("-0.00"), S.D("123E+3"), S.D("12.3E+30"), S.D("sNaN5")],
    10**4299, -(10**4299), 2**200,
    slice(None, [1], "x"), [len, int, type(None), Exception, collections.OrderedDict, samples.Point], Ellipsis,
    iter(()), iter("a"), iter("é"), iter(b"x"), iter(range(3)), enumerate([1]), map(abs, [1]), reversed((1,)), samples.Point(1),
    [samples.Point(1), samples.Point(2)], samples.dt.datetime(2020, 2, 29, 1, 30, tzinfo=samples.berlin),
    [samples.dt.time(1, 2, fold=1, tzinfo=zone) for zone in (None, samples.dt.timezone.utc)],
    [samples.dt.datetime(2020, 2, 29, 1, fold=1, tzinfo=zone) for zone in (None, samples.dt.timezone.utc)],
]

CALLS = [
    operator.itemgetter(1), operator.itemgetter("a", [2]), operator.attrgetter("a.b", "c"), operator.methodcaller("m", 1),
    functools.partial(int), functools.partial(int, "3", base=2), functools.partial(len, {1: functools.partial(print, end="")}),
    ipaddress.ip_address("1.2.3.4"), ipaddress.ip_address("255.0.0.1"), ipaddress.ip_address("fe80::1%eth0"),
    ipaddress.ip_interface("10.0.0.1/8"), ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::/64"),
    ipaddress.ip_interface("::1/64"), re.compile("a+"), re.compile("it's", re.I | re.M | re.X), re.compile(b"a\xff"),
    re.compile("é" * 300), re.compile("a", re.A | re.S), itertools.count(3, 2),
    time.gmtime(0), os.stat_result(range(10)),
]


def wrappers():
    chain = collections.ChainMap({"a": 1})
    chain.maps.append({"self": chain})
    users = collections.UserList([1, "x"])
    users.append(users)
    return [
        collections.ChainMap({"a": 1}, {}), chain, collections.UserDict(a=[1]), collections.UserList([1, "x"]),
        users, collections.UserString("it's"), list[int], dict[str, list[int]], tuple[int, ...], tuple[()],
        collections.OrderedDict[str, samples.Point], int | str, int | None, list[int] | None | samples.Point,
        list[int | str], pathlib.PureWindowsPath("c:/x/y"), pathlib.PureWindowsPath("a\\b"), ipaddress.ip_address("::1"),
    ]


# Pickles of CPython 3.8 whose form has changed since: Fraction(1, 3), Fraction(-7), PosixPath("/a/b"),
# PurePosixPath("a/b"), PurePosixPath(), IPv6 addresses of several forms, and PureWindowsPath("c:/x/y"), ("a/b"),
# ("//server/share/x").
OLDER = """
80049524000000000000008c096672616374696f6e73948c084672616374696f6e9493948c03312f3394859452942e
80049523000000000000008c096672616374696f6e73948c084672616374696f6e9493948c022d3794859452942e
80049529000000000000008c07706174686c6962948c09506f736978506174689493948c012f948c0161948c016294879452942e
80049529000000000000008c07706174686c6962948c0d50757265506f736978506174689493948c0161948c016294869452942e
80049520000000000000008c07706174686c6962948c0d50757265506f736978506174689493942952942e
80049523000000000000008c09697061646472657373948c0b49507636416464726573739493944b01859452942e
80049523000000000000008c09697061646472657373948c0b49507636416464726573739493944b00859452942e
80049532000000000000008c09697061646472657373948c0b49507636416464726573739493948a0f000000000000000000000000000001859452942e
80049533000000000000008c09697061646472657373948c0b49507636416464726573739493948a10010000000000010000000000b80d0120859452942e
80049532000000000000008c09697061646472657373948c0b49507636416464726573739493948a0f080007000600050004000300020001859452942e
8004952e000000000000008c09697061646472657373948c0b49507636416464726573739493948a0b0000000000000000000001859452942e
80049531000000000000008c07706174686c6962948c0f5075726557696e646f7773506174689493948c03633a5c948c0178948c017994879452942e
8004952b000000000000008c07706174686c6962948c0f5075726557696e646f7773506174689493948c0161948c016294869452942e
80049539000000000000008c07706174686c6962948c0f5075726557696e646f7773506174689493948c0f5c5c7365727665725c73686172655c948c017894869452942e
"""


def boundaries():
    """Both sides of every place where str.isprintable changes its mind."""
    printable = [chr(c).isprintable() for c in range(sys.maxunicode + 1)]
    changes = [c for c in range(1, len(printable)) if printable[c] != printable[c - 1]]
    return "".join(chr(c - 1) + chr(c) for c in changes)


def random_floats():
    random = randoms.Random(1)
    bits = (random.getrandbits(64).to_bytes(8, "big") for _ in range(500))
    return [struct.unpack(">d", b)[0] for b in bits] + [random.uniform(-1e17, 1e17) for _ in range(100)]


# Sets of str print in another order in every process.
containers = [v for v in S.CONTAINERS if not (isinstance(v, set) and {"a", "b"} <= v)]
values = (
    S.NUMBERS + S.TEXTS + containers + S.STANDARD + S.OTHERS + TEXTS + REALS + CONTAINERS + exceptions() + recursive() + CALLS + wrappers()
    + [boundaries(), random_floats()]
)


def text_of(value):
    seen = {}

    def number(match):
        return "0x%x" % (0x7F0000000000 + 0x10 * seen.setdefault(match[0], len(seen) + 1))

    return re.sub("0x[0-9a-f]{6,}", number, repr(value))


def write(out, pickled):
    text = text_of(pickle.loads(pickled))
    out.write("%s\t%s\n" % (pickled.hex(), text.replace("\\", "\\\\").replace("\n", "\\n")))


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "repr.txt"), "w", encoding="utf8") as out:
    for value in values:
        pickles = []
        for protocol in (0, 2, 4, 5):
            try:
                p = samples.dumps(value, protocol)
                pickle.loads(p)
            except (TypeError, RecursionError, AttributeError, pickle.PicklingError):
                continue  # what the protocol cannot express
            if p not in pickles:
                pickles.append(p)
                write(out, p)
    for line in OLDER.split():
        write(out, bytes.fromhex(line))
