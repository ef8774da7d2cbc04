# SPDX-License-Identifier: BSL-1.0
"""--compare-by-value: Enum members that are numbers or texts, and dataclasses that are ordered.

The answers are those of CPython's lists and dicts.
"""

import dataclasses
import decimal
import enum
import ipaddress
import unittest
from multiprocessing.managers import BaseManager, SyncManager

from interop.serving import Server


class Level(enum.IntEnum):
    low = 1
    high = 2


class Colour(str, enum.Enum):
    red = "r"
    blue = "b"


class Plain(enum.Enum):
    one = 1


class Ratio(float, enum.Enum):
    half = 0.5
    third = 0.25


class Size(enum.Enum):
    small = (1, 2)
    large = (0, 5)


class Price(decimal.Decimal):
    pass


class Cost(decimal.Decimal, enum.Enum):
    low = "1.50"
    high = "10"


class Tagged(int):
    def __new__(cls, number, tag):
        self = int.__new__(cls, number)
        self.tag = tag
        return self

    def __getnewargs__(self):
        return int(self), self.tag


class Tags(frozenset):
    pass


class Counted(int):
    def __getnewargs__(self):
        return (int(self),)


class Bits(enum.IntFlag):
    a = 1
    b = 2


@dataclasses.dataclass(order=True)
class Job:
    priority: int
    name: str = ""


class Manager(BaseManager):
    pass


for name in "dict", "list", "set", "PriorityQueue":
    Manager.register(name)

# Early releases of 3.11 send members by name.
BY_VALUE = Level.low.__reduce_ex__(2)[0] is Level


class CompareByValue(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--compare-by-value", __name__ + ".Level", __name__ + ".Colour",
                            __name__ + ".Bits", __name__ + ".J*", __name__ + ".Ratio",
                            __name__ + ".Size", __name__ + ".Price", __name__ + ".Cost",
                            __name__ + ".Tagged", __name__ + ".Counted", __name__ + ".Tags")
        cls.addClassCleanup(cls.server.__exit__)

    def setUp(self):
        self.manager = self.server.manager(Manager)

    @unittest.skipUnless(BY_VALUE, "this CPython sends members by name")
    def test_members_are_their_values(self):
        l = self.manager.list([Level.high, 1, Level.low, 1.5])
        self.assertEqual((l.count(1), l.index(2), l._callmethod("__contains__", (2,))), (2, 0, True))
        l.sort()
        self.assertEqual(l._callmethod("copy"), sorted([Level.high, 1, Level.low, 1.5]))
        d = self.manager.dict({Level.low: "low"})
        d.update({1: "one"})
        self.assertEqual(d.copy(), {1: "one"})
        self.assertIs(type(d.keys()[0]), Level)
        self.assertEqual(d.get(True), "one")
        d.update({Colour.red: 1, "r": 2, Bits.a | Bits.b: 3})
        self.assertEqual((d.get("r"), d.get(Colour.red), d.get(3), len(d)), (2, 2, 3, 3))
        texts = self.manager.list([Colour.red, "m", Colour.blue])
        texts.sort()
        self.assertEqual(texts._callmethod("copy"), [Colour.blue, "m", Colour.red])
        self.assertEqual(l._callmethod("__getitem__", (Level.low,)), 1)
        self.assertIn("Level", str(self.manager.list([Level.low])))

    @unittest.skipUnless(BY_VALUE, "this CPython sends members by name")
    def test_members_that_are_floats_tuples_and_decimals(self):
        l = self.manager.list([Ratio.half, 0.25, Ratio.third, 1])
        self.assertEqual((l.count(0.25), l.index(0.5)), (2, 0))
        l.sort()
        self.assertEqual(l._callmethod("copy"), [0.25, Ratio.third, Ratio.half, 1])
        self.assertEqual(self.manager.dict({Ratio.half: 1}).get(0.5), 1)
        sizes = self.manager.list([Size.small, (0, 6), Size.large])
        sizes.sort()
        self.assertEqual(sizes._callmethod("copy"), [Size.large, (0, 6), Size.small])

    def test_what_a_pickle_does_not_tell_is_refused_by_name(self):
        for item, other in ((Price("10"), Price("9")), (Price("10"), 10), (Price("10"), "10"),
                            (Tagged(5, "a"), 5), (Tagged(5, "a"), Tagged(5, "b"))):
            name = type(item).__name__
            with self.subTest(item=item, other=other):
                with self.assertRaisesRegex(TypeError, name):
                    self.manager.list([item, other]).sort()
                with self.assertRaisesRegex(TypeError, name):
                    self.manager.list([item]).count(other)
                with self.assertRaisesRegex(TypeError, name):
                    self.manager.dict().get(item)
        l = self.manager.list([Counted(5), 3])
        l.sort()
        self.assertEqual((l.count(5), l._callmethod("copy")), (1, [3, 5]))

    def test_without_it_texts_that_are_numbers_sort_where_both_orders_agree(self):
        with Server() as server:
            manager = server.manager(Manager)
            l = manager.list([Price("2.5"), Price("1.5")])
            l.sort()
            self.assertEqual(l._callmethod("copy"), [Price("1.5"), Price("2.5")])
            with self.assertRaisesRegex(TypeError, "'Price' and 'Price'"):
                manager.list([Price("10"), Price("9")]).sort()

    def test_subclasses_of_set_are_sets(self):
        tags, same = Tags("ab"), Tags(["b", "a", "b"])
        d = self.manager.dict({tags: 1})
        self.assertEqual((d.get(frozenset("ab")), d.get(same), d.get(Tags("a"))), (1, 1, None))
        l = self.manager.list([Tags("abc"), frozenset("a"), tags])
        self.assertEqual((l.count({"a", "b"}), l.index(same)), (1, 2))
        l.sort()
        self.assertEqual(l._callmethod("copy"), [{"a"}, {"a", "b"}, {"a", "b", "c"}])
        self.assertEqual(set(self.manager.list(tags)._callmethod("copy")), {"a", "b"})
        with Server() as server:
            with self.assertRaisesRegex(TypeError, "'Tags' and 'Tags'|'Tags' and 'frozenset'"):
                server.manager(Manager).list([tags, Tags("a")]).sort()

    @unittest.skipUnless(BY_VALUE, "this CPython sends members by name")
    def test_members_of_other_classes_are_not(self):
        d = self.manager.dict({Plain.one: "plain", 1: "one"})
        self.assertEqual(len(d), 2)
        with self.assertRaisesRegex(TypeError, "'Plain'"):
            self.manager.list([Plain.one, 1]).sort()

    def test_dataclasses_are_ordered_by_their_fields(self):
        jobs = [Job(2, "a"), Job(1, "z"), Job(1, "b"), Job(3)]
        l = self.manager.list(jobs)
        l.sort()
        self.assertEqual(l._callmethod("copy"), sorted(jobs))
        l.sort(reverse=True)
        self.assertEqual(l._callmethod("copy"), sorted(jobs, reverse=True))
        q = self.manager.PriorityQueue()
        for job in jobs:
            q.put(job)
        self.assertEqual([q.get() for _ in jobs], sorted(jobs))
        with self.assertRaisesRegex(TypeError, "'str' and 'int'|'int' and 'str'"):
            self.manager.list([Job("x"), Job(1)]).sort()
        with self.assertRaisesRegex(TypeError, "'Job' and 'int'|'int' and 'Job'"):
            self.manager.list([Job(1), 1]).sort()

    @unittest.skipUnless(BY_VALUE, "this CPython sends members by name")
    def test_without_it_a_member_is_its_int_where_only_an_int_may_stand(self):
        with Server() as server:
            m = server.manager(SyncManager)
            l = m.list([4, 5, 6])
            self.assertEqual((l[Level.low], l[Level.high:], l.pop(Level.low)), (5, [6], 5))
            self.assertEqual((l * Level.high, m.Array("i", [Level.high])[:].tolist()),
                             ([4, 6, 4, 6], [2]))
            shared = m.Queue(Level.low)
            shared.put(1)
            self.assertTrue(shared.full())
            semaphore = m.Semaphore(Level.high)
            self.assertEqual([semaphore.acquire(False) for _ in range(3)], [True, True, False])
            self.assertEqual((m.list([1]).count(Level.low), m.dict({1: 2}).get(Level.low)), (0, None))
            with self.assertRaises(TypeError):
                l[ipaddress.ip_address("0.0.0.1")]

    def test_without_it_they_are_refused_by_name(self):
        with Server() as server:
            with self.assertRaisesRegex(TypeError, "'Job' and 'Job'"):
                server.manager(Manager).list([Job(2), Job(1)]).sort()


if __name__ == "__main__":
    unittest.main()
