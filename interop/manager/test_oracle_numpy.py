# SPDX-License-Identifier: BSL-1.0
"""numpy's scalars and arrays do with our server what they do with CPython's."""

import queue
import unittest

from interop.manager.oracle import OracleTest, outcome

try:
    import numpy
    import pandas
except ImportError:
    numpy = pandas = None


def scalars():
    n = numpy
    return [n.int64(1), n.int32(-7), n.uint8(255), n.uint64(2 ** 64 - 1), n.bool_(True),
            n.bool_(False), n.float64(0.5), n.float32(0.1), n.float16(0.1), n.float32(16777216),
            n.float64(1e300), n.float64("inf"), n.complex128(1 + 2j), n.complex64(2), n.str_("é"),
            n.bytes_(b"a\xff"), n.int16(0), n.float64(-0.0), n.float16(6e-8), n.float16(65504)]


def times():
    n = numpy
    return [n.datetime64("2020-02-29"), n.datetime64("2020-02-29T00", "h"),
            n.datetime64("1969-12-31T23:59:59.5"), n.datetime64("2020", "Y"),
            n.datetime64("1960-03", "M"), n.datetime64("2020-01-01T00:00", "m"),
            n.datetime64("2020-01-01T01:02:03.000000004", "ns"), n.datetime64(3, "W")]


def durations():
    n = numpy
    return [n.timedelta64(1, "D"), n.timedelta64(24, "h"), n.timedelta64(-3, "s"),
            n.timedelta64(7, "25s")]


def found(stored, asked):
    return lambda manager: (manager.dict({stored: 1}).get(asked), manager.list([stored]).count(asked),
                            asked in manager.list([stored]))


@unittest.skipUnless(numpy, "this CPython has no numpy and pandas")
class Numpy(OracleTest):
    def test_texts(self):
        for item in scalars() + times() + durations():
            self.same(lambda manager: str(manager.list([item])))
        for unit in "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns":
            for count in 0, -1, 12345, -98765, 3 * 10 ** 9:
                item = numpy.datetime64(count, unit)
                self.same(lambda manager: str(manager.list([item])))
        self.same(lambda manager: str(manager.list([numpy.datetime64("NaT"),
                                                    numpy.timedelta64("NaT", "s"),
                                                    numpy.timedelta64(3)])))

    def test_keys_and_equality(self):
        plain = [1, -7, 255, 2 ** 64 - 1, True, False, 0.5, float(numpy.float32(0.1)), 1 + 2j, 2,
                 "é", b"a\xff", 0, -0.0]
        for item in scalars():
            self.same(found(item, item))
            for other in plain:
                self.same(found(item, other))
                self.same(found(other, item))
        for group in times(), durations():
            for item in group:
                with self.subTest(repr(item)):
                    self.same(found(item, item))
                for other in group:
                    self.same(lambda manager: manager.list([item]).count(other))

    def test_sort(self):
        def order(items, **kwds):
            def program(manager):
                l = manager.list(items)
                l.sort(**kwds)
                return str(l)
            return program
        numbers = [item for item in scalars() if not isinstance(item, (str, bytes, complex,
                                                                       numpy.complexfloating))]
        for items in numbers + [3, 2.5, True], times(), durations(), [numpy.str_("b"), "a"]:
            for kwds in {}, {"reverse": True}:
                self.same(order(items, **kwds))
        for key in abs, int, float, str:
            self.same(order([numpy.int64(-3), numpy.float64(2.5), 1], key=key))
        self.same(order([numpy.str_("bb"), "a"], key=len))

    def test_where_a_number_is_taken(self):
        n = numpy
        for program in (
            lambda m: [m.list([5, 6])[n.int64(1)], m.list([5, 6])[n.uint8(0)]],
            lambda m: m.list(range(9))[slice(n.int64(1), n.int32(7), n.int8(2))],
            lambda m: (m.list([5]) * n.int64(2)),
            lambda m: m.list([5, 6]).pop(n.int64(0)),
            lambda m: m.list([5, 6, 5]).index(5, n.int64(1)),
            lambda m: bool(m.Queue(n.int64(1)).full()),
            lambda m: m.Semaphore(n.int64(1)).acquire(),
            lambda m: m.Lock().acquire(n.bool_(True), n.float64(5)),
            lambda m: m.Event().wait(n.float64(0.001)),
            lambda m: m.Event().wait(n.int64(0)),
            lambda m: m.Barrier(n.int64(1)).wait(),
            lambda m: m.Array("i", [n.int64(4), n.bool_(True)])[:],
            lambda m: m.Array("d", [n.float32(0.5)])[:],
            lambda m: m.Value("i", n.int64(4)).value,
            lambda m: m.list([3, 1]).sort(reverse=n.bool_(True)),
        ):
            theirs, ours = (outcome(lambda: program(m)) for m in self.managers)
            self.assertEqual(ours[:2], theirs[:2])
        for arguments in ((n.bool_(False),), (True, n.float64(0.001)), (n.int64(0),)):
            for manager in self.managers:
                self.assertRaises(queue.Empty, manager.Queue().get, *arguments)
        theirs, ours = (outcome(lambda: m.list([5])[n.float64(0)]) for m in self.managers)
        self.assertEqual(ours[:2], theirs[:2])

    def test_arrays_are_iterated(self):
        n = numpy
        for items in (n.arange(3), n.arange(3.0), n.array([1, 2], ">i4"), n.array([True, False]),
                      n.array([1, None, "x"], object), n.arange(3, dtype=n.uint64) + 2 ** 63,
                      n.array([1 + 2j]), n.arange(6)[::2], n.array([], int),
                      pandas.Series([1, 2]), pandas.Series([0.5, 1]), pandas.Series(["a", None]),
                      pandas.Series([True, False]), pandas.Series([1], dtype="float32")):
            def program(manager):
                l = manager.list(items)
                l.extend(items)
                return [str(l), l[:]]
            self.same(program)
        for items in n.zeros((2, 2)), n.array(3):
            answers = [outcome(lambda: len(m.list(items))) for m in self.managers]
            self.assertEqual(answers[1][0], "remote")


if __name__ == "__main__":
    unittest.main()
