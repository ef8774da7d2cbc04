# SPDX-License-Identifier: BSL-1.0
"""Frames and the challenge, between `connection_driver` and stock multiprocessing.connection."""

import functools
import os
import queue
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
from multiprocessing import AuthenticationError, connection
from unittest import mock

from interop.serving import BIN, client_address

DRIVER = os.path.join(BIN, "connection_driver")
KEY = b"interop \x00\xff"
SIZES = [1, 100, 16384, 16385, 70000, 3000000]


class Driver:
    """A `connection_driver listen` process for the length of a `with` block."""

    def __init__(self, address):
        self.process = subprocess.Popen(
            [DRIVER, "listen", address, KEY.hex()], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.process.stdout.readline().decode().strip()
        self.address = "\0" + line[6:] if line.startswith("unix:@") else client_address(line)
        self.errors = None

    def __enter__(self):
        return self

    def __exit__(self, kind, *unused):
        if kind is None:
            with connection.Client(self.address, authkey=KEY) as c:
                c.send_bytes(b"")
        else:
            self.process.kill()
        self.errors = self.process.communicate(timeout=30)[1].decode()
        if kind is None and self.process.returncode != 0:
            raise RuntimeError(self.errors)

    def raw(self):
        s = socket.socket(socket.AF_INET)
        s.connect(self.address)
        s.settimeout(30)
        return s


class Connections(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="pickled-")
        self.addCleanup(shutil.rmtree, self.directory)

    def addresses(self):
        path = os.path.join(self.directory, "socket")
        abstract = "pickled-%d" % os.getpid()
        return [("127.0.0.1:0", ("localhost", 0)), ("unix:" + path, path),
                ("unix:@" + abstract, "\0" + abstract)]

    def test_our_listener_with_a_stock_client(self):
        for address, _ in self.addresses():
            with self.subTest(address), Driver(address) as driver:
                for _ in range(3):
                    with connection.Client(driver.address, authkey=KEY) as c:
                        for size in SIZES:
                            message = os.urandom(size)
                            c.send_bytes(message)
                            self.assertEqual(c.recv_bytes(), message)
                        c.send({"a": [1, "é"]})
                        self.assertEqual(c.recv(), {"a": [1, "é"]})
            self.assertEqual(driver.errors, "")

    def test_our_listener_with_a_stock_client_of_another_key(self):
        with Driver("127.0.0.1:0") as driver:
            with self.assertRaises(AuthenticationError):
                connection.Client(driver.address, authkey=b"wrong")
        used = "SHA256" if sys.version_info >= (3, 12) else "MD5"
        self.assertIn("digest received was wrong (HMAC-%s)" % used, driver.errors)

    def test_garbage_is_not_served_and_harms_nobody(self):
        garbage = [b"GET / HTTP/1.1\r\n\r\n", struct.pack("!i", 257), struct.pack("!i", 0x7fffffff),
                   struct.pack("!iQ", -1, 2 ** 63), struct.pack("!i", 5) + b"short",
                   struct.pack("!i", -5), b""]
        with Driver("127.0.0.1:0") as driver:
            for sent in garbage:
                with driver.raw() as s:
                    s.sendall(sent)
                    s.shutdown(socket.SHUT_WR)
                    received = b""
                    try:
                        while True:
                            part = s.recv(4096)
                            if not part:
                                break
                            received += part
                    except ConnectionResetError:
                        pass
                    self.assertNotIn(b"#WELCOME#", received)

    def drive(self, listener, key=KEY):
        """Runs the driver against a stock listener; the driver's process, and what accept raised."""
        address = listener.address
        if isinstance(address, tuple):
            text = "%s:%d" % address
        elif isinstance(address, bytes):
            text = "unix:@" + address[1:].decode()
        else:
            text = "unix:" + address
        outcome = queue.Queue()

        def serve():
            try:
                with listener.accept() as c:
                    message = c.recv_bytes()
                    while message:
                        c.send_bytes(message)
                        message = c.recv_bytes()
                outcome.put(None)
            except Exception as e:
                outcome.put(e)

        thread = threading.Thread(target=serve)
        thread.start()
        done = subprocess.run([DRIVER, "connect", text, key.hex()], stderr=subprocess.PIPE,
                              timeout=60)
        thread.join()
        return done, outcome.get()

    def test_our_client_with_a_stock_listener(self):
        for _, address in self.addresses():
            with self.subTest(address):
                with connection.Listener(address, authkey=KEY) as listener:
                    done, raised = self.drive(listener)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertIsNone(raised)

    def test_our_client_with_a_stock_listener_of_another_key(self):
        with connection.Listener(("localhost", 0), authkey=KEY) as listener:
            done, raised = self.drive(listener, key=b"wrong")
        self.assertIsInstance(raised, AuthenticationError)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"digest sent was rejected", done.stderr)

    @unittest.skipIf(sys.version_info < (3, 12), "MD5 is all there is up to 3.11")
    def test_our_client_with_each_digest(self):
        for name in ["md5", "sha256", "sha384", "sha3_256", "sha3_384"]:
            deliver = functools.partial(connection.deliver_challenge, digest_name=name)
            with self.subTest(name), mock.patch.object(connection, "deliver_challenge", deliver):
                with connection.Listener(("localhost", 0), authkey=KEY) as listener:
                    done, raised = self.drive(listener)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertIsNone(raised)


if __name__ == "__main__":
    unittest.main()
