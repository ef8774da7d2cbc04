"""Hostile and broken clients: a clear answer where the protocol has one, and no effect on others."""

import os
import pickle
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest
from multiprocessing.connection import Client
from multiprocessing.managers import RemoteError

from interop.serving import AUTHKEY, Server

BYSTANDER_LIMIT = 5.0  # seconds; an ordinary request takes a thousandth of one


def frame(payload):
    return struct.pack("!i", len(payload)) + payload


class Reduced:
    """Pickles as a call of `function(*args)`."""

    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


class Hostile(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.__exit__)
        self.manager = self.server.manager()

    def tearDown(self):
        """The server answers the next healthy client at once."""
        began = time.monotonic()
        manager = self.server.manager()
        self.assertEqual(manager.dict(a=1).copy(), {"a": 1})
        self.assertLess(time.monotonic() - began, BYSTANDER_LIMIT)
        self.assertIsNone(self.server.process.poll(), self.server.logged())

    def raw(self):
        """A socket, not authenticated."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.server.address)
        connection.settimeout(30)
        self.addCleanup(connection.close)
        return connection

    def proxy_connection(self):
        connection = Client(self.server.address, authkey=AUTHKEY)
        self.addCleanup(connection.close)
        connection.send((None, "accept_connection", ("test",), {}))
        self.assertEqual(connection.recv(), ("#RETURN", None))
        return connection

    def read_to_end(self, connection):
        try:
            while connection.recv(4096):
                pass
        except ConnectionResetError:
            pass

    def ask(self, connection, *request):
        connection.send(request)
        return connection.recv()

    # Before authentication.

    def test_garbage_instead_of_a_frame(self):
        for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\0" * 64, os.urandom(4096)):
            connection = self.raw()
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
            self.read_to_end(connection)

    def test_a_huge_length_is_refused_before_authentication(self):
        for header in (struct.pack("!i", 257), struct.pack("!i", 0x7FFFFFFF),
                       struct.pack("!iQ", -1, 1 << 62)):
            connection = self.raw()
            connection.sendall(header)
            self.read_to_end(connection)

    def test_a_wrong_digest_is_told_and_logged(self):
        from multiprocessing import AuthenticationError
        with self.assertRaises(AuthenticationError):
            Client(self.server.address, authkey=b"wrong")
        deadline = time.monotonic() + 30
        while "digest" not in self.server.logged():
            self.assertLess(time.monotonic(), deadline, self.server.logged())

    def test_connections_opened_and_dropped(self):
        for _ in range(1000):
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(self.server.address)
            connection.close()

    # After it.

    def test_a_huge_length_allocates_nothing(self):
        connection = self.proxy_connection()
        os.write(connection.fileno(), struct.pack("!iQ", -1, 1 << 62))
        with self.assertRaises((EOFError, OSError)):
            for _ in range(2):
                connection.recv()
        with open("/proc/%d/status" % self.server.process.pid) as status:
            resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        self.assertLess(resident, 1 << 20)  # in KiB

    def test_a_malformed_pickle_is_told_and_the_connection_lives_on(self):
        d = self.manager.dict(a=1)
        connection = self.proxy_connection()
        good = pickle.dumps((d._token.id, "__len__", (), {}), 4)
        for bad in (good[:-1], good[:10], b"\x80\x04\xff.", b"(((.", b"N.", b"h\x05.",
                    b"\x80\x04]\x94(h\x00e", pickle.dumps([1, 2]), pickle.dumps((1, 2, 3))):
            connection.send_bytes(bad)
            kind, text = connection.recv()
            self.assertEqual(kind, "#TRACEBACK", bad)
            self.assertIsInstance(text, str)
        self.assertEqual(self.ask(connection, d._token.id, "__len__", (), {}), ("#RETURN", 1))

    def test_unknown_names(self):
        with self.assertRaisesRegex(RemoteError, "KeyError: 'no such type'"):
            self.manager._create("no such type")
        connection = self.proxy_connection()
        kind, text = self.ask(connection, "no such ident", "__len__", (), {})
        self.assertEqual(kind, "#TRACEBACK")
        self.assertIn("KeyError: 'no such ident'", text)
        d = self.manager.dict()
        kind, text = self.ask(connection, d._token.id, "no such method", (), {})
        self.assertEqual(kind, "#TRACEBACK")
        self.assertIn("KeyError: 'no such method'", text)

    def test_wrong_argument_counts(self):
        l = self.manager.list()
        with self.assertRaises(TypeError):
            l._callmethod("append", ())
        with self.assertRaises(TypeError):
            l._callmethod("append", (1, 2))
        self.assertEqual(len(l), 0)

    def test_clients_that_stop_in_mid_request(self):
        d = self.manager.dict()
        request = frame(pickle.dumps((d._token.id, "update", ({1: "x" * 1000},), {})))
        for stop in (1, 3, 4, 5, 100, len(request) - 1):
            connection = self.proxy_connection()
            os.write(connection.fileno(), request[:stop])
            connection.close()
        self.assertEqual(len(d), 0)

    def test_killed_clients(self):
        program = (
            "import os, signal, sys\n"
            "from multiprocessing.managers import SyncManager\n"
            "m = SyncManager(address=%r, authkey=%r); m.connect()\n"
            "l = m.Lock(); l.acquire(); q = m.Queue(); d = m.dict(); d['x'] = q\n"
            "print('ready', flush=True)\n"
            "%s\n")
        for ending in ("os.kill(os.getpid(), signal.SIGKILL)", "q.get()", "l.acquire()"):
            child = subprocess.Popen(
                [sys.executable, "-c", program % (self.server.address, AUTHKEY, ending)],
                stdout=subprocess.PIPE)
            child.stdout.readline()
            child.kill()
            child.wait()
            child.stdout.close()

    def test_nothing_is_executed(self):
        marker = os.path.join(self.server.directory, "executed")
        l = self.manager.list()
        l.append(Reduced(os.mkdir, marker))
        l.extend([Reduced(os.mkdir, marker)])
        self.assertEqual(len(l), 2)
        str(l)
        l.count(5)
        self.assertFalse(os.path.exists(marker))
        with self.assertRaises(Exception):
            l.sort()
        self.assertFalse(os.path.exists(marker))
        l[0]  # the client does execute, as ever
        self.assertTrue(os.path.exists(marker))

    def test_deep_nesting(self):
        l = self.manager.list()
        connection = self.proxy_connection()
        depth = 1000000
        deep = b"]" * depth + b"a" * (depth - 1)
        request = b"\x80\x04(X\x10\0\0\0%sX\x06\0\0\0append%s\x85}t." % (
            l._token.id.encode().ljust(16), deep)
        connection.send_bytes(request)
        self.assertIn(connection.recv()[0], ("#TRACEBACK", "#ERROR"))
        self.assertEqual(len(l), 0)

    def test_a_memo_index_of_two_billion(self):
        connection = self.proxy_connection()
        connection.send_bytes(b"\x80\x04Nr\xff\xff\xff\x7f.")
        self.assertEqual(connection.recv()[0], "#TRACEBACK")

    # Values that are small and mean much.

    def bystander(self, action):
        """Runs `action` in a thread; the longest time that another client waits meanwhile."""
        d = self.server.manager().dict(a=1)
        thread = threading.Thread(target=action)
        thread.start()
        longest = 0.0
        while thread.is_alive():
            began = time.monotonic()
            d["a"]
            longest = max(longest, time.monotonic() - began)
        thread.join()
        return longest

    def check_bystander(self, action):
        self.assertLess(self.bystander(action), BYSTANDER_LIMIT)

    def test_a_shared_reference_bomb(self):
        bomb = []
        for _ in range(40):
            bomb = [bomb, bomb]
        other = []
        for _ in range(40):
            other = [other, other]
        l = self.manager.list()
        l.append(bomb)

        def use():
            for action in (lambda: str(l), lambda: l.index(other), lambda: l.count(other),
                           lambda: l.sort(), lambda: l.append(bomb), lambda: l.sort(),
                           lambda: l.extend([other, bomb]), lambda: bomb in l):
                try:
                    action()
                except Exception:
                    pass
        self.check_bystander(use)

    def test_keys_made_to_collide(self):
        modulus = (1 << 61) - 1  # of CPython's hash of an int
        keys = [i * modulus for i in range(1, 10001)]
        d = self.manager.dict()
        self.check_bystander(lambda: d.update(dict.fromkeys(map(str, keys))))
        pairs = [(key, None) for key in keys]
        self.check_bystander(lambda: d.update(pairs))
        self.assertEqual(len(d), 20000)

    def test_an_int_of_a_hundred_thousand_digits(self):
        l = self.manager.list([10 ** 100000])

        def use():
            try:
                str(l)
            except ValueError:
                pass
        self.check_bystander(use)
        self.assertEqual(l[0], 10 ** 100000)

    def test_a_million_sorted(self):
        l = self.manager.list()
        l.extend([(i * 7919) % 1000003 for i in range(1000000)])
        self.check_bystander(l.sort)
        self.assertEqual(l[:3], [0, 1, 2])


if __name__ == "__main__":
    unittest.main()
