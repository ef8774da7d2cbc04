# SPDX-License-Identifier: BSL-1.0
"""Limits: whoever reaches one is told, and the others go on."""

import gc
import os
import socket
import struct
import time
import unittest
from multiprocessing.connection import Client
from multiprocessing.managers import RemoteError, dispatch

from interop.serving import AUTHKEY, Server

LIMIT = 60  # seconds


def status(server):
    """The server's own account: {'objects': …, 'bytes': …}."""
    connection = Client(server.address, authkey=AUTHKEY)
    try:
        return dispatch(connection, None, "status")
    finally:
        connection.close()


class Limits(unittest.TestCase):
    def serve(self, *options):
        server = Server(*options)
        self.addCleanup(server.__exit__)
        return server

    def wait_for(self, condition):
        deadline = time.monotonic() + LIMIT
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def test_memory(self):
        server = self.serve("--max-memory", "8mb")
        manager, other = server.manager(), server.manager()
        stored, small = manager.list(), other.dict(a=1)
        with self.assertRaises(MemoryError):
            for _ in range(100):
                stored.append(bytes(1 << 20))
        kept = len(stored)
        self.assertGreaterEqual(kept, 6)
        self.assertLess(kept, 9)
        self.assertEqual(small["a"], 1)
        with self.assertRaisesRegex(RemoteError, "MemoryError"):
            manager.list([bytes(16 << 20)])
        # What takes away goes on, and makes room.
        del stored[2:]
        stored.append(bytes(1 << 20))
        self.assertEqual(len(stored), 3)
        small.update(b=2)
        self.assertEqual(small.copy(), {"a": 1, "b": 2})

    def test_memory_of_small_values(self):
        server = self.serve("--max-memory", "1mb")
        manager = server.manager()
        numbers = manager.list()
        with self.assertRaises(MemoryError):
            for _ in range(1000):
                numbers.extend(range(1000))
        self.assertLess(len(numbers), 40_000)
        self.assertEqual(numbers.pop(), 999)
        with self.assertRaises(MemoryError):
            numbers *= 1000

    def test_the_account_goes_back_to_where_it_was(self):
        server = self.serve("--grace", "1")
        manager = server.manager()
        before = status(server)
        big, queue = manager.dict(), manager.Queue()
        big.update({i: [str(i)] * 10 for i in range(1000)})
        nested = manager.list([big, manager.list([bytes(100_000)])])
        for i in range(100):
            queue.put([i])
        array = manager.Array("i", range(1000))
        now = status(server)
        self.assertEqual(now["objects"], before["objects"] + 5)
        self.assertGreater(now["bytes"], before["bytes"] + 200_000)
        del big, queue, nested, array
        gc.collect()
        self.wait_for(lambda: status(server) == before)

    def test_connections(self):
        server = self.serve("--max-connections", "2")
        first = Client(server.address, authkey=AUTHKEY)
        second = Client(server.address, authkey=AUTHKEY)
        with self.assertRaisesRegex(Exception, "too many connections: this server takes 2"):
            Client(server.address, authkey=AUTHKEY)
        self.wait_for(lambda: "refused, 2 connections are open" in server.logged())
        self.assertIsNone(dispatch(first, None, "dummy"))
        first.close()

        def connects():
            try:
                Client(server.address, authkey=AUTHKEY).close()
                return True
            except Exception as error:
                self.assertIn("too many connections", str(error))
                return False
        self.wait_for(connects)
        self.assertIsNone(dispatch(second, None, "dummy"))
        second.close()

    def test_depth(self):
        server = self.serve("--max-depth", "20")
        stored = server.manager().list()
        value = []
        for _ in range(30):
            value = [value]
        with self.assertRaisesRegex(RemoteError, "deep"):
            stored.append(value)
        stored.append([[1]])
        self.assertEqual(stored[:], [[[1]]])

    def test_message(self):
        server = self.serve("--max-message", "64kb")
        d = server.manager().dict(a=1)
        connection = Client(server.address, authkey=AUTHKEY)
        self.addCleanup(connection.close)
        dispatch(connection, None, "accept_connection", ("test",))
        os.write(connection.fileno(), struct.pack("!i", 1 << 20))
        kind, text = connection.recv()
        self.assertEqual(kind, "#TRACEBACK")
        self.assertIn("OSError", text)
        with self.assertRaisesRegex(RemoteError, "OSError: bad message length"):
            d["b"] = bytes(16 << 20)
        with self.assertRaisesRegex(RemoteError, "OSError: bad message length"):
            server.manager().list([bytes(16 << 20)])
        self.assertEqual(d.copy(), {"a": 1})

    def test_handshake(self):
        server = self.serve("--handshake-timeout", "0.2")
        with socket.socket(socket.AF_UNIX) as silent:
            silent.connect(server.address)
            silent.settimeout(LIMIT)
            while silent.recv(1000):
                pass
        self.assertEqual(server.manager().list([1])[:], [1])

    def test_idle(self):
        server = self.serve("--idle-timeout", "0.3")
        connection = Client(server.address, authkey=AUTHKEY)
        dispatch(connection, None, "accept_connection", ("idle",))
        self.assertTrue(connection.poll(LIMIT))
        with self.assertRaises(EOFError):
            connection.recv()

    def test_a_blocked_call_is_not_idle(self):
        server = self.serve("--idle-timeout", "0.3")
        queue = server.manager().Queue()
        began = time.monotonic()
        with self.assertRaises(Exception) as raised:
            queue.get(timeout=1.5)
        self.assertEqual(type(raised.exception).__name__, "Empty")
        self.assertGreaterEqual(time.monotonic() - began, 1.4)


if __name__ == "__main__":
    unittest.main()
