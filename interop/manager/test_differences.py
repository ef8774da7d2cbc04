# SPDX-License-Identifier: BSL-1.0
"""The differences from CPython's manager that docs/differences.md lists, as both servers show them."""

import datetime
import decimal
import fractions
import unittest

from interop.manager.differences import (
    Data, Iterable, Number, Ordered, Plain, Point, Text, negative)
from interop.manager.oracle import OracleTest, outcome


class Differences(OracleTest):
    def answers(self, program):
        """What CPython and we make of `program(manager)`: the value, or the exception's name."""
        answers = []
        for manager in self.managers:
            kind, value = outcome(lambda: program(manager))[:2]
            answers.append(value[1] if kind == "returned" else str(value).rpartition(".")[2])
        return tuple(answers)

    def test_keys_and_equality_of_instances(self):
        def found(stored, asked):
            return lambda manager: manager.dict({stored: 1}).get(asked) == 1
        self.assertEqual(self.answers(found(Plain(1), Plain(1))), ("False", "True"))
        self.assertEqual(self.answers(found(Number.ONE, 1)), ("True", "False"))
        self.assertEqual(self.answers(lambda m: Plain(1) in m.list([Plain(1)])), ("False", "True"))
        self.assertEqual(
            self.answers(lambda m: m.dict().setdefault(Data(1), 1)), ("TypeError", "1"))

    def test_instances_that_compare_as_they_do(self):
        def found(stored, asked):
            return lambda manager: (manager.dict({stored: 1}).get(asked),
                                    manager.list([stored]).count(asked))
        zone = datetime.timezone(datetime.timedelta(hours=1))
        utc = datetime.timezone.utc
        for stored, asked in (
            (decimal.Decimal(2), 2), (fractions.Fraction(2), decimal.Decimal(2)), (1 + 0j, True),
            (datetime.datetime(2020, 1, 1, 1, tzinfo=utc),
             datetime.datetime(2020, 1, 1, 2, tzinfo=zone)),
            (Number.ONE, Number.ONE), (Point(1, 2), Point(1, 2)), (Point(1, 2), (1, 2)), (int, int), (len, len),
        ):
            self.same(found(stored, asked))

    def test_texts_of_instances(self):
        theirs, ours = self.answers(lambda m: str(m.list([Plain(1)])))
        self.assertEqual(theirs, "'[Plain(1)]'")
        self.assertEqual(ours, "'[<interop.manager.differences.Plain object at 0x>]'")

    def test_sort(self):
        def order(items, key=None):
            def program(manager):
                l = manager.list(items)
                l.sort(key=key)
                return [getattr(item, "x", item) for item in l]
            return program
        self.assertEqual(self.answers(order([1, 2], negative))[1], "TypeError")
        self.assertEqual(self.answers(order([Number.ONE, 0]))[1], "TypeError")
        self.assertEqual(self.answers(order([Ordered(2), Ordered(1)]))[1], "TypeError")
        # Early releases of 3.11 pickle a member by its name.
        by_value = Number.ONE.__reduce_ex__(4)[0] is Number
        members = [Number.TWO, Number.ONE], [Text.B, Text.A]
        for items in members if by_value else ():
            theirs, ours = self.answers(order(items))
            self.assertEqual(ours, theirs)
        self.same(order([Point(2, "x"), Point(1, "y"), (1, "z")]))

        def failed(manager):
            l = manager.list([2, 3, 1, "a", 0])
            self.assertRaises(TypeError, l.sort)
            return str(l)
        self.assertEqual(self.answers(failed), 
                         ("\"[1, 2, 3, 'a', 0]\"", "\"[2, 3, 1, 'a', 0]\""))

    def test_what_runs_python(self):
        for program, error in (
            (lambda m: list(m.list(Iterable(1))), "remote"),
            (lambda m: m.list().extend(Iterable(1)), "raised"),
            (lambda m: m.Barrier(1, negative) and 1, "remote"),
        ):
            theirs, ours = (outcome(lambda: program(manager)) for manager in self.managers)
            self.assertEqual((theirs[0], ours[0]), ("returned", error))
        self.assertEqual(outcome(lambda: self.managers[1].Pool(1)), ("remote", "KeyError: 'Pool'"))


if __name__ == "__main__":
    unittest.main()
