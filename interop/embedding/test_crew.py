# SPDX-License-Identifier: BSL-1.0
"""Unmodified Python as the client of coroutines, and of methods that take proxies."""

import multiprocessing
import os
import signal
import subprocess
import tempfile
import threading
import unittest
from multiprocessing.managers import RemoteError, SyncManager

from interop.serving import BIN, client_address

PROGRAM = os.path.abspath(os.path.join(BIN, "crew_server"))
KEY = "interop tests"
WAITING = 30  # more than the server has threads for calls


class Manager(SyncManager):
    pass


for typeid in ("Latch", "Dispatcher"):
    Manager.register(typeid)


def wait(latch):
    latch.wait()


class Crew(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="pickled-")
        self.addCleanup(directory.cleanup)
        self.server = subprocess.Popen(
            [PROGRAM, "unix:" + os.path.join(directory.name, "socket"), KEY],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
        self.addCleanup(self.end)
        self.manager = Manager(address=client_address(self.server.stdout.readline().strip()),
                               authkey=KEY.encode())
        self.manager.connect()

    def end(self):
        """It ends in order, whoever waits, and has nothing to complain of."""
        self.server.send_signal(signal.SIGTERM)
        _, errors = self.server.communicate(timeout=60)
        self.assertEqual((self.server.returncode, errors), (0, ""))

    def test_many_wait_in_a_coroutine(self):
        latch = self.manager.Latch(count=2)
        waiting = [threading.Thread(target=latch.wait) for _ in range(WAITING)]
        for thread in waiting:
            thread.start()
        self.assertEqual(latch.count_down(), 1)
        self.assertTrue(all(thread.is_alive() for thread in waiting))
        self.assertEqual(latch.count_down(), 0)
        for thread in waiting:
            thread.join(60)
            self.assertFalse(thread.is_alive())
        self.assertIsNone(latch.wait())

    def test_calls_that_do_not_fit(self):
        with self.assertRaises(TypeError) as raised:
            self.manager.Latch(1).wait(1)
        self.assertEqual(str(raised.exception),
                         "Latch.wait() takes 1 positional argument but 2 were given")

    def test_who_waits_is_killed(self):
        latch = self.manager.Latch(1)
        context = multiprocessing.get_context("fork")
        waiting = [context.Process(target=wait, args=(latch,)) for _ in range(3)]
        for process in waiting:
            process.start()
        for process in waiting:
            process.kill()
            process.join()
        self.assertEqual(latch.count_down(), 0)
        latch.wait()

    def test_the_server_ends_while_somebody_waits(self):
        latch = self.manager.Latch(1)

        def lost():
            with self.assertRaises((EOFError, OSError)):
                latch.wait()
        waiting = threading.Thread(target=lost)
        waiting.start()
        self.assertEqual(self.manager.Latch(1).count_down(), 0)
        self.doCleanups()
        waiting.join(60)
        self.assertFalse(waiting.is_alive())

    def test_proxies_come_and_go(self):
        dispatcher = self.manager.Dispatcher()
        with self.assertRaises(IndexError):
            dispatcher.give("early")
        ann, bob = self.manager.Queue(), self.manager.Queue()
        dispatcher.hire(ann)
        dispatcher.hire(jobs=bob)
        self.assertEqual(dispatcher.give("sweep")._token.id, ann._token.id)
        given = dispatcher.give("cook")
        self.assertEqual((ann.get(), bob.qsize(), given.get()), ("sweep", 1, "cook"))
        # The dispatcher's own proxy keeps the queue.
        before = self.manager._number_of_objects()
        del ann
        self.assertEqual(self.manager._number_of_objects(), before)
        self.assertEqual(dispatcher.give("sweep").get(), "sweep")

    def test_a_proxy_of_another_kind_is_a_type_error(self):
        with self.assertRaises(TypeError) as raised:
            self.manager.Dispatcher().hire(self.manager.list())
        self.assertIn("Dispatcher.hire() argument 'jobs': ", str(raised.exception))
        with self.assertRaises((TypeError, RemoteError)):
            self.manager.Dispatcher().hire(5)


if __name__ == "__main__":
    unittest.main()
