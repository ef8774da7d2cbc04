# SPDX-License-Identifier: BSL-1.0
"""Containers answer what CPython's manager answers to the same calls: some of each, then random."""

import array
import collections
import datetime
import decimal
import fractions
import operator
import os
import random
import sys
import unittest

from interop.manager.oracle import SURFACE, OracleTest

VALUES = [None, True, False, 0, 1, 2, 3, -1, 1.0, 2.5, -0.0, float("inf"), float("nan"), 2 ** 70,
          float(2 ** 70), 1j, "", "a", "b", "é", "\ud800", b"a", bytearray(b"a"), (), (1, 2),
          (1.0, 2), [], [1], [1.0], {}, {"a": 1}, set(), {1, 2}, frozenset([1, 2]), range(3),
          Ellipsis, slice(0, 2), datetime.date(2020, 1, 2), datetime.timedelta(seconds=1),
          decimal.Decimal("2"), fractions.Fraction(1, 2), collections.OrderedDict(a=1), int,
          ValueError("x", 1)]
KEYS = [0, 1, 2, 1.0, True, "a", "b", "c", (1, 2), (1.0, 2), None, b"a", 2 ** 70, 0.5,
        frozenset([1]), decimal.Decimal(2), fractions.Fraction(1, 2), datetime.date(2020, 1, 2),
        float("inf"), 1 + 0j, [], {}]
ITERABLES = [(), "ab", [1, 2], (3, None), {"k": 1}, {7}, range(2), b"ab", 5, None,
             collections.deque([1]), [("a", 1)], ["ab", "cd"], [(1, 2), (2, 3)], [[]],
             collections.Counter("aab"), collections.OrderedDict(b=2)]
SLICES = [slice(None), slice(1, 3), slice(None, None, 2), slice(None, None, -1), slice(3, 1),
          slice(-2, None), slice(None, None, 0), slice(1, 2, 0.5)]
INDICES = [0, 1, 2, -1, -2, 5, -9, True, 2 ** 70, "x", None, 1.0]


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __repr__(self):
        return "Point(%r, %r)" % (self.x, self.y)


class Slots:
    __slots__ = "x",

    def __init__(self, x):
        self.x = x

    def __repr__(self):
        return "Slots(%r)" % (self.x,)


class Random:
    """Arguments by chance, the same in every run."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, *pools):
        return self.random.choice(self.random.choice(pools))

    def call(self, calls):
        """A method's name, and arguments for it: as it takes them, or some number of any."""
        method = self.random.choice(sorted(calls))
        if self.random.random() < 0.05:
            return method, [self.pick(VALUES) for _ in range(self.random.randrange(4))], {}
        made = self.random.choice(calls[method])(self)
        kwds = made.pop() if made and isinstance(made[-1], Keywords) else {}
        return method, made, kwds


class Keywords(dict):
    """Marks the last of some arguments as their keywords."""


def takes(*pools):
    return lambda chance: [chance.pick(*pool) if isinstance(pool, tuple) else chance.pick(pool)
                           for pool in pools]


def with_keywords(pools, **keywords):
    return lambda chance: takes(*pools)(chance) + [
        Keywords((name, chance.pick(pool)) for name, pool in keywords.items()
                 if chance.random.random() < 0.7)]


NOTHING = takes()
LIST = {
    "__add__": [takes(([[1], ["x", None]], ITERABLES))],
    "__contains__": [takes(VALUES)], "count": [takes(VALUES)], "remove": [takes(VALUES)],
    "index": [takes(VALUES), takes(VALUES, INDICES), takes(VALUES, INDICES, INDICES)],
    "__delitem__": [takes((INDICES, SLICES))], "__getitem__": [takes((INDICES, SLICES))],
    "__setitem__": [takes(INDICES, VALUES), takes(SLICES, ITERABLES)],
    "__imul__": [takes([0, 1, 2, -1, True, "x", 1.5, 2 ** 70])],
    "__mul__": [takes([0, 1, 2, -1, "x"])], "__rmul__": [takes([0, 1, 2, None])],
    "__len__": [NOTHING], "__reversed__": [NOTHING], "append": [takes(VALUES)],
    "clear": [NOTHING], "copy": [NOTHING], "extend": [takes(ITERABLES)],
    "insert": [takes(INDICES, VALUES)], "pop": [NOTHING, takes(INDICES)], "reverse": [NOTHING],
}
DICT = {
    "__contains__": [takes(KEYS)], "__delitem__": [takes(KEYS)], "__getitem__": [takes(KEYS)],
    "__ior__": [takes(ITERABLES)], "__or__": [takes(ITERABLES)], "__ror__": [takes(ITERABLES)],
    "__iter__": [NOTHING], "__reversed__": [NOTHING], "__len__": [NOTHING],
    "__setitem__": [takes(KEYS, VALUES)] * 4, "clear": [NOTHING], "copy": [NOTHING],
    "fromkeys": [takes(ITERABLES), takes(ITERABLES, VALUES)],
    "get": [takes(KEYS), takes(KEYS, VALUES)], "items": [NOTHING], "keys": [NOTHING],
    "values": [NOTHING], "pop": [takes(KEYS[:-2]), takes(KEYS[:-2], VALUES)], "popitem": [NOTHING],
    "setdefault": [takes(KEYS), takes(KEYS, VALUES)],
    "update": [NOTHING, takes(ITERABLES), with_keywords((ITERABLES,), a=VALUES, zz=VALUES)],
}
# Of equal elements, which one stays is asked by the recorded calls; here they are all different,
# and the order of what a set gives does not count.
ELEMENTS = [0, 1, 2, 3, "a", "b", (1, 2), None, b"a", frozenset([1]), [], {}, {0, 1}, {9}]
OTHERS = [set(), {0, 1}, {1, 2, 3}, frozenset(["a", 2]), {(1, 2), None}, [0, "b"], "ab", {3: 4},
          range(2), 5, None, [[]], ({1}, [])]
SET = {name: [takes(OTHERS)] for name in SURFACE["set"]}
SET.update({name: [NOTHING] for name in ("__iter__", "__len__", "clear", "copy")})
SET.update({name: [takes(ELEMENTS)] for name in ("__contains__", "discard", "remove")})
SET["add"] = [takes(ELEMENTS)] * 6
del SET["__iter__"], SET["pop"]  # their order is nobody's promise
SET["__class_getitem__"] = [takes([int, (int, str)])]
for _name in ("union", "update", "difference", "difference_update", "intersection",
              "intersection_update"):
    SET[_name] = [NOTHING, takes(OTHERS), takes(OTHERS, OTHERS)]
ARRAY = {
    "__len__": [NOTHING], "__getitem__": [takes((INDICES, SLICES))],
    "__setitem__": [takes(INDICES, [0, 1, -1, 127, 128, 2 ** 31, 2 ** 63, 2 ** 70, 1.5, "x", None]),
                    takes(SLICES, [[1], (), 5])],
}
VALUE = {"get": [NOTHING], "set": [takes(VALUES), with_keywords((), value=VALUES)]}
NAMES = ["x", "y", "_z", "__class__", "é", 5, b"x"]
NAMESPACE = {"__getattribute__": [takes(["x", "y", "_z", "é", 5, b"x"])],
             "__setattr__": [takes(["x", "y", "_z", "é", 5], VALUES)],
             "__delattr__": [takes(["x", "y", "_z", "é", 5])]}

# What this interpreter's own containers do not have yet: 3.8's lack these.
LATER = {name for typeid, factory in (("dict", dict), ("set", set))
         for name in SURFACE[typeid] if not hasattr(factory, name)}


class Containers(OracleTest):
    def calls_by_chance(self, seed, make, calls, objects=20, length=60):
        chance = Random(seed)
        calls = {name: made for name, made in calls.items() if name not in LATER}
        for _ in range(objects):
            twin = make(chance)
            for _ in range(length):
                method, args, kwds = chance.call(calls)
                twin.call(method, *args, **kwds)
                twin.same_value()

    def test_the_newest_surface_is_what_is_compared(self):
        elsewhere = {"sort", "pop", "__iter__"}
        for typeid, calls in ("list", LIST), ("dict", DICT), ("set", SET):
            self.assertEqual(set(calls) | elsewhere, set(SURFACE[typeid]) | elsewhere)
            newest = getattr(self.managers[1], typeid)()
            self.assertEqual(list(newest._manager._create(typeid)[1]),
                             SURFACE[typeid] + ["__iter__"] * (typeid == "dict"))

    def test_sort(self):
        get = operator.itemgetter
        texts, rows = ["b", "A", "É", "ß", "a", "SS"], [("b", 2), ("a", 3), ("c", 1), ("a", 1)]
        records = [{"n": 2, "k": "x"}, {"n": 1, "k": "y"}, {"n": 2, "k": "w"}]
        for items, keys in (
            (texts, (None, len, str, str.lower, str.upper, str.casefold, get(0), int, abs)),
            ([3, -1, 2.5, True, -7, 2 ** 70], (None, abs, str, int, float, len, str.lower)),
            (["10", " 9 ", "-3", "1_0"], (int, float, str)),
            (rows, (None, get(1), get(0, 1), get(-1), get(5), get("x"), get(slice(0, 1)), len)),
            (records, (get("n"), get("n", "k"), get("z"), len)),
            (list(range(3000, 0, -7)) * 2, (None, str)),
            ([[2], [1, 5], []], (None, len)), ([], (None, len)), ([1], (5, "x", int)),
            ([array.array("i", [3, 1]), array.array("i", [2])], (len, min, max, sum, tuple, list,
                                                                get(0), get(-1), get(7))),
            ([range(5), range(2), range(3, 9)], (len, sum, get(0), tuple, max)),
            ([collections.deque([3, 1]), collections.deque([2])], (len, min, list, get(0), get(9))),
            ([{3: 1, 4: 2}, {2: 0}], (len, min, sum, tuple)),
            ([collections.Counter("aab"), collections.Counter("b")], (len, min, get("a"))),
            ([3, -1, 2.5], (operator.neg, bool, repr)), ([[], [0.5], [1, 2]], (sum, bool, max)),
            (texts, (ord, min, tuple, list)), (["b", "a", "é"], (ord, str.upper)),
            ([" b", "A ", "a"], (str.strip, str.lstrip, str.rstrip, repr,
                                 operator.methodcaller("lower"), operator.methodcaller("strip"))),
            (["/x/c", "a/b", "a", "b/"], (os.path.basename,)),
            ([Point(2, "a"), Point(1, "b")], (operator.attrgetter("x"),
                                              operator.attrgetter("y", "x"))),
            ([Slots(2), Slots(1)], (operator.attrgetter("x"),)),
            ([Point(Slots(2), 0), Point(Slots(1), 0)], (operator.attrgetter("x.x"),)),
        ):
            for key in keys:
                for reverse in (False, True, 1):
                    twin = self.make("list", items)
                    twin.call("sort", key=key, reverse=reverse)
                    if twin.answer[0] == "returned":
                        twin.same_value()

    @unittest.skipIf(sys.version_info < (3, 12), "adds floats up as they come")
    def test_sort_by_sums_of_floats(self):
        items = [[0.5], [1e16, 1.0, -1e16], [0.1] * 10, [1.0], [1e16, 1, -1e16], [2 ** 70, 1.0, .5],
                 [1e16, 1.0, 2 ** 70, 1.0, -2.0 ** 70, -1e16], [True, 1e16, 1.0, -1e16],
                 [float("inf"), 1.0], [1e308, 1e308, -1e308], [2 ** 62, 2 ** 62, .5, -2.0 ** 63]]
        for reverse in False, True:
            twin = self.make("list", items)
            twin.call("sort", key=sum, reverse=reverse)
            twin.same_value()

    def test_what_may_not_even_be_compared(self):
        signaling = decimal.Decimal("sNaN")
        for other in (signaling, decimal.Decimal(1), 1, 2.5, True, fractions.Fraction(1, 2), 1 + 0j,
                      1j, "a", None, [signaling]):
            for items, sought in ([signaling], other), ([other], signaling), ([[1, signaling]], [1, other]):
                twin = self.make("list", items)
                for method in "count", "index", "__contains__", "remove":
                    twin.call(method, sought)
            self.make("list", [signaling, other]).call("sort")
        self.make("dict", {1: 2}).call("get", signaling)

    def test_pop_and_iteration_of_a_set(self):
        for items in [], ["a"], range(20):
            twin = self.make("set", items)
            twin.ask("iter", lambda proxy: set(proxy._callmethod("__iter__")))
            twin.ask("pop", lambda proxy: {proxy.pop() for _ in items})
            twin.call("pop")
            twin.same_value()

    def test_list(self):
        self.calls_by_chance(1, lambda chance: self.make("list", [3, 1, 2]), LIST)

    def test_dict(self):
        self.calls_by_chance(2, lambda chance: self.make("dict", {"a": 1, 2: None}), DICT)

    def test_set(self):
        self.calls_by_chance(3, lambda chance: self.make("set", ["a", 1]), SET)

    def test_array(self):
        self.calls_by_chance(4, lambda chance: self.make(
            "Array", chance.pick("bBhHiIlLqQfd"), range(5)), ARRAY, length=30)

    def test_value(self):
        self.calls_by_chance(5, lambda chance: self.make("Value", "i", 5), VALUE, objects=3)

    def test_namespace(self):
        self.calls_by_chance(6, lambda chance: self.make("Namespace", x=1), NAMESPACE, objects=5)


if __name__ == "__main__":
    unittest.main()
