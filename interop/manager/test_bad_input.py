# SPDX-License-Identifier: BSL-1.0
"""Bytes and requests that are wrong: each gets its error, and nobody else notices."""

import copyreg
import os
import pickle
import socket
import struct
import time
import unittest
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from multiprocessing.managers import ListProxy, RebuildProxy, RemoteError, Token

from interop.manager.live_server import LiveServer

MESSAGE_LIMIT = 1 << 20


class Reduced:
    """Pickles as a call of `function(*args)`."""

    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


class BeforeTheHandshake(LiveServer):
    """CPython waits for ever for a client that says nothing, and answers garbage with a pickled
    #TRACEBACK that shows its source paths."""

    OPTIONS = ("--handshake-timeout", "1")

    def test_garbage(self):
        for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 1000, b"\0\0\0\x04junk", b"\0" * 4,
                        b"\0" * 64, os.urandom(4096)):
            for ending in (lambda raw: None), (lambda raw: raw.shutdown(socket.SHUT_WR)):
                with self.subTest(garbage[:20]):
                    raw = self.raw()
                    raw.sendall(garbage)
                    ending(raw)
                    # The challenge, and a few words about what went wrong.
                    self.assertLess(len(self.read_to_end(raw)), 2000)

    def test_silence(self):
        began = time.monotonic()
        self.assertIn(b"#CHALLENGE#", self.read_to_end(self.raw()))
        self.assertLess(time.monotonic() - began, 30)

    def test_a_huge_length(self):
        for header in (struct.pack("!i", 257), struct.pack("!i", 0x7FFFFFFF),
                       struct.pack("!iQ", -1, 1 << 62), struct.pack("!i", -2)):
            raw = self.raw()
            raw.sendall(header)
            self.read_to_end(raw)

    def test_a_wrong_key(self):
        with self.assertRaises(AuthenticationError):
            Client(self.server.address, authkey=b"wrong")
        expected = "pid %d: handshake failed: digest received was wrong" % os.getpid()
        self.until(lambda: expected in self.server.logged())

    def test_a_wrong_key_is_followed_by_a_traceback(self):
        raw = self.raw()
        raw.sendall(b"\0\0\0\x10" + b"x" * 16)
        content = self.read_to_end(raw)
        messages = []
        while content:
            (length,) = struct.unpack_from("!i", content)
            messages.append(content[4:4 + length])
            content = content[4 + length:]
        self.assertEqual(messages[1], b"#FAILURE#")
        kind, text = pickle.loads(messages[2])
        self.assertEqual(kind, "#TRACEBACK")
        self.assertTrue(text.endswith("AuthenticationError: digest received was wrong\n"))


class WrongBytes(LiveServer):
    OPTIONS = ("--max-message", str(MESSAGE_LIMIT))

    def setUp(self):
        super().setUp()
        self.good = pickle.dumps((self.healthy._token.id, "__len__", (), {}), 4)

    def test_a_huge_length(self):
        """CPython believes it, and fails, or the machine does, when it makes room for it."""
        for header in (struct.pack("!i", 0x7FFFFFFF), struct.pack("!iQ", -1, 1 << 60),
                       struct.pack("!iQ", -1, 1 << 62), struct.pack("!i", MESSAGE_LIMIT + 1)):
            connection = self.proxy_connection()
            os.write(connection.fileno(), header)
            self.assertRegex(self.traceback_of(connection),
                             r"OSError: bad message length: a message of \d+ bytes is longer than "
                             r"the limit of \d+\n$")
            connection.close()
        with open("/proc/%d/status" % self.server.process.pid) as status:
            resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        self.assertLess(resident, 1 << 20)  # in KiB

    def test_pickles_that_are_none(self):
        connection = self.proxy_connection()
        good = self.good
        for bad in (b"garbage", good[:-1], good[:10], b"\x80\x05.", b"\x80\x04]\x94h\x63.",
                    b"\x80\x04\xff.", b"(((.", b"N.", b"h\x05.", b"\x80\x04]\x94(h\x00e", b".",
                    b"]" * 1000 + b"a" * 999 + b".", b"\x80\x63.", b"0.", b"1.",
                    b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7fN.", b"\x80\x04N\x97.",
                    b"\x80\x05\x97.", b"Pname\n.", b"\x80\x04NQ.", b"\x82\x01."):
            with self.subTest(bad[:20]):
                connection.send_bytes(bad)
                self.traceback_of(connection)
                connection.send_bytes(good)
                self.assertEqual(connection.recv(), ("#RETURN", 1))

    def test_more_marks_than_memory(self):
        connection = self.proxy_connection()
        connection.send_bytes(b"(" * 100000)
        kind, error = connection.recv()
        self.assertEqual((kind, type(error)), ("#ERROR", MemoryError))
        connection.send_bytes(self.good)
        self.assertEqual(connection.recv(), ("#RETURN", 1))

    def test_memo_indices_that_mean_memory(self):
        """A PUT at 2^31 takes 4 GiB of CPython's server, for 12 bytes."""
        connection = self.proxy_connection()
        for bad in (b"\x80\x04Nr\xff\xff\xff\x7f.", b"\x80\x04Nr\xff\xff\xff\xff.",
                    b"Np99999999999999\n.", b"Np-1\n.", b"Ng7\n."):
            connection.send_bytes(bad)
            self.traceback_of(connection)

    def test_lengths_that_mean_memory(self):
        connection = self.proxy_connection()
        for opcode in b"B", b"X", b"T", b"\x8b":
            connection.send_bytes(b"\x80\x04" + opcode + b"\xff\xff\xff\x7f.")
            self.traceback_of(connection)
        for opcode in b"\x8d", b"\x8e", b"\x96":
            connection.send_bytes(b"\x80\x05" + opcode + b"\xff" * 7 + b"\x7f.")
            self.traceback_of(connection)

    def test_an_empty_message(self):
        """The end of the conversation, for CPython and for us."""
        connection = self.proxy_connection()
        connection.send_bytes(b"")
        self.assertRaises(EOFError, connection.recv)

    def test_values_that_are_no_requests(self):
        for no_request in (None, 1, "abcd", (), (1, 2, 3), (1, 2, 3, 4, 5), [1, 2], {1: 2},
                           (None, None, None, None)):
            connection = self.proxy_connection()
            connection.send(no_request)
            self.traceback_of(connection)
            connection.send_bytes(self.good)
            self.assertEqual(connection.recv(), ("#RETURN", 1))
            connection = self.command_connection()
            connection.send(no_request)
            self.traceback_of(connection)

    def test_requests_of_wrong_types(self):
        ident = self.healthy._token.id
        connection = self.proxy_connection()
        for request in ((5, "get", (), {}), ([], "get", (), {}), (ident, 5, (), {}),
                        (ident, [], (), {}), (ident, None, (), {}), (ident, "get", (), {1: 2}),
                        (ident, "get", 5, {}), (ident, "get", (), 5), (ident, "get", None, None)):
            with self.subTest(request):
                connection.send(request)
                self.assertIn(connection.recv()[0], ("#TRACEBACK", "#ERROR"))

    def test_a_client_that_stops_within_a_request(self):
        payload = pickle.dumps((self.healthy._token.id, "update", ({1: "x" * 1000},), {}))
        request = struct.pack("!i", len(payload)) + payload
        for stop in (1, 3, 4, 5, 100, len(request) - 1):
            for connection in self.proxy_connection(), self.command_connection():
                os.write(connection.fileno(), request[:stop])
                connection.close()

    def test_deep_nesting(self):
        """CPython's unpickler takes any depth; its destructors and its repr do not."""
        depth = 200000
        deep = b"]" * depth + b"a" * (depth - 1)
        ident = self.healthy._token.id.encode()
        connection = self.proxy_connection()
        connection.send_bytes(b"\x80\x04(\x8c%c%s\x8c\x0a__len__%s\x85}t." % (
            len(ident), ident, deep))
        self.assertIn(connection.recv()[0], ("#TRACEBACK", "#ERROR"))


class WrongRequests(LiveServer):
    def asked(self, *request):
        connection = self.command_connection()
        connection.send(request)
        return self.traceback_of(connection)

    def test_unknown_names(self):
        self.assertTrue(self.asked(None, "xyz", (), {}).endswith(
            "AssertionError: 'xyz' unrecognized\n"))
        self.assertTrue(self.asked(None, "create", ("xyz",), {}).endswith("KeyError: 'xyz'\n"))
        self.assertTrue(self.asked(None, "incref", ("1000",), {}).endswith("KeyError: '1000'\n"))
        self.assertTrue(self.asked(None, "decref", ("1000",), {}).endswith("1000'\n"))
        connection = self.proxy_connection()
        connection.send(("1000", "get", (), {}))
        self.assertTrue(self.traceback_of(connection).endswith("KeyError: '1000'\n"))
        connection.send(("0", "get", (), {}))
        self.assertIn("ValueError", self.traceback_of(connection))
        with self.assertRaisesRegex(RemoteError, "KeyError: 'xyz'"):
            self.healthy._callmethod("xyz")

    def test_wrong_arguments(self):
        self.assertIn("TypeError", self.asked(None, "incref", (), {}))
        self.assertIn("TypeError", self.asked(None, "dummy", (1,), {}))
        self.assertIn("TypeError", self.asked(None, "create", (), {}))
        with self.assertRaises(RemoteError):
            self.manager.Lock(1, 2, 3)
        with self.assertRaises(TypeError):
            self.healthy._callmethod("__len__", (1,))
        with self.assertRaises(TypeError):
            self.healthy._callmethod("get", (), {"nothing": 1})
        for args in (), (1, 2):
            with self.assertRaises(TypeError):
                self.manager.list()._callmethod("append", args)

    def test_references_given_back_too_often(self):
        l = self.manager.list()
        connection = self.command_connection()
        connection.send((None, "decref", (l._token.id,), {}))
        self.assertEqual(connection.recv(), ("#RETURN", None))

        def refused():
            again = self.command_connection()
            again.send((None, "decref", (l._token.id,), {}))
            return again.recv()[0] == "#TRACEBACK"
        self.until(refused)  # a moment after the reply the object has gone

    def test_proxies_of_nothing_and_of_others(self):
        """CPython connects to whatever address it is told, while it reads the request."""
        l = self.manager.list()
        for token in (Token("list", self.server.address, "no such ident"),
                      Token("list", "/nowhere/at/all", "5f"),
                      Token("list", ("127.0.0.1", 1), "5f"), Token("list", None, None)):
            with self.subTest(token):
                l.append(Reduced(RebuildProxy, ListProxy, token, "pickle", {}))
                self.assertRaises(Exception, l.extend,
                                  Reduced(RebuildProxy, ListProxy, token, "pickle", {}))
        self.assertEqual(len(l), 4)

    def test_nothing_is_executed(self):
        """CPython's server makes the directory, as the user it runs as."""
        marker = os.path.join(self.server.directory, "executed")
        l, d = self.manager.list(), self.manager.dict()
        l.append(Reduced(os.mkdir, marker))
        l.extend([Reduced(os.mkdir, marker)])
        d["evil"] = Reduced(os.mkdir, marker)
        str(l), str(d), l.count(5)
        l.sort()  # for all that the server knows they are members of one Enum
        l.append(5)
        self.assertRaises(Exception, l.sort)
        self.assertRaises(Exception, l._callmethod, "sort", (), {"key": os.system})
        self.assertRaises(Exception, self.manager.Barrier, 1, os.getpid)
        self.assertRaises(Exception, self.manager.list, Reduced(os.mkdir, marker))
        self.assertRaises(Exception, l.extend, Reduced(os.mkdir, marker))
        self.assertFalse(os.path.exists(marker))
        l[0]  # the client does execute, as ever
        self.assertTrue(os.path.exists(marker))

    def test_extension_codes(self):
        """CPython fails where it does not know the code; nothing here is looked up."""
        copyreg.add_extension("os", "system", 77)
        self.addCleanup(copyreg.remove_extension, "os", "system", 77)
        l = self.manager.list()
        l.append(os.system)
        self.assertEqual(l[0], os.system)


if __name__ == "__main__":
    unittest.main()
