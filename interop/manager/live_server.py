# SPDX-License-Identifier: BSL-1.0
"""A server that hostile clients share, and that has to be after each as it was before."""

import gc
import socket
import threading
import time
import unittest
from multiprocessing.connection import Client

from interop.serving import AUTHKEY, Server

AT_ONCE = 3.0  # seconds; an ordinary request takes a thousandth of one, on an idle machine


class LiveServer(unittest.TestCase):
    OPTIONS = ()
    GRACE = ("--grace", "2")  # seconds; no proxy of these tests is long on its way

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.GRACE, *cls.OPTIONS)
        cls.addClassCleanup(cls.server.__exit__)
        cls.manager = cls.server.manager()
        cls.healthy = cls.manager.dict(key="value")
        cls.account = cls.server.account()
        cls.addClassCleanup(cls.check_the_account)

    @classmethod
    def check_the_account(cls):
        """Once the grace period is over, nothing is left of all that the tests did."""
        deadline = time.monotonic() + 120
        while cls.server.account() != cls.account:
            assert time.monotonic() < deadline, (cls.server.account(), cls.account)
            time.sleep(0.1)

    def setUp(self):
        self.objects = self.manager._number_of_objects()
        self.addCleanup(self.check_the_server)

    def check_the_server(self):
        """It lives, answers the next healthy client at once, and has no object more than before."""
        began = time.monotonic()
        self.assertIsNone(self.server.process.poll(), self.server.logged())
        self.assertEqual(self.server.manager().list([1])[0], 1)
        self.assertEqual(self.healthy.copy(), {"key": "value"})
        self.assertLess(time.monotonic() - began, AT_ONCE)
        gc.collect()  # an exception of a proxy refers to the proxy, and to itself
        self.until(lambda: self.manager._number_of_objects() == self.objects)

    def until(self, predicate, seconds=60):
        deadline = time.monotonic() + seconds
        while not predicate():
            self.assertLess(time.monotonic(), deadline, self.server.logged())
            time.sleep(0.01)

    def raw(self):
        """A socket, not authenticated."""
        connection = socket.socket(socket.AF_UNIX)
        self.addCleanup(connection.close)
        connection.connect(self.server.address)
        connection.settimeout(60)
        return connection

    def read_to_end(self, raw):
        """What comes until the server closes, or resets, the connection."""
        content = b""
        try:
            while True:
                part = raw.recv(65536)
                if not part:
                    return content
                content += part
        except ConnectionResetError:
            return content

    def command_connection(self):
        connection = Client(self.server.address, authkey=AUTHKEY)
        self.addCleanup(connection.close)
        return connection

    def proxy_connection(self):
        connection = self.command_connection()
        connection.send((None, "accept_connection", ("test",), {}))
        self.assertEqual(connection.recv(), ("#RETURN", None))
        return connection

    def traceback_of(self, connection):
        """The text of the #TRACEBACK that comes next."""
        kind, text = connection.recv()
        self.assertEqual(kind, "#TRACEBACK", text)
        return text

    def others_are_served(self, action):
        """Runs `action`, in a thread, while another client asks: no answer is long in coming. What
        `action` raises, this raises."""
        other = self.server.manager().dict(a=1)
        raised = []

        def run():
            try:
                action()
            except BaseException as error:
                raised.append(error)
        thread = threading.Thread(target=run)
        thread.start()
        longest = 0.0
        while thread.is_alive():
            began = time.monotonic()
            other["a"]
            longest = max(longest, time.monotonic() - began)
        thread.join()
        if raised:
            raise raised[0]
        self.assertLess(longest, AT_ONCE)
