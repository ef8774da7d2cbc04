# SPDX-License-Identifier: BSL-1.0
"""No method costs the server more than about in proportion to the items it works on: of twice as many
it takes less than four times the processor's time."""

import glob
import unittest
from multiprocessing.managers import BaseManager

from interop.manager.costs import calls, contents, registered
from interop.serving import Server

FEW = 4000  # items
UNNOTICED = 20e6  # nanoseconds of the processor, of which nothing is said


class CostTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--grace", "0")
        cls.addClassCleanup(cls.server.__exit__)

        class Manager(BaseManager):
            pass
        cls.manager = cls.server.manager(registered(Manager))

    def processor_time(self):
        """Of all threads of the server, in nanoseconds."""
        total = 0
        for name in glob.glob("/proc/%d/task/*/schedstat" % self.server.process.pid):
            with open(name) as file:
                total += int(file.read().split()[0])
        return total

    def cost(self, typeid, method, arguments, n):
        given = contents(typeid, n)
        if method == "create":
            begin = self.processor_time()
            keep = getattr(self.manager, typeid)(*given)
            return self.processor_time() - begin, keep
        proxy = getattr(self.manager, typeid)(*given)
        if method == "drop":
            begin = self.processor_time()
            del proxy
            return self.processor_time() - begin, None
        args = arguments(n)
        begin = self.processor_time()
        proxy._callmethod(method, args)
        return self.processor_time() - begin, None

    def test_twice_the_items_cost_less_than_four_times(self):
        for typeid, method, arguments in calls():
            with self.subTest(type=typeid, method=method):
                costs = [float("inf")] * 3
                # Whatever else the machine does makes a call cost more, never less.
                for turn in range(12):
                    costs = [min(least, self.cost(typeid, method, arguments, n * FEW)[0])
                             for n, least in zip((1, 2, 4), costs)]
                    if turn >= 2 and self.proportionate(costs):
                        break
                self.assertTrue(self.proportionate(costs), costs)

    @staticmethod
    def proportionate(costs):
        return all(more < max(4 * less, UNNOTICED) for less, more in zip(costs, costs[1:]))


if __name__ == "__main__":
    unittest.main()
