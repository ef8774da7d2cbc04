# SPDX-License-Identifier: BSL-1.0
"""What a new user does first, with stock clients."""

import os
import signal
import unittest

from interop.serving import Server


class FirstSteps(unittest.TestCase):
    def run_first_steps(self, transport):
        with Server(transport=transport) as server:
            manager = server.manager()
            d = manager.dict(hello="world")
            d["n"] = 1
            self.assertEqual(d.copy(), {"hello": "world", "n": 1})
            with self.assertRaises(KeyError) as raised:
                d["zz"]
            self.assertEqual(raised.exception.args, ("zz",))
            l = manager.list(range(5))
            l.append((1, 2.5, b"x", None))
            self.assertEqual(list(l), [0, 1, 2, 3, 4, (1, 2.5, b"x", None)])
            ns = manager.Namespace(x=1)
            ns.y = 2
            self.assertEqual((ns.x, ns.y), (1, 2))
            lock = manager.Lock()
            with lock:
                self.assertFalse(lock.acquire(False))
            event = manager.Event()
            event.set()
            self.assertTrue(event.wait(10))
            self.assertEqual(manager.Value("i", 7).value, 7)

    def test_unix(self):
        self.run_first_steps("unix")

    def test_tcp(self):
        self.run_first_steps("tcp")


class Ending(unittest.TestCase):
    def test_signals_end_it_in_order(self):
        for how in signal.SIGTERM, signal.SIGINT:
            with self.subTest(how), Server() as server:
                self.assertEqual(server.stop(how), 0)
                self.assertFalse(os.path.exists(server.socket))

    def test_shutdown_ends_it_in_order(self):
        with Server() as server:
            manager = server.manager()
            connection = manager._Client(server.address, authkey=server.authkey)
            connection.send((None, "shutdown", (), {}))
            self.assertEqual(connection.recv(), ("#RETURN", None))
            self.assertEqual(connection.recv(), ("#RETURN", None))
            self.assertEqual(server.process.wait(30), 0)
            self.assertFalse(os.path.exists(server.socket))


if __name__ == "__main__":
    unittest.main()
