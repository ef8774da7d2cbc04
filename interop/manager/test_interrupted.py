# SPDX-License-Identifier: BSL-1.0
"""A client that is interrupted in a call that blocks, and goes on with the same proxies."""

import queue
import signal
import threading
import time
import unittest

from interop.serving import Server


class Interrupted(Exception):
    pass


def interrupt(*_):
    raise Interrupted


class InterruptedCalls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.__exit__)

    def setUp(self):
        self.manager = self.server.manager()
        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, interrupt))
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)

    def interrupted(self, call, *args):
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with self.assertRaises(Interrupted):
            call(*args)

    def elsewhere(self, program):
        """`program` in a thread, which has connections of its own."""
        thread = threading.Thread(target=program)
        thread.start()
        self.addCleanup(thread.join)
        return thread

    def test_queues_lose_nothing(self):
        q = self.manager.Queue(1)
        self.interrupted(q.get)
        self.assertEqual(q.qsize(), 0)
        q.put(1)
        self.interrupted(q.put, 2)
        self.assertEqual(q.get(), 1)
        with self.assertRaises(queue.Empty):
            q.get_nowait()
        tasks = self.manager.JoinableQueue()
        tasks.put(1)
        self.interrupted(tasks.join)
        self.assertEqual(tasks.get(), 1)

    def test_locks_are_granted_to_nobody(self):
        for lock in self.manager.Lock(), self.manager.Semaphore(1):
            lock.acquire()
            self.interrupted(lock.acquire)
            lock.release()
            self.assertTrue(lock.acquire(False))

    def test_events_and_barriers(self):
        event, barrier = self.manager.Event(), self.manager.Barrier(2)
        self.interrupted(event.wait)
        self.assertFalse(event.is_set())
        self.interrupted(barrier.wait)
        self.assertEqual((barrier.n_waiting, barrier.broken), (0, False))

    def test_a_condition_takes_its_lock_back(self):
        condition = self.manager.Condition()
        for timeout in None, 60:
            with self.assertRaises(Interrupted), condition:
                signal.setitimer(signal.ITIMER_REAL, 0.2)
                condition.wait(timeout)
        self.assertTrue(condition.acquire(False))
        condition.release()

    def test_a_condition_whose_lock_others_hold(self):
        condition, held = self.manager.Condition(), threading.Event()
        released = []

        def hold():
            with condition:
                held.set()
                time.sleep(0.5)
                released.append(True)

        with self.assertRaises(Interrupted), condition:
            holder = self.elsewhere(hold)
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            condition.wait()
        # Its __exit__ had to wait for the lock.
        self.assertEqual(released, [True])
        holder.join()
        # And notifications go to those who still wait.
        woken = []

        def wait():
            with condition:
                held.clear()
                woken.append(condition.wait(30))

        waiting = self.elsewhere(wait)
        while held.is_set():
            time.sleep(0.01)
        with condition:
            condition.notify()
        waiting.join()
        self.assertEqual(woken, [True])


if __name__ == "__main__":
    unittest.main()
