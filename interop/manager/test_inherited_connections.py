# SPDX-License-Identifier: BSL-1.0
"""Clients that die while others, forked from them, have their connections open."""

import multiprocessing
import os
import signal
import unittest

from interop.manager.waiting import wait_for
from interop.serving import AUTHKEY, Server


def fork_idle(until):
    """A child that keeps what is open, and does nothing else until it is told to end."""
    if os.fork() == 0:
        until.poll(None)
        os._exit(0)


def keep_open(lock, rlock, until, ready):
    lock.acquire()
    rlock.acquire()
    fork_idle(until)
    ready.send(None)
    signal.pause()


def wait_with_heir(queue, until, ready):
    queue.qsize()
    fork_idle(until)
    ready.send(None)
    queue.get()


def go_on(lock, rlock, calls, until, ready):
    """Its heir goes on with the connection, and tells whether it still has the RLock."""
    lock.acquire()
    rlock.acquire()
    if os.fork() == 0:
        while not until.poll(0.1):
            calls.append(None)
        rlock.release()
        ready.send("has it")
        os._exit(0)
    ready.send(None)
    signal.pause()


def end_heir(heir):
    try:
        heir.send(None)
    except BrokenPipeError:
        pass  # it has ended


class InheritedConnections(unittest.TestCase):
    def setUp(self):
        multiprocessing.current_process().authkey = AUTHKEY
        self.server = Server()
        self.addCleanup(self.server.__exit__)
        self.manager = self.server.manager()

    def start(self, method, target, *args):
        """The process, a pipe from it, and one that ends its heir when something is sent."""
        ctx = multiprocessing.get_context(method)
        ours, ready = ctx.Pipe()
        until, heir = ctx.Pipe()
        child = ctx.Process(target=target, args=args + (until, ready))
        child.start()
        self.addCleanup(end_heir, heir)
        self.addCleanup(child.join)
        self.addCleanup(child.kill)
        ours.recv()
        return child, ours, heir

    def check(self, methods):
        kept, used = [], []
        for method in methods:
            lock, rlock, queue = self.manager.Lock(), self.manager.RLock(), self.manager.Queue()
            calls = self.manager.list()
            used.append((lock, rlock, calls,
                         self.start(method, go_on, lock, rlock, calls)))
            lock, rlock = self.manager.Lock(), self.manager.RLock()
            kept.append((lock, rlock, queue, self.start(method, keep_open, lock, rlock),
                         self.start(method, wait_with_heir, queue)))
        for *_, (child, _, _) in used:
            child.kill()
        for *_, holder, waiter in kept:
            holder[0].kill()
            waiter[0].kill()

        for lock, rlock, queue, *_ in kept:
            self.assertTrue(lock.acquire(True, 60))
            self.assertTrue(rlock.acquire(True, 60))
            # Whoever waits for it first is dead, but nothing tells so before it goes unread.
            queue.put("item")
            self.assertEqual(queue.get(True, 60), "item")
        for lock, rlock, calls, (_, ours, heir) in used:
            before = len(calls)
            wait_for(lambda: len(calls) > before)
            self.assertFalse(lock.acquire(False))
            self.assertFalse(rlock.acquire(False))
            heir.send(None)
            self.assertEqual(ours.recv(), "has it")
            self.assertTrue(rlock.acquire(True, 60))

    def test_every_start_method(self):
        self.check(("fork", "spawn", "forkserver"))


if __name__ == "__main__":
    unittest.main()
