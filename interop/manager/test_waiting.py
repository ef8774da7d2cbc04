# SPDX-License-Identifier: BSL-1.0
"""Calls that wait: no thread each, in order of arrival, and to the millisecond."""

import time
import unittest
from multiprocessing.connection import Client

from interop.serving import AUTHKEY, Server

TIMEOUT = 0.05  # seconds
LATE = 0.003  # how much later than that an answer may come on an idle machine
PATIENCE = 60  # how long a busy machine may take to show it


class Waiting(unittest.TestCase):
    def setUp(self):
        self.server = Server("--threads", "1")
        self.addCleanup(self.server.__exit__)
        self.manager = self.server.manager()
        self.bystander = self.manager.Value("i", 0)

    def connection(self):
        connection = Client(self.server.address, authkey=AUTHKEY)
        self.addCleanup(connection.close)
        connection.send((None, "accept_connection", ("test",), {}))
        self.assertEqual(connection.recv(), ("#RETURN", None))
        return connection

    def ask(self, proxy, method, *args):
        """Sends a call on a connection of its own, and sees that the server has taken it up: with
        one thread, what was sent earlier is read before a second answer comes."""
        connection = self.connection()
        connection.send((proxy._token.id, method, args, {}))
        for _ in range(2):
            self.bystander.get()
        return connection

    def answer(self, connection, seconds=30):
        self.assertTrue(connection.poll(seconds), "no answer")
        return connection.recv()

    def waiters(self, proxy, method, *args, count=10):
        waiting = [self.ask(proxy, method, *args) for _ in range(count)]
        self.assertFalse(any(connection.poll() for connection in waiting))
        return waiting

    def threads(self):
        with open("/proc/%d/status" % self.server.process.pid) as status:
            return next(int(line.split()[1]) for line in status if line.startswith("Threads"))

    def test_a_blocked_client_costs_no_thread(self):
        queue, event = self.manager.Queue(), self.manager.Event()
        before = self.threads()  # and at most two more for work that takes long
        waiting = self.waiters(queue, "get", count=50) + self.waiters(event, "wait", count=50)
        self.assertLess(self.threads(), before + 3)
        event.set()
        for number in range(50):
            queue.put(number)
        for connection in waiting:
            self.answer(connection)
        self.assertLess(self.threads(), before + 3)

    def test_queue_get(self):
        queue = self.manager.Queue()
        waiting = self.waiters(queue, "get")
        for number in range(10):
            queue.put(number)
        self.assertEqual([self.answer(c)[1] for c in waiting], list(range(10)))

    def test_queue_put(self):
        queue = self.manager.Queue(1)
        queue.put("first")
        waiting = [self.ask(queue, "put", number) for number in range(10)]
        self.assertEqual([queue.get() for _ in range(11)], ["first"] + list(range(10)))
        self.assertEqual([self.answer(c) for c in waiting], [("#RETURN", None)] * 10)

    def test_locks(self):
        for typeid in "Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition":
            with self.subTest(typeid):
                lock = getattr(self.manager, typeid)()
                lock.acquire()
                waiting = self.waiters(lock, "acquire")
                lock.release()
                for number, connection in enumerate(waiting):
                    self.assertEqual(self.answer(connection), ("#RETURN", True))
                    self.assertFalse(any(later.poll() for later in waiting[number + 1:]))
                    # A newcomer does not overtake those who wait.
                    self.assertFalse(lock.acquire(False))
                    connection.send((lock._token.id, "release", (), {}))
                    self.assertEqual(self.answer(connection), ("#RETURN", None))

    def test_condition(self):
        condition = self.manager.Condition()
        waiting = []
        for _ in range(10):
            connection = self.ask(condition, "acquire")
            self.answer(connection)
            connection.send((condition._token.id, "wait", (), {}))
            waiting.append(connection)
        for number, connection in enumerate(waiting):
            with condition:
                condition.notify()
            self.assertEqual(self.answer(connection), ("#RETURN", True))
            connection.send((condition._token.id, "release", (), {}))
            self.answer(connection)
            self.assertFalse(any(later.poll() for later in waiting[number + 1:]))

    def check_timeout(self, call):
        """Never early, and on time at the first occasion that the machine allows."""
        deadline = time.monotonic() + PATIENCE
        while True:
            began = time.monotonic()
            call()
            took = time.monotonic() - began
            self.assertGreaterEqual(took, TIMEOUT)
            if took < TIMEOUT + LATE:
                return
            self.assertLess(time.monotonic(), deadline, "late by %.4f s" % (took - TIMEOUT))

    def test_timeouts(self):
        m = self.manager
        event, queue, full, held = m.Event(), m.Queue(), m.Queue(1), m.Lock()
        rlock, semaphore, condition = m.RLock(), m.Semaphore(0), m.Condition()
        barrier = m.Barrier(2)
        full.put(1)
        held.acquire()
        condition.acquire()
        self.answer(self.ask(rlock, "acquire"))
        for call in (lambda: event.wait(TIMEOUT),
                     lambda: self.assertRaises(Exception, queue.get, True, TIMEOUT),
                     lambda: self.assertRaises(Exception, full.put, 2, True, TIMEOUT),
                     lambda: held.acquire(True, TIMEOUT), lambda: rlock.acquire(True, TIMEOUT),
                     lambda: semaphore.acquire(True, TIMEOUT), lambda: condition.wait(TIMEOUT),
                     lambda: (barrier.reset(),
                              self.assertRaises(Exception, barrier.wait, TIMEOUT))):
            self.check_timeout(call)


if __name__ == "__main__":
    unittest.main()
