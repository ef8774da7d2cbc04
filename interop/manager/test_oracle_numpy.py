# SPDX-License-Identifier: BSL-1.0
"""numpy's scalars and arrays do with our server what they do with CPython's."""

import array
import datetime
import decimal
import queue
import unittest
from multiprocessing.managers import RemoteError

from interop.manager.oracle import Client, Oracle, OracleTest, outcome

try:
    import numpy
    import pandas
except ImportError:
    numpy = pandas = None


class Pickled:
    """What is pickled as a call of `maker`, and a state."""

    def __init__(self, maker, args, state=None):
        self.maker, self.args, self.state = maker, args, state

    def __reduce__(self):
        return self.maker, self.args, self.state


class WithBytes(Oracle):
    """CPython's server, with a bytearray."""


class BytesClient(Client):
    """As a program that connects registers it."""


WithBytes.register("bytearray", bytearray)
BytesClient.register("bytearray")


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
    ORACLE, CLIENT = WithBytes, BytesClient

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

    def test_complex_numbers_are_sorted_as_numpy_does(self):
        n = numpy
        for items in ([n.complex64(1), n.complex64(0)], [n.complex128(2j), n.complex64(1j), 1j],
                      [n.complex128(1), 2, 0.5, True, n.int64(7), n.float32(1.5), n.complex64(1 - 1j)]):
            self.same(lambda m: (lambda l: (l.sort(), str(l)))(m.list(items)))
        for other in "a", None, decimal.Decimal(1), datetime.timedelta(1):
            self.compare(lambda m: m.list([n.complex64(1), other]).sort())
        self.compare(lambda m: m.list([1j, 2j]).sort())

    def test_times_are_sorted_among_those_of_datetime(self):
        n, t = numpy, datetime
        others = [t.date(2020, 1, 1), t.date(2020, 2, 1), t.datetime(2020, 1, 31, 23, 59),
                  t.datetime(2020, 2, 1), t.datetime(2020, 2, 1, tzinfo=t.timezone.utc),
                  t.timedelta(0), t.timedelta(1), t.timedelta(hours=25), 0, 5, 2.5, True, n.int64(3)]
        for item in ([n.datetime64("2020-02-01", unit) for unit in ("Y", "M", "D", "h", "us", "ns")] +
                     [n.timedelta64(1, unit) for unit in ("M", "D", "h", "us", "ns")] +
                     [n.timedelta64(5), n.datetime64("NaT"), n.timedelta64("NaT", "s")]):
            for other in others:
                with self.subTest(item=repr(item), other=other):
                    for items in [item, other], [other, item]:
                        self.compare(lambda m: (lambda l: (l.sort(), l[:]))(m.list(items)))
                        self.compare(lambda m: m.list(items).count(other))

    def test_pandas_times_are_sorted(self):
        stamps = [pandas.Timestamp(2), pandas.Timestamp("2020-01-01"), pandas.Timestamp(1)]
        aware = [stamp.tz_localize(zone) for stamp, zone in zip(stamps, ("UTC", "Asia/Tokyo", "UTC"))]
        deltas = [pandas.Timedelta(3, "s"), pandas.Timedelta(-1), pandas.Timedelta(2, "D")]
        for items in stamps, aware, deltas, stamps + aware, stamps + deltas, stamps + [1]:
            def program(manager):
                l = manager.list(items)
                l.sort()
                return l[:]
            theirs, ours = (outcome(lambda: program(m)) for m in self.managers)
            self.assertEqual(ours if theirs[0] == "returned" else ours[:2],
                             theirs if theirs[0] == "returned" else theirs[:2])

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

    def test_the_largest_integers(self):
        big = numpy.uint64(2 ** 63 + 5)
        for typecode in "QLqdfiI":
            self.compare(lambda m: m.Array(typecode, [1, 2]).__setitem__(0, big))
            self.compare(lambda m: m.Array(typecode, [big])[:])
        for program in (
            lambda m: m.list([1, 2])[big], lambda m: m.list([1, 2])[:big],
            lambda m: m.list([1, 2]).pop(big), lambda m: m.list([1, 2]).insert(big, 3),
            lambda m: m.list([1, 2]) * big, lambda m: bool(m.Queue(big).full()),
            lambda m: m.Semaphore(big).acquire(), lambda m: m.Lock().acquire(True, big),
        ):
            self.compare(program)

    def compare(self, program):
        """Both return the same, or raise the same class."""
        theirs, ours = (outcome(lambda: program(m)) for m in self.managers)
        if theirs[0] == "returned":
            self.assertEqual(ours, theirs)
        elif theirs[0] == "remote":
            self.assertEqual((ours[0], ours[1].split(":")[0]), ("remote", theirs[1].split(":")[0]))
        else:
            self.assertEqual(ours[:2], theirs[:2])

    def test_truth(self):
        n = numpy
        for item in (n.arange(3), n.array([0]), n.array([1]), n.array(0), n.zeros((1, 1)),
                     n.array(["a"]), n.array([""]), n.array([None], object), n.array([0.0]),
                     n.timedelta64(0), n.timedelta64(2, "s"), n.datetime64(0, "s"),
                     pandas.Series([1]), pandas.Series([1, 2]), pandas.DataFrame(),
                     pandas.Index([1, 2])):
            def program(manager):
                shared = manager.Queue()
                shared.put(5)
                return shared.get(item)

            def when_empty(manager):
                return manager.Queue().get(item, 0.01)
            with self.subTest(repr(item)):
                self.compare(program)
                self.compare(when_empty)

    def test_times_and_what_equals_them(self):
        n, t = numpy, datetime
        others = [5, True, 1, 5.0, n.int64(5), t.timedelta(5), t.timedelta(seconds=5),
                  t.date(2020, 1, 1), t.datetime(2020, 1, 1), t.datetime(1969, 12, 31, 23, 59)]
        for item in (n.timedelta64(5), n.timedelta64(5, "s"), n.timedelta64(5, "D"),
                     n.timedelta64(1, "h"), n.timedelta64("NaT", "s"), n.datetime64("2020-01-01"),
                     n.datetime64("2020-01-01T00"), n.datetime64("1969-12-31T23:59")):
            for other in others:
                with self.subTest(item=item, other=other):
                    self.same(lambda m: (m.list([item]).count(other), m.list([other]).count(item)))
            for other in 5, True, n.int64(5):
                self.same(found(item, other))
                self.same(found(other, item))

    def test_pandas_times_are_keys(self):
        stamp = pandas.Timestamp("2020-01-01")
        for index in (pandas.DatetimeIndex([stamp, "2021"]), pandas.date_range(stamp, periods=2),
                      pandas.DatetimeIndex([stamp]).tz_localize("Asia/Tokyo"),
                      pandas.TimedeltaIndex([1, 2]), pandas.to_timedelta(["3D"])):
            first, aware = index[0], stamp.tz_localize("UTC")

            def program(manager):
                d = manager.dict(pandas.Series(range(len(index)), index=index))
                d[first] = 9
                l = manager.list(index)
                return (first in d, stamp in d, aware in d, len(d), d.get(first), l.count(first),
                        l.index(first), first.value in d)
            with self.subTest(repr(index)):
                self.same(program)

    def test_keys_of_two_units(self):
        """numpy before 2.2 has two, as their hashes differ."""
        n = numpy
        for first, second in ((n.datetime64("2020-01-01"), n.datetime64("2020-01-01", "ns")),
                              (n.timedelta64(1, "D"), n.timedelta64(24, "h")),
                              (n.datetime64("2020-01-01"), n.datetime64("2020-01-01"))):
            self.same(lambda m: (m.dict({first: 1, second: 2}).copy(), m.dict({first: 1}).get(second),
                                 m.list([first]).count(second)))

    def test_series_as_mappings(self):
        p = pandas
        for series in (p.Series([1, 2], index=["a", "b"]), p.Series([1.5, 2]), p.Series([True]),
                       p.Series(["x", None], index=[3, 4]), p.Series([1, 2], index=[1.5, 2.5]),
                       p.Series(p.date_range("2020", periods=2)), p.Series([], dtype=float),
                       p.Series(["a", "b", "a"], dtype="category")):
            def program(manager):
                d = manager.dict()
                d.update(series)
                return d.copy(), manager.dict(series).copy()
            with self.subTest(repr(series)):
                self.same(program)
        for item in p.DataFrame({"ab": [1], "cd": [2]}), p.Series([1, 2], index=["a", "a"]):
            with self.assertRaisesRegex(RemoteError, "TypeError.*(DataFrame|Series)"):
                self.managers[1].dict(item)

    def test_arrays_are_iterated(self):
        n = numpy
        for items in (n.arange(3), n.arange(3.0), n.array([1, 2], ">i4"), n.array([True, False]),
                      n.array([1, None, "x"], object), n.arange(3, dtype=n.uint64) + 2 ** 63,
                      n.array([1 + 2j]), n.arange(6)[::2], n.array([], int),
                      n.zeros((0, 3)),
                      pandas.Series([1, 2]), pandas.Series([0.5, 1]), pandas.Series(["a", None]),
                      pandas.Series([True, False]), pandas.Series([1], dtype="float32"),
                      pandas.Series(pandas.date_range("2020", periods=2)),
                      pandas.Series(pandas.date_range("2020", periods=2, tz="UTC")),
                      pandas.Series(pandas.to_timedelta([1, None], "D")),
                      pandas.Series(["a", "b", "a"], dtype="category"),
                      pandas.Series([3, 1, None], dtype="category"),
                      pandas.Series(["a", "b"], dtype="string"),
                      pandas.Index([1, 2]), pandas.Index(["a"]), pandas.RangeIndex(7, 0, -2),
                      n.array(["2020-01-01"], "M8[D]"), n.array([3], "m8[s]"),
                      n.array(["ab", "c"]), n.array([b"ab", b"c"]), n.array([], "U3"),
                      n.ma.array([1, 2, 3], mask=[0, 1, 0]), n.ma.array([0.5]),
                      n.ma.array(["a", None], object, mask=[0, 1]), n.arange(3).view(n.memmap),
                      pandas.Series([1, None], dtype="Int64"), pandas.array([0.5, None]),
                      pandas.array([True, None]), pandas.array(["a", None]),
                      pandas.Categorical(["b", None, "a", "b"]), pandas.Categorical([2, 1]),
                      pandas.arrays.SparseArray([0, 1, 0]),
                      pandas.arrays.SparseArray([0.5, None, None, 2], kind="block"),
                      pandas.Series(pandas.arrays.SparseArray([True, False])),
                      pandas.MultiIndex.from_product([[1, 2], ["a"]]),
                      pandas.MultiIndex.from_arrays([[1.5, None], ["a", None], [True, False]]),
                      pandas.interval_range(0, 2), pandas.interval_range(0.5, 2, closed="left"),
                      pandas.Series(pandas.cut([1, 5], [0, 3, 6])),
                      pandas.Series([1, 2], index=[3, 3]).rolling(1).sum()):
            def program(manager):
                l = manager.list(items)
                l.extend(items)
                # The text of what is pandas' own is not known.
                return [str(l) if known else "", l[:]]
            opaque = (pandas.Timestamp, pandas.Timedelta, pandas.Interval, type(pandas.NaT),
                      type(pandas.NA), type(n.ma.masked))
            known = not any(isinstance(item, opaque) for item in items)
            with self.subTest(repr(items)):
                self.same(program)
        self.same(lambda m: [str(row) for row in m.list(n.arange(6).reshape(3, 2))[:]])
        self.same(lambda m: [str(row) for row in m.list(n.arange(8).reshape(2, 2, 2))[:]])
        self.same(lambda m: m.list(pandas.DataFrame({"a": [1], "b": [2]}))[:])
        for rows in (n.arange(6).reshape(3, 2).T, n.asfortranarray(n.arange(8).reshape(2, 2, 2)),
                     n.matrix([[1, 2], [3, 4]]), n.char.array([["a", "b"], ["c", "d"]]),
                     n.arange(4).reshape(2, 2).view(n.memmap), n.array([[1, None], ["a", 2]], object),
                     n.asfortranarray(n.array([[1, None], ["a", 2]], object)), n.zeros((3, 0)),
                     n.zeros((2, 0, 2), order="F")):
            self.same(lambda m: [(type(row).__name__, repr(row)) for row in m.list(rows)[:]])
        for index in (pandas.MultiIndex.from_tuples([(1, "a"), (2, "b")]), pandas.interval_range(0, 2)):
            self.same(lambda m: m.dict(pandas.Series([1, 2], index=index)).copy())
        self.compare(lambda m: len(m.list(n.array(3))))

    def test_what_is_not_iterated_is_named(self):
        n, p = numpy, pandas
        for items, name in ((n.ma.array([[1, 2]]), "MaskedArray"), (n.poly1d([1, 2]), "poly1d"),
                            (p.period_range("2020", periods=2, freq="D"), "PeriodIndex"),
                            (p.Series(p.interval_range(0, 2)), "Series"),
                            (p.interval_range(0, 2).array, "IntervalArray")):
            with self.assertRaisesRegex(RemoteError, "TypeError: this server .* '%s' object" % name):
                self.managers[1].list(items)

    def test_an_index_that_holds_itself_or_too_much(self):
        index = pandas.Index(["a", "b"])
        maker, (kind, parts) = index.__reduce__()[:2]
        dtype = Pickled(pandas.CategoricalDtype, ())
        categories = pandas.Categorical(index)
        make, args, (_, codes, rest) = categories.__reduce__()
        parts["data"] = Pickled(make, args, (dtype, codes, rest))
        itself = Pickled(maker, (kind, parts))
        dtype.state = {"categories": itself}
        many = [index] * 2000
        wide = Pickled(maker, (pandas.MultiIndex, {
            "levels": many, "codes": [numpy.zeros(10 ** 6, "i1")] * len(many)}))
        deep = pandas.RangeIndex(10 ** 7)
        for _ in range(4):
            deep = Pickled(maker, (pandas.MultiIndex, {
                "levels": [deep] * 100, "codes": [numpy.zeros(1, "i1")] * 100}))
        for source, error in ((itself, "'Index'"), (wide, "'MultiIndex'|MemoryError"),
                              (deep, "'MultiIndex'|MemoryError")):
            with self.assertRaisesRegex(RemoteError, error):
                self.managers[1].list(source)

    def test_bytearrays_of_arrays(self):
        n = numpy
        for source in (n.arange(3), n.arange(3, dtype="u1"), n.array([1.5, 2], "f4"), n.array([3]),
                       n.asfortranarray(n.arange(6, dtype="u1").reshape(2, 3)), n.array([1], ">i4"),
                       n.asfortranarray(n.arange(8, dtype="i2").reshape(2, 2, 2)), n.array(3),
                       n.array(["ab", "c"]), n.array([], "u1"), n.matrix([[1, 2]], dtype="u1"),
                       n.int8(3), n.bytes_(b"ab"), array.array("i", [1, 2]), n.uint64(2 ** 63),
                       pandas.Series([1, 2], dtype="u1")):
            with self.subTest(repr(source)):
                self.compare(lambda m: m.bytearray(source)._getvalue())
                # It copies no array whose columns come first; numpy's scalars have bytes as well.
                if not getattr(source, "ndim", 0) > 1 and not isinstance(source, n.integer):
                    def program(manager):
                        made = manager.bytearray(b"a")
                        made.extend(source)
                        return made._getvalue()
                    self.compare(program)

    def test_arrays_of_no_dimensions_are_numbers(self):
        n = numpy
        for program in (lambda m: m.list([5, 6])[n.array(1)], lambda m: m.list([5, 6]).pop(n.array(0)),
                        lambda m: m.list([5, 6])[n.array([1])], lambda m: m.list([5, 6])[n.array(1.0)],
                        lambda m: m.Queue().get(True, n.array(0.01)),
                        lambda m: m.Queue().get(timeout=n.array(0)),
                        lambda m: m.Queue().get(timeout=n.array(-1)),
                        lambda m: m.Array("i", [n.array(5), 1])[0],
                        lambda m: m.Array("i", [n.array(1.5)]),
                        lambda m: m.Array("d", [n.array(1.5), n.int64(2)])[0]):
            self.compare(program)


if __name__ == "__main__":
    unittest.main()
