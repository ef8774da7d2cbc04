# SPDX-License-Identifier: BSL-1.0
"""Proxies of a server's own objects as arguments: where CPython's manager deadlocks, fails or never
ends, the objects are simply used."""

import threading
import unittest
from multiprocessing import current_process

from interop.serving import Server


def in_a_thread(action):
    """What `action` returns or raises in a thread, and so a connection, of its own."""
    result = []

    def run():
        try:
            result.append((action(), None))
        except Exception as error:
            result.append((None, error))
    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    value, error = result[0]
    if error is not None:
        raise error
    return value


class OwnProxies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.__exit__)
        cls.manager = cls.server.manager()

    def setUp(self):
        # Nested proxies are read with the key of the process, as in a program that started its
        # manager.
        self.addCleanup(setattr, current_process(), "authkey", current_process().authkey)
        current_process().authkey = self.server.authkey

    def test_containers_made_of_containers(self):
        m = self.manager
        d, l, a = m.dict(a=1, b=2), m.list([3, 4]), m.Array("i", [5, 6])
        # CPython calls itself while it holds the lock that the call needs, for ever.
        self.assertEqual(list(m.list(d)), ["a", "b"])
        self.assertEqual(list(m.list(l)), [3, 4])
        self.assertEqual(list(m.list(a)), [5, 6])
        self.assertEqual(m.dict(d).copy(), {"a": 1, "b": 2})
        self.assertEqual(m.dict(d, c=3).copy(), {"a": 1, "b": 2, "c": 3})
        self.assertEqual(m.Array("i", l)[:].tolist(), [3, 4])

    def test_a_container_extended_by_itself(self):
        # CPython's list follows its own end, for ever.
        l = self.manager.list([1, 2])
        l.extend(l)
        self.assertEqual(list(l), [1, 2, 1, 2])
        l[1:1] = l
        self.assertEqual(list(l), [1, 1, 2, 1, 2, 2, 1, 2])
        d = self.manager.dict(a=1)
        d.update(d)
        self.assertEqual(d.copy(), {"a": 1})

    def test_containers_that_take_containers(self):
        l, d = self.manager.list([1]), self.manager.dict(a=1)
        l.extend(d)
        l += self.manager.list([2])
        self.assertEqual(list(l), [1, "a", 2])
        self.assertEqual(l + self.manager.list([3]), [1, "a", 2, 3])
        d.update(self.manager.dict(b=2), c=3)
        self.assertEqual(d.copy(), {"a": 1, "b": 2, "c": 3})

    def test_a_condition_on_a_managed_lock(self):
        # With a proxy of an RLock CPython's wait() and notify() fail: its thread holds another one.
        for lock in self.manager.RLock(), self.manager.Lock():
            condition, ready = self.manager.Condition(lock), threading.Event()
            woken = []

            def wait():
                with condition:
                    ready.set()
                    woken.append(condition.wait(30))
            thread = threading.Thread(target=wait)
            thread.start()
            ready.wait(30)
            with lock:
                condition.notify()
                self.assertEqual(woken, [])
            thread.join(30)
            self.assertEqual(woken, [True])

    def test_a_condition_on_a_managed_rlock_that_is_held_twice(self):
        lock = self.manager.RLock()
        condition = self.manager.Condition(lock)
        with lock, condition:
            self.assertFalse(condition.wait(0.01))
            with self.assertRaises(RuntimeError):
                in_a_thread(condition.notify)
        self.assertTrue(in_a_thread(lambda: lock.acquire(False)))

    def test_nested_objects_are_the_objects(self):
        outer, inner = self.manager.dict(), self.manager.list([1])
        outer["inner"] = inner
        outer["inner"].append(2)
        queue = self.manager.Queue()
        queue.put(inner)
        del inner
        self.assertEqual(list(queue.get()), [1, 2])
        self.assertEqual(list(outer["inner"]), [1, 2])


if __name__ == "__main__":
    unittest.main()
