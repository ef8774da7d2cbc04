# SPDX-License-Identifier: BSL-1.0
"""The program examples/pickle_filter.cpp, whose functions docs/codec.md quotes, with this CPython."""

import datetime
import os
import pickle
import subprocess
import sys
import types
import unittest

from interop.serving import BIN

try:
    import numpy
except ImportError:
    numpy = None

shapes = types.ModuleType("shapes")
sys.modules["shapes"] = shapes


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y


class Shape:
    __slots__ = ("name", "corners", "drawn")

    def __init__(self, name, corners, drawn=None):
        self.name, self.corners, self.drawn = name, corners, drawn


for cls in (Point, Shape):
    cls.__module__ = "shapes"
    setattr(shapes, cls.__name__, cls)

NOW = datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.timezone.utc)


class PickleFilter(unittest.TestCase):
    def setUp(self):
        self.process = subprocess.Popen([os.path.join(BIN, "pickle_filter")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def tearDown(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.assertEqual(self.process.wait(30), 0)

    def ask(self, task, argument, protocol=pickle.HIGHEST_PROTOCOL):
        pickle.dump((task, argument), self.process.stdin, protocol)
        self.process.stdin.flush()
        return pickle.load(self.process.stdout)

    def test_a_value_is_built_and_changed(self):
        items = [1, {"a": b"b"}]
        self.assertEqual(self.ask("annotated", items),
                         {"value": items, "notes": ["checked in C++", ("items", 2)]})
        self.assertEqual(self.ask("annotated", None), {"value": None, "notes": ["checked in C++"]})

    def test_types_of_the_standard_library(self):
        words = pickle.dumps(["to", "be", "or", "not", "to", "be"])
        self.assertEqual(self.ask("count_words", words), {"to": 2, "be": 2, "or": 1, "not": 1})

    def test_any_value(self):
        self.assertEqual(self.ask("describe", {"when": NOW, "n": 3}),
                         "{'when': %r, 'n': 3}; 'n' is an int" % NOW)

    def test_described_classes(self):
        middle = self.ask("middle", Shape("line", [Point(0, 0), Point(1.0, 4)], NOW))
        self.assertIs(type(middle), Point)
        self.assertEqual((middle.x, middle.y), (0.5, 2.0))
        self.assertEqual(self.ask("middle", Shape("line", [Point(0, 0), Point("one", 4)])),
                         "$.corners[1].x: expected float, got str")

    def test_a_type_of_its_own(self):
        self.assertEqual(self.ask("swap", (1, 2, 255)), (255, 2, 1))
        self.assertEqual(self.ask("swap", (1, 2, 256)), "$[2]: expected int from 0 to 255, got 256")

    def test_json(self):
        value = {"a": (1, b"x"), 2: {3.5, None}, "big": 2 ** 70, "at": NOW}
        self.assertEqual(self.ask("through_json", value), value)

    def test_untrusted(self):
        self.assertEqual(self.ask("check", pickle.dumps(os.system)), "good")
        self.assertEqual(self.ask("check", b"K\x01\x86."),
                         "_pickle.UnpicklingError: unpickling stack underflow at byte 2 (TUPLE2)")
        self.assertEqual(self.ask("check", b"]" * 101 + b"a" * 100 + b"."),
                         "_pickle.UnpicklingError: nested too deeply at byte 200 (APPEND)")

    @unittest.skipIf(numpy is None, "this CPython has no numpy")
    def test_numpy(self):
        matrix = numpy.arange(12.0).reshape(3, 4)
        for protocol in range(3, pickle.HIGHEST_PROTOCOL + 1):
            for array in (matrix, matrix.T, matrix[::2, 1:], numpy.asfortranarray(matrix)):
                sums = self.ask("row_sums", array, protocol)
                self.assertIs(type(sums), numpy.ndarray)
                self.assertEqual(sums.dtype, numpy.dtype("float64"))
                self.assertTrue((sums == array.sum(axis=1)).all())
        self.assertEqual(self.ask("row_sums", matrix.astype("f4")),
                         "$: expected ndarray of <f8, got ndarray of <f4")


if __name__ == "__main__":
    unittest.main()
