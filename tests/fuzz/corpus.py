# SPDX-License-Identifier: BSL-1.0
"""Writes the seeds of the fuzz targets: what CPython pickles, at every protocol, into DIRECTORY/pickles,
and requests and configuration files that are none into DIRECTORY/texts.

Usage: corpus.py DIRECTORY
"""

import collections
import datetime
import decimal
import enum
import fractions
import hashlib
import os
import pickle
import sys
import uuid
import xmlrpc.client


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


class Slots:
    __slots__ = ("a", "b")

    def __init__(self):
        self.a, self.b = 1, [2]


class Color(enum.Enum):
    RED = 1


class Setter:
    def __reduce__(self):
        return (Point, (1, 2), {"z": 3}, None, None, setattr_all)


def setattr_all(target, state):
    target.__dict__.update(state)


def values():
    shared = [1]
    cyclic = []
    cyclic.append(cyclic)
    recursive = ([],)
    recursive[0].append(recursive)
    point = Point(1, 2)
    point.self = point
    return [
        None, True, 0, -1, 255, 65536, -2 ** 31, 2 ** 63, -2 ** 70, 10 ** 300, 0.0, -0.5,
        float("inf"), float("nan"), 1j, "", "abc", "é\udc80\U0001f600", "x" * 300, b"", b"ab\0",
        bytearray(b"cd"), (), (1,), (1, 2, 3), (1, 2, 3, 4), [], [1, "a", None], {}, {"a": 1, 2: ()},
        set(), {1, 2}, frozenset({"a", 3}), [shared, shared, (shared,)], cyclic, recursive, point,
        Slots(), Color.RED, list(range(1100)), {i: str(i) for i in range(1100)}, "y" * 70000,
        datetime.datetime(2024, 2, 29, 1, 2, 3, 4, datetime.timezone.utc), datetime.timedelta(1, 2),
        decimal.Decimal("1.50"), fractions.Fraction(1, 3), uuid.UUID(int=5),
        collections.OrderedDict(a=1), collections.deque([1, 2], 5), collections.Counter("aab"),
        collections.defaultdict(list, a=[1]), range(3), slice(1, 2), len, int, KeyError("x"),
        OSError(2, "No", "f"), iter([1, 2]), reversed([1, 2]), type(None), ...,
    ]


def requests():
    return [
        (None, "create", ("dict",), {"a": 1}),
        ("0123456789abcdef", "__setitem__", ("k", [1, {"x": (2,)}]), {}),
        ("0123456789abcdef", "extend", ([Point(1, 2), Point(3, 4)],), {}),
        ["0123456789abcdef", "sort", [], {"key": len, "reverse": True}],
    ]


# Requests in XML-RPC, and configuration files.
TEXTS = [
    xmlrpc.client.dumps(((None, "create", ("list", [1, "a", None]), {"k": 1.5}),), allow_none=True),
    xmlrpc.client.dumps((("0123456789abcdef", "append", (b"ab", {"x": [True]}), {}),),
                        allow_none=True),
    '{"threads": 4, "max-message": "64mb", "objects": {"jobs": {"type": "Queue", "args": [100]}}}',
    '{"address": ["unix:/run/p"], "create": {"queue_*": {"type": "Queue"}}, "grace": 0.5}',
]


def write_pickles(directory):
    os.makedirs(directory, exist_ok=True)
    for value in values() + requests():
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            try:
                data = pickle.dumps(value, protocol)
            except Exception:  # what this protocol cannot express
                continue
            name = hashlib.sha1(data).hexdigest()[:16]
            with open(os.path.join(directory, name), "wb") as file:
                file.write(data)
    with open(os.path.join(directory, "state_setter"), "wb") as file:
        file.write(pickle.dumps(Setter(), 5))


def write_texts(directory):
    os.makedirs(directory, exist_ok=True)
    for number, text in enumerate(TEXTS):
        with open(os.path.join(directory, "text%d" % number), "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    write_pickles(os.path.join(sys.argv[1], "pickles"))
    write_texts(os.path.join(sys.argv[1], "texts"))
