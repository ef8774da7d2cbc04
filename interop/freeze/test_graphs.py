# SPDX-License-Identifier: BSL-1.0
"""freeze, splice, loads: the same graph as before, by every road and however it is cut."""

import pickle
import unittest

from interop.freeze.driver import ROADS, Driver
from interop.freeze.graphs import all_cases
from interop.freeze.same_graph import check_same_graph, in_order

LOADERS = (pickle.loads, pickle._loads)


class Graphs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.driver = Driver()

    @classmethod
    def tearDownClass(cls):
        cls.driver.close()

    def check_case(self, args, protocol, road):
        request = ("7f3a", "append", args, {"key": args[-1], "other": [args[0]]})
        message = pickle.dumps(request, protocol)
        spliced = self.driver.freeze(message, road)
        loads = LOADERS[protocol % 2]
        # Pickle itself turns some iterators into others.
        request = loads(message)
        args = request[2]
        check_same_graph(request, loads(spliced.request))
        together = loads(spliced.args)
        self.assertEqual(len(together), len(args))
        for arg, other, alone, slots in zip(args, together, spliced.alone, spliced.slots):
            check_same_graph(arg, other)
            check_same_graph(arg, loads(alone))
            self.check_slots(arg, loads(slots))
        kwds = loads(spliced.kwds)
        check_same_graph(request[3]["key"], kwds["key"])
        check_same_graph(request[3]["other"], kwds["other"])

    def check_slots(self, arg, slots):
        if type(arg) in (list, tuple):
            expected = list(arg)
        elif type(arg) in (set, frozenset):
            expected, slots = in_order(arg), in_order(slots)
        elif type(arg) is dict:
            expected = [part for item in arg.items() for part in item]
        else:
            return
        self.assertEqual(len(slots), len(expected))
        for item, slot in zip(expected, slots):
            check_same_graph(item, slot)

    def test_every_graph_by_every_road(self):
        for name, args in all_cases():
            for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
                for road in ROADS:
                    with self.subTest(name, protocol=protocol, road=road):
                        self.check_case(args, protocol, road)


if __name__ == "__main__":
    unittest.main()
