# SPDX-License-Identifier: BSL-1.0
"""The containers and queues that programs register by their standard classes answer what CPython's
manager answers to the same calls, under their own names, under a program's, and from a
configuration."""

import collections
import datetime
import decimal
import fractions
import json
import os
import queue
import random
import sys
import tempfile
import threading
import types
import unittest
from multiprocessing import get_context
from multiprocessing.managers import BaseManager, SyncManager

from interop.manager.oracle import OracleTest, outcome
from interop.serving import PROGRAM, Server

DICT = """__contains__ __delitem__ __getitem__ __iter__ __len__ __setitem__ clear copy get items keys
    pop popitem setdefault update values""".split()
SURFACE = {
    "Counter": (collections.Counter, DICT + ["elements", "most_common", "subtract", "total"]),
    "OrderedDict": (collections.OrderedDict, DICT + ["__reversed__", "fromkeys", "move_to_end"]),
    "defaultdict": (collections.defaultdict, DICT + ["__reversed__", "__missing__", "fromkeys"]),
    "deque": (collections.deque, """__contains__ __delitem__ __getitem__ __iter__ __len__
        __reversed__ __setitem__ append appendleft clear copy count extend extendleft index insert
        pop popleft remove reverse rotate""".split()),
    "bytearray": (bytearray, """__contains__ __delitem__ __getitem__ __iter__ __len__ __setitem__
        append capitalize center clear copy count decode endswith expandtabs extend find fromhex hex
        index insert isalnum isalpha isascii isdigit islower isspace istitle isupper join ljust lower
        lstrip maketrans partition pop remove removeprefix removesuffix replace reverse rfind rindex
        rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title translate
        upper zfill""".split()),
    "PriorityQueue": (queue.PriorityQueue, None),
    "LifoQueue": (queue.LifoQueue, None),
    "SimpleQueue": (queue.SimpleQueue, None),
}


class Oracle(SyncManager):
    """CPython's server; its objects are of these classes."""


class Client(SyncManager):
    """As a program that connects registers them."""


class Started(BaseManager):
    """As a program that starts its manager registers them: `Jobs` is a name of its own."""


for name, (factory, exposed) in SURFACE.items():
    Oracle.register(name, factory, exposed=exposed)
    Client.register(name)
    Started.register(name, factory)
Started.register("Jobs", queue.PriorityQueue)

KEYS = ["a", "b", "c", 1, 1.0, True, (1, 2), None, []]
COUNTS = [0, 1, 2, -1, 2.5, True]
VALUES = [1, "x", None, (1,), [2], 1.0, True]
INDICES = [0, 1, -1, 2, 7, -9, True, "x", None]
SLICES = [slice(None), slice(1, 3), slice(None, None, 2), slice(4, None, -2), slice(3, 1)]
ITERABLES = [[], "abca", [1, 2, 1], (3,), {"a": 2}, collections.Counter("ab"), 5, [[]], range(3)]
MAPPINGS = [{"a": 1}, {"b": 2, "c": 3}, [("a", 5)], collections.OrderedDict(z=1), 7, ["ab"], ["abc"]]

# What is called, and by what arguments; each a pool to pick one from.
MAP_CALLS = [
    ("__contains__", KEYS), ("__delitem__", KEYS), ("__getitem__", KEYS), ("__iter__",),
    ("__len__",), ("__setitem__", KEYS, COUNTS), ("clear",), ("copy",), ("get", KEYS),
    ("get", KEYS, VALUES), ("items",), ("keys",), ("pop", KEYS[:-1]), ("pop", KEYS[:-1], VALUES),
    ("setdefault", KEYS, COUNTS), ("values",)]
CALLS = {
    "Counter": MAP_CALLS + [
        ("elements",), ("most_common",), ("most_common", [0, 1, 2, -1, 99, 2 ** 70, -2 ** 70]),
        ("subtract", ITERABLES), ("update", ITERABLES), ("update", ITERABLES),
        ("popitem",)],
    # CPython cannot send the views of an OrderedDict.
    "OrderedDict": [call for call in MAP_CALLS if call[0] not in ("items", "keys", "values")] + [
        ("fromkeys", ITERABLES), ("fromkeys", ITERABLES, VALUES),
        ("__reversed__",), ("move_to_end", KEYS[:-1]), ("move_to_end", KEYS[:-1], [True, False]),
        ("popitem",), ("popitem", [True, False]), ("update", MAPPINGS[:-1])],
    "defaultdict": MAP_CALLS + [
        ("fromkeys", ITERABLES), ("fromkeys", ITERABLES, VALUES),
        ("__reversed__",), ("__missing__", KEYS), ("popitem",), ("update", MAPPINGS)],
    "deque": [
        ("__contains__", VALUES), ("__delitem__", INDICES), ("__getitem__", INDICES),
        ("__iter__",), ("__len__",), ("__setitem__", INDICES, VALUES), ("append", VALUES), ("append", VALUES), ("appendleft", VALUES), ("clear",), ("copy",),
        ("count", VALUES), ("extend", ITERABLES), ("extendleft", ITERABLES), ("index", VALUES),
        ("index", VALUES, INDICES, INDICES), ("insert", INDICES, VALUES), ("pop",), ("popleft",),
        ("remove", VALUES), ("reverse",), ("rotate",), ("rotate", [0, 1, 2, -1, -5, 40, "x", 1.5])],
}
BYTES = [0, 97, 98, 255, 300, -1, "a", None, 1.5]
SOUGHT = [97, b"a", b"bc", b"", bytearray(b"ab"), 300, "a", None]
CALLS["bytearray"] = [
    ("__contains__", SOUGHT), ("__delitem__", INDICES), ("__delitem__", SLICES),
    ("__getitem__", INDICES), ("__getitem__", SLICES), ("__iter__",), ("__len__",),
    ("__setitem__", INDICES, [0, 97]), ("__setitem__", SLICES, [b"xy", b"", [1, 2], "ab", 5, [300]]),
    ("append", BYTES), ("clear",), ("copy",), ("count", SOUGHT), ("count", SOUGHT, [0, 1, -2, 99]),
    ("startswith", [b"ab", (b"x", b"a"), "a", 5]), ("endswith", [b"bc", b""], [0, 2, -1], [3, 9]),
    ("extend", [b"abc", [97, 98], "ab", 5, [300], bytearray(b"cab")]), ("find", SOUGHT),
    ("find", SOUGHT, [0, 1, -2, 99, None], [2, -1, 99]), ("hex",), ("index", SOUGHT),
    ("insert", INDICES, BYTES), ("pop",), ("pop", INDICES), ("remove", BYTES), ("reverse",),
    ("rfind", SOUGHT), ("rfind", SOUGHT, [0, 1, -2, 99]), ("rindex", SOUGHT)]
CALLS["bytearray"] += [(name,) for name in """capitalize isalnum isalpha isascii isdigit islower
    isspace istitle isupper lower swapcase title upper splitlines split rsplit strip lstrip rstrip
    expandtabs decode""".split()]
CALLS["bytearray"] += [(name, [b"a", b"ab", b"", b"c", "a", None]) for name in """strip lstrip rstrip
    removeprefix removesuffix partition rpartition split rsplit""".split()
    if hasattr(bytearray, name)]  # two of them from 3.9 on
CALLS["bytearray"] += [
    ("center", [0, 5, 8, 9, "x"]), ("center", [9, 10], [b"*", b"**", "x"]), ("ljust", [9]),
    ("rjust", [9]), ("zfill", [0, 9]), ("split", [b"b", None], [0, 1, 2, -1]),
    ("rsplit", [b"b", None], [0, 1, 2, -1]), ("replace", [b"a", b"", b"bc"], [b"", b"xy"]),
    ("replace", [b"a"], [b"x"], [0, 1, 2, -1]), ("expandtabs", [0, 1, 4, -1]),
    ("join", [[], [b"x"], [b"x", bytearray(b"y")], [1], 5]), ("hex", [":", b"-", "", 5]),
    ("hex", ["_"], [0, 1, 2, -2, 9]), ("fromhex", ["", "61 62", "6", "6x", " 6a"]),
    ("maketrans", [b"abc"], [b"xyz", b"x"]), ("translate", [None, bytes(range(1, 256)) + b"a", b"x"]),
    ("translate", [None], [b"a"]), ("splitlines", [True, False, 5]),
    ("decode", ["utf-8", "ascii", "latin-1"])]
if hasattr(collections.Counter, "total"):  # from 3.10 on
    CALLS["Counter"].append(("total",))
MADE_OF = {
    "bytearray": [(), (b"abcabc",), (b" a\tB c\r\n\n-07d\x0b",), (b"-42",), (b"\xc3\xa9\xff",), (5,), ([97, 98, 99],), ("abc", "utf-8"), ("abc",), (-1,), (1.5,),
                  ([300],), (2 ** 70,), (-2 ** 70,), ("aé", "latin1"), ("aé€€", "latin_1"),
                  ("aé", "ascii"), ("aé", "UTF_8"), ("a\ud800\ud801", "utf-8"), ("a", 5)],
    "Counter": [(), ("abracadabra",), ({"a": 3, "b": 1},), (5,), (1, 2)],
    "OrderedDict": [(), ([("b", 1), ("a", 2)],), ({"x": 1},), (5,)],
    "defaultdict": [(), (int,), (list,), (str, {"a": "b"}), (int, [("a", 1)]), (1,), (None, {"q": 1}),
                    (collections.OrderedDict,), (set,), (decimal.Decimal,), (fractions.Fraction,),
                    (complex,), (bytearray,), (datetime.timedelta,), (types.SimpleNamespace,)],
    "deque": [(), ([1, 2, 3],), ("abc", 2), ([1, 2, 3], 0), ([], None), (5,), ([], -1), ([], "x")],
}


class CollectionsTest(OracleTest):
    ORACLE, CLIENT = Oracle, Client

    def test_random_calls_of_containers(self):
        for typeid, calls in CALLS.items():
            for seed, args in enumerate(MADE_OF[typeid]):
                with self.subTest(type=typeid, args=args):
                    chance = random.Random(seed)
                    twin = self.make(typeid, *args)
                    for _ in range(120 if twin else 0):
                        method, *pools = chance.choice(calls)
                        twin.call(method, *[chance.choice(pool) for pool in pools])
                        twin.same_value()
                        # Before 3.12 an OrderedDict prints a list of pairs.
                        if typeid != "OrderedDict" or sys.version_info >= (3, 12):
                            twin.ask("its text", str)

    def test_queues_order_their_items(self):
        for typeid in "PriorityQueue", "LifoQueue", "SimpleQueue":
            for seed in range(5):
                chance = random.Random(seed)
                twin = self.make(typeid)
                for n in range(60):
                    if chance.random() < 0.6:
                        twin.call("put", (chance.randrange(50), n))
                    else:
                        twin.call("get", False)
                    twin.call("qsize")
                    twin.call("empty")

    def test_bounded_queues(self):
        for typeid in "PriorityQueue", "LifoQueue":
            twin = self.make(typeid, 2)
            for method, *args in (("put", 3), ("put_nowait", 1), ("put_nowait", 2), ("full",),
                                  ("get",), ("task_done",), ("task_done",), ("task_done",),
                                  ("get_nowait",), ("get_nowait",), ("get", True, 0.01)):
                twin.call(method, *args)

    def test_an_item_that_cannot_be_compared_is_refused_at_put(self):
        jobs = self.managers[1].PriorityQueue()
        jobs.put((1, "a"))
        with self.assertRaises(TypeError):
            jobs.put("text")
        with self.assertRaises(TypeError):
            jobs.put((1, 2))
        self.assertEqual((jobs.qsize(), jobs.get()), (1, (1, "a")))

    def test_the_newer_item_is_asked_whether_it_is_less(self):
        for items in (1, "a"), ("a", 1), ((1, 2), (1, "a")), (None, 1), ([1], (1,)):
            twin = self.make("PriorityQueue")
            for item in items:
                twin.call("put", item)

    def test_items_of_one_priority_leave_in_the_order_in_which_they_came(self):
        jobs = self.managers[1].PriorityQueue()
        for item in 1.0, 1, True, 0:
            jobs.put(item)
        self.assertEqual([repr(jobs.get()) for _ in range(4)], ["0", "1.0", "1", "True"])

    def test_counting_is_atomic(self):
        counter = self.managers[1].Counter()

        def count():
            mine = self.server.manager(Client)
            shared = mine.Counter()
            for _ in range(200):
                counter.incr("hits")
                shared.incr("own", 2)
            self.assertEqual(shared.get("own"), 400)

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(counter.get("hits"), 800)
        self.assertEqual((counter.decr("hits", 800), counter.incr("new")), (0, 1))
        self.assertTrue(counter.compare_and_set("new", 1, 7))
        self.assertFalse(counter.compare_and_set("new", 1, 8))
        self.assertTrue(counter.compare_and_set("absent", 0, 1))
        self.assertEqual(counter.copy(), collections.Counter(hits=0, new=7, absent=1))
        self.assertEqual(counter.incr("new", 2 ** 63 - 1), 2 ** 63 + 6)

    def test_counts_of_any_size(self):
        mine, shared = collections.Counter(), self.managers[1].Counter()
        for given in ({"a": 2 ** 63 - 1, "b": 2 ** 70, "c": -2 ** 63}, "aabc", {"b": 1.5, "a": -1},
                      {"c": 10 ** 300, "b": 2 ** 80}):
            for method in "update", "subtract", "subtract":
                getattr(mine, method)(given)
                getattr(shared, method)(given)
                self.assertEqual(shared.copy(), mine)
        with self.assertRaises(OverflowError):
            shared.update(dict.fromkeys(shared.keys(), 10 ** 400)), shared.incr("b", .5)

    def test_a_factory_that_would_have_to_be_run_is_named(self):
        with self.assertRaisesRegex(Exception, "interop.*outcome"):
            self.managers[1].defaultdict(outcome)

    def test_started_by_the_program_that_registers_them(self):
        context = get_context("spawn")
        context.set_executable(PROGRAM)
        self.addCleanup(context.set_executable, sys.executable)
        with Started(ctx=context) as manager:
            jobs = manager.Jobs()
            jobs.put(2), jobs.put(1)
            self.assertEqual((jobs.get(), jobs.get()), (1, 2))
            recent = manager.deque(range(5), maxlen=2)
            recent.append(9)
            self.assertEqual(recent.copy(), collections.deque([4, 9], maxlen=2))
            counter = manager.Counter("abba")
            self.assertEqual(counter.most_common(1), [("a", 2)])

    def test_named_in_a_configuration(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"objects": {"jobs": {"type": "PriorityQueue"},
                                   "recent": {"type": "deque", "args": [[1, 2], 2]}}}, file)
            file.flush()
            with Server("--config", file.name) as server:
                class Named(BaseManager):
                    pass
                Named.register("jobs")
                Named.register("recent")
                manager = server.manager(Named)
                manager.jobs().put(2)
                manager.jobs().put(1)
                self.assertEqual(manager.jobs().get(), 1)
                manager.recent().append(3)
                self.assertEqual(list(manager.recent().copy()), [2, 3])


if __name__ == "__main__":
    unittest.main()
