"""Hostile and broken clients get an error each, and nobody else notices."""

import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
import time
import unittest
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from multiprocessing.managers import RemoteError

from interop.serving import AUTHKEY, Server


def connected(server):
    raw = socket.socket(socket.AF_UNIX)
    raw.settimeout(30)
    raw.connect(server.address)
    return raw


def received(raw):
    """Everything until the server closes, or resets, the connection."""
    content = b""
    try:
        while True:
            part = raw.recv(65536)
            if not part:
                return content
            content += part
    except ConnectionResetError:
        return content


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--handshake-timeout", "1", "--max-message", "1mb")
        cls.manager = cls.server.manager()
        cls.healthy = cls.manager.dict(key="value")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def setUp(self):
        self.objects = self.manager._number_of_objects()

    def tearDown(self):
        self.assertEqual(self.healthy["key"], "value")
        self.assertEqual(self.manager._number_of_objects(), self.objects)

    def proxy_connection(self):
        connection = Client(self.server.address, authkey=AUTHKEY)
        connection.send((None, "accept_connection", ("test",), {}))
        self.assertEqual(connection.recv(), ("#RETURN", None))
        return connection

    def traceback_of(self, connection):
        kind, text = connection.recv()
        self.assertEqual(kind, "#TRACEBACK")
        return text

    def asked(self, request):
        connection = Client(self.server.address, authkey=AUTHKEY)
        connection.send(request)
        return self.traceback_of(connection)

    def test_garbage_before_the_handshake(self):
        for garbage in b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 1000, b"\0\0\0\x04junk", b"\0" * 4:
            with self.subTest(garbage):
                with connected(self.server) as raw:
                    raw.sendall(garbage)
                    # The challenge, and a few words about what went wrong.
                    self.assertLess(len(received(raw)), 2000)

    def test_silence_before_the_handshake(self):
        began = time.monotonic()
        with connected(self.server) as raw:
            self.assertIn(b"#CHALLENGE#", received(raw))
        self.assertLess(time.monotonic() - began, 20)

    def test_wrong_key(self):
        with self.assertRaises(AuthenticationError):
            Client(self.server.address, authkey=b"wrong")
        expected = "pid %d: handshake failed: digest received was wrong" % os.getpid()
        deadline = time.monotonic() + 30
        while expected not in self.server.logged():
            self.assertLess(time.monotonic(), deadline, "not logged: " + expected)

    def test_wrong_key_is_followed_by_a_traceback(self):
        with connected(self.server) as raw:
            raw.sendall(b"\0\0\0\x10" + b"x" * 16)
            content = received(raw)
        messages = []
        while content:
            (length,) = struct.unpack_from("!i", content)
            messages.append(content[4:4 + length])
            content = content[4 + length:]
        self.assertEqual(messages[1], b"#FAILURE#")
        kind, text = pickle.loads(messages[2])
        self.assertEqual(kind, "#TRACEBACK")
        self.assertTrue(text.endswith("AuthenticationError: digest received was wrong\n"))

    def test_huge_announced_length(self):
        for header in struct.pack("!i", 0x7fffffff), struct.pack("!iQ", -1, 1 << 60):
            connection = self.proxy_connection()
            os.write(connection.fileno(), header)
            self.assertTrue(self.traceback_of(connection).endswith("OSError: bad message length\n"))
            self.assertRaises(EOFError, connection.recv)

    def test_bad_pickles_leave_the_connection_open(self):
        good = pickle.dumps((self.healthy._token.id, "__len__", (), {}))
        connection = self.proxy_connection()
        for bad in (b"garbage", good[:-1], good[:10], b"\x80\x05.", b"\x80\x04]\x94h\x63.",
                    pickle.dumps(1), pickle.dumps((1, 2, 3)), pickle.dumps((1, 2, 3, 4, 5)),
                    b"(" * 100000, b"]" * 1000 + b"a" * 999 + b"."):
            with self.subTest(bad[:20]):
                connection.send_bytes(bad)
                self.traceback_of(connection)
                connection.send_bytes(good)
                self.assertEqual(connection.recv(), ("#RETURN", 1))

    def test_nothing_is_executed(self):
        class Evil:
            def __reduce__(self):
                return os.system, ("touch " + marker,)

        marker = self.server.socket + ".executed"
        self.healthy["evil"] = None
        connection = self.proxy_connection()
        connection.send((self.healthy._token.id, "__setitem__", ("evil", Evil()), {}))
        self.assertEqual(connection.recv(), ("#RETURN", None))
        str(self.healthy)
        del self.healthy["evil"]
        self.assertFalse(os.path.exists(marker))

    def test_unknown_names(self):
        self.assertTrue(self.asked((None, "xyz", (), {})).endswith(
            "AssertionError: 'xyz' unrecognized\n"))
        self.assertTrue(self.asked((None, "create", ("xyz",), {})).endswith("KeyError: 'xyz'\n"))
        self.assertTrue(self.asked((None, "incref", ("1000",), {})).endswith("KeyError: '1000'\n"))
        connection = self.proxy_connection()
        connection.send(("1000", "get", (), {}))
        self.assertTrue(self.traceback_of(connection).endswith("KeyError: '1000'\n"))
        connection.send(("0", "get", (), {}))
        self.assertIn("ValueError", self.traceback_of(connection))
        with self.assertRaises(RemoteError) as raised:
            self.healthy._callmethod("xyz")
        self.assertIn("KeyError: 'xyz'", str(raised.exception))

    def test_wrong_arguments(self):
        self.assertIn("TypeError", self.asked((None, "incref", (), {})))
        self.assertIn("TypeError", self.asked((None, "dummy", (1,), {})))
        with self.assertRaises(RemoteError):
            self.manager.Lock(1, 2, 3)
        with self.assertRaises(TypeError):
            self.healthy._callmethod("__len__", (1,))
        with self.assertRaises(TypeError):
            self.healthy._callmethod("get", (), {"nothing": 1})

    def test_client_killed_within_a_request(self):
        connection = self.proxy_connection()
        os.write(connection.fileno(), struct.pack("!i", 1000) + b"x" * 500)
        connection.close()

    def test_clients_killed_while_they_wait(self):
        lock = self.manager.Lock()
        self.objects += 1
        lock.acquire()
        script = (
            "import sys; from multiprocessing.connection import Client\n"
            "c = Client(sys.argv[1], authkey=bytes.fromhex(sys.argv[2]))\n"
            "c.send((None, 'accept_connection', ('test',), {})); c.recv()\n"
            "c.send((sys.argv[3], 'acquire', (), {})); print(flush=True); c.recv()\n")
        for _ in range(3):
            waiting = subprocess.Popen(
                [sys.executable, "-c", script, self.server.address, AUTHKEY.hex(), lock._token.id],
                stdout=subprocess.PIPE)
            waiting.stdout.readline()
            waiting.send_signal(signal.SIGKILL)
            waiting.wait()
            waiting.stdout.close()
        lock.release()
        self.assertTrue(lock.acquire(True, 20))
        lock.release()
        del lock
        self.objects -= 1

    def test_many_connections_opened_and_dropped(self):
        for _ in range(1000):
            connected(self.server).close()


if __name__ == "__main__":
    unittest.main()
