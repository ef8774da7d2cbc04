# SPDX-License-Identifier: BSL-1.0
"""Every value goes from Python through the codec and back unchanged, at every protocol."""

import builtins
import pickle
import sys
import unittest
import warnings

from interop.codec.driver import LIKE_CPYTHON, Codec, same_graph
from interop.codec.values import VALUES, Plain

warnings.simplefilter("ignore", DeprecationWarning)

ATTRIBUTES = {"objects", "names", "keyword arguments"}


def pickles():
    """Name, protocol and pickle of everything that Python can pickle at that protocol."""
    for name, value in VALUES.items():
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            for item in value if type(value) is list else [value]:
                try:
                    data = pickle.dumps(item, protocol)
                except (TypeError, pickle.PicklingError, RecursionError):
                    continue
                yield name, protocol, data


def exceptions():
    """Name, protocol and pickle of every exception class, and its pickle of protocol 4."""
    for name, value in vars(builtins).items():
        if isinstance(value, type) and issubclass(value, BaseException):
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                yield name, protocol, pickle.dumps(value, protocol), pickle.dumps(value, 4)


class Values(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.codec = Codec()

    @classmethod
    def tearDownClass(cls):
        cls.codec.close()

    def test_graphs_survive_every_protocol(self):
        for name, protocol, data in pickles():
            expected = pickle.loads(data)
            for to in range(pickle.HIGHEST_PROTOCOL + 1):
                with self.subTest(name, protocol=protocol, to=to):
                    result = pickle.loads(self.codec.convert(data, to))
                    self.assertTrue(same_graph(expected, result), (expected, result))

    def test_the_python_unpickler_takes_them_too(self):
        for name, protocol, data in pickles():
            with self.subTest(name, protocol=protocol):
                converted = self.codec.convert(data, protocol, LIKE_CPYTHON)
                result = pickle._loads(converted)
                self.assertTrue(same_graph(pickle.loads(data), result), result)

    def test_bytes_are_those_of_the_c_pickler(self):
        for name, protocol, data in pickles():
            # From 3.13 on, what is an attribute of a class is not memoised, unlike the arguments of
            # any other call of getattr, which a pickle does not tell it from.
            if name in ATTRIBUTES and protocol < 4 and sys.version_info >= (3, 13):
                continue
            with self.subTest(name, protocol=protocol):
                self.assertEqual(self.codec.convert(data, protocol, LIKE_CPYTHON), data)

    def test_nested_names_are_those_of_the_c_pickler(self):
        nested = [Plain.Nested, Plain.Nested.Deeper]
        for value in nested + [nested, nested[::-1] + [Plain, Plain.Nested], (len, Plain, nested)]:
            for protocol in range(4):
                with self.subTest(value, protocol=protocol):
                    converted = self.codec.convert(pickle.dumps(value, 4), protocol, LIKE_CPYTHON)
                    self.assertEqual(converted, pickle.dumps(value, protocol))

    def test_exceptions_have_the_names_of_the_c_pickler(self):
        for name, protocol, expected, data in exceptions():
            with self.subTest(name, protocol=protocol):
                self.assertEqual(self.codec.convert(data, protocol, LIKE_CPYTHON), expected)


class Numpy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            import numpy
            import pandas
        except ImportError:
            raise unittest.SkipTest("this CPython has no numpy and pandas")
        cls.codec = Codec()
        times = pandas.date_range("2024-01-01", periods=3, tz="UTC")
        cls.values = [
            numpy.arange(10), numpy.arange(12.0).reshape(3, 4).T, numpy.array(3),
            numpy.zeros((0, 3)), numpy.array([1, "a", None], dtype=object),
            numpy.array([(1, 2.5)], dtype=[("a", "<i4"), ("b", "f8")]),
            numpy.array(["2024-01-01"], dtype="datetime64[D]"), numpy.float32(1.5),
            numpy.dtype(">u2"), numpy.arange(10)[::2], numpy.arange(100_000),
            pandas.DataFrame({"a": [1, 2, 3], "b": list("xyz"), "t": times}),
            pandas.Series([1.5, None]), pandas.Categorical(["a", "b", "a"]), times,
            pandas.MultiIndex.from_product([[1, 2], ["x", "y"]]),
        ]

    @classmethod
    def tearDownClass(cls):
        cls.codec.close()

    def test_arrays_and_frames(self):
        for value in self.values:
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                data = pickle.dumps(value, protocol)
                for to in range(pickle.HIGHEST_PROTOCOL + 1):
                    with self.subTest(type(value).__name__, protocol=protocol, to=to):
                        result = pickle.loads(self.codec.convert(data, to))
                        self.assertIs(type(result), type(value))
                        self.assertEqual(pickle.dumps(pickle.loads(pickle.dumps(result, 2)), 2),
                                         pickle.dumps(pickle.loads(pickle.dumps(value, 2)), 2))

    def test_buffers_out_of_band(self):
        for value in self.values:
            buffers = []
            data = pickle.dumps(value, 5, buffer_callback=buffers.append)
            with self.subTest(type(value).__name__):
                converted = self.codec.convert(data, 5, buffers=len(buffers))
                result = pickle.loads(converted, buffers=buffers)
                expected = pickle.loads(data, buffers=buffers)
                self.assertEqual(pickle.dumps(result, 5), pickle.dumps(expected, 5))
