# SPDX-License-Identifier: BSL-1.0
"""`serializer='xmlrpclib'`: the same answers as from a CPython server that speaks it."""

import datetime
import os
import pickle
import struct
import unittest
import xmlrpc.client
from multiprocessing.connection import Client
from multiprocessing.managers import RemoteError, SyncManager

from interop.manager.live_server import LiveServer
from interop.serving import AUTHKEY, Server

VALUES = [
    None, True, False, 0, -1, 2 ** 31 - 1, -2 ** 31, 1.5, -0.0, 1e300, 2.0 ** -1074,
    "", "hall\xe5 v\xe4rlden", "\u043f\u0440\u0438\u0432\u0456\u0442", "<&>\"' \t\n ]]>",
    b"", b"\x00\xff" * 100, bytearray(b"abc"), [], [1, [2, [3, "x"]]], (1, (2,)), {},
    {"a": 1, "b": {"<c>": [None]}}, xmlrpc.client.Binary(b"xyz"),
    xmlrpc.client.DateTime("20240229T12:00:00"), datetime.datetime(2024, 2, 29, 1, 2, 3),
]


class Oracle(SyncManager):
    """CPython's own server."""


def outcome(action):
    """What a program sees of a call: its result, or how it fails."""
    try:
        result = action()
    except RemoteError as error:
        lines = [line for line in str(error).split("\n") if line and not line.startswith("-")]
        return "RemoteError", lines[-1]
    except Exception as error:
        return type(error).__name__, str(error)
    return "returned", type(result).__name__, repr_of(result)


def repr_of(value):
    if isinstance(value, (xmlrpc.client.Binary, xmlrpc.client.DateTime)):
        return type(value).__name__, vars(value)
    if isinstance(value, list):
        return [repr_of(item) for item in value]
    if isinstance(value, dict):
        return [(key, repr_of(item)) for key, item in value.items()]
    return repr(value)


class XmlRpc(LiveServer):
    OPTIONS = ("--max-message", "16mb")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.oracle = Oracle(serializer="xmlrpclib")
        cls.oracle.start()
        cls.addClassCleanup(cls.oracle.shutdown)
        # At an address of its own: proxies of one thread share a connection, whatever it speaks.
        server = Server()
        cls.addClassCleanup(server.__exit__)
        cls.ours = SyncManager(server.address, AUTHKEY, serializer="xmlrpclib")
        cls.ours.connect()

    def both(self, action):
        """The same from both servers; returned, for a look."""
        expected = outcome(lambda: action(self.oracle))
        self.assertEqual(outcome(lambda: action(self.ours)), expected)
        return expected

    def xml_connection(self):
        connection = Client(self.server.address, authkey=AUTHKEY)
        self.addCleanup(connection.close)
        connection.send_bytes(
            xmlrpc.client.dumps(((None, "accept_connection", ("x",), {}),), allow_none=True)
            .encode())
        self.assertEqual(self.answer(connection), ["#RETURN", None])
        return connection

    @staticmethod
    def answer(connection):
        (value,), _ = xmlrpc.client.loads(connection.recv_bytes().decode())
        return value

    def test_values(self):
        for value in VALUES:
            with self.subTest(value=value):
                self.assertEqual(self.both(lambda m: m.list([value])[0])[0], "returned")
                self.both(lambda m: m.dict(key=value).copy())
                self.both(lambda m: put_and_get(m.Queue(), value))

    def test_what_has_no_form_in_xml(self):
        for value in (2 ** 31, -2 ** 40, {1: 2}, {1, 2}, 1j, frozenset(), range(3)):
            with self.subTest(value=value):
                self.both(lambda m: m.list([value])[0])

    def test_views_arrive_as_lists(self):
        """CPython cannot marshal them."""
        failed = outcome(lambda: self.oracle.dict(a=1).items())
        self.assertEqual(failed, ("RemoteError",
                                  "TypeError: cannot marshal <class 'dict_items'> objects"))
        self.assertEqual(self.ours.dict(a=1).items(), [["a", 1]])
        self.assertEqual(self.ours.dict(a=1).keys(), ["a"])

    def test_methods(self):
        self.both(lambda m: m.list([3, 1, 2]).pop())
        self.both(lambda m: m.list([3, 1, 2]).index(2))
        self.both(lambda m: len(m.dict(a=1, b=2)))
        self.both(lambda m: "a" in m.dict(a=1))
        self.both(lambda m: str(m.list([1, "x"])))
        self.both(lambda m: m.Lock().acquire())
        self.both(lambda m: m.Event().wait(0.01))
        self.both(lambda m: m.Namespace(a=5).a)
        self.both(lambda m: m.Value("i", 5).value)
        self.both(lambda m: m.Queue().qsize())

    def test_an_exception_is_told(self):
        """CPython's arrives as an empty dict, which cannot be raised."""
        kind, text = outcome(lambda: self.oracle.dict()["missing"])
        self.assertEqual((kind, text), ("TypeError", "exceptions must derive from BaseException"))
        for action, line in (
            (lambda: self.ours.dict()["missing"], "KeyError: 'missing'"),
            (lambda: self.ours.list()[3], "IndexError: list index out of range"),
            (lambda: self.ours.Queue().get_nowait(), "queue.Empty"),
        ):
            self.assertEqual(outcome(action), ("RemoteError", line))

    def test_a_reply_without_a_form_in_xml(self):
        shared = self.manager.list([2 ** 31, {1: 2}, 1j, "\ud800"])
        connection = self.xml_connection()
        for index, line in enumerate((
            "OverflowError: int exceeds XML-RPC limits",
            "TypeError: dictionary key must be string",
            "TypeError: cannot marshal <class 'complex'> objects",
            "ValueError: 'utf-8' codec can't encode a str with surrogates",
        )):
            connection.send_bytes(xmlrpc.client.dumps(
                ((shared._token.id, "__getitem__", (index,), {}),)).encode())
            kind, text = self.answer(connection)
            self.assertEqual((kind, text.split("\n")[-2]), ("#UNSERIALIZABLE", line))

    def test_an_item_without_a_form_in_xml_stays_in_its_queue(self):
        """CPython loses it."""
        shared = self.manager.Queue()
        for item in {1: 2}, "next":
            shared.put(item)
        connection = self.xml_connection()
        for method in "get", "get_nowait", "get":
            connection.send_bytes(xmlrpc.client.dumps(
                ((shared._token.id, method, (), {}),)).encode())
            kind, text = self.answer(connection)
            self.assertEqual((kind, text.split("\n")[-2]),
                             ("#UNSERIALIZABLE", "TypeError: dictionary key must be string"))
        self.assertEqual([shared.get_nowait(), shared.qsize()], [{1: 2}, 1])
        connection.send_bytes(xmlrpc.client.dumps(
            ((shared._token.id, "get", (), {}),)).encode())
        self.assertEqual(self.answer(connection), ["#RETURN", "next"])
        connection.send_bytes(xmlrpc.client.dumps(
            ((shared._token.id, "qsize", (), {}),)).encode())
        self.assertEqual(self.answer(connection), ["#RETURN", 0])

    def test_clients_of_both_sorts_share(self):
        shared = self.manager.list([b"bytes", (1, 2)])
        connection = self.xml_connection()
        ident = shared._token.id
        connection.send_bytes(xmlrpc.client.dumps(((ident, "__getitem__", (0,), {}),)).encode())
        kind, value = self.answer(connection)
        self.assertEqual((kind, value.data), ("#RETURN", b"bytes"))
        connection.send_bytes(
            xmlrpc.client.dumps(((ident, "append", (xmlrpc.client.Binary(b"x"),), {}),)).encode())
        self.assertEqual(self.answer(connection), ["#RETURN", None])
        self.assertEqual(shared[2], xmlrpc.client.Binary(b"x"))
        # Each request chooses anew.
        connection.send_bytes(pickle.dumps((ident, "__len__", (), {})))
        self.assertEqual(connection.recv(), ("#RETURN", 3))

    def test_a_reply_that_shares_its_parts_without_end(self):
        bomb = ["x"]
        for _ in range(40):
            bomb = [bomb, bomb]
        shared = self.manager.list([bomb])
        connection = self.xml_connection()
        connection.send_bytes(
            xmlrpc.client.dumps(((shared._token.id, "pop", (), {}),)).encode())
        kind, text = self.answer(connection)
        self.assertEqual(kind, "#UNSERIALIZABLE")
        self.assertIn("MemoryError", text)

    def test_hostile_text(self):
        good = xmlrpc.client.dumps(((self.healthy._token.id, "__len__", (), {}),)).encode()
        deep = b"<value><array><data>" * 20000
        connection = self.xml_connection()
        for bad, line in (
            (b"<", "ExpatError: unclosed token"),
            (b"<garbage", "ExpatError: unclosed token"),
            (b"<a></b>", "ExpatError: mismatched tag: line 1, column 5"),
            (good[:-10], "ExpatError"),
            (good.replace(b"__len__", b"\xff\xff"), "ExpatError: not well-formed (invalid token)"),
            (b"<params>" + deep, "RecursionError"),
            (b"<params></params>", "ValueError: not enough values to unpack (expected 1, got 0)"),
            (b"<value><int>1</int></value>", "xmlrpc.client.ResponseError"),
            (b"<params><value><what/></value></params>", "ResponseError: unknown tag 'what'"),
            (b"<params><value><int>ten</int></value></params>",
             "ValueError: invalid literal for int() with base 10: 'ten'"),
            (b"<params><value><int>" + b"9" * 5000 + b"</int></value></params>", "ValueError"),
            (b"<params><value><boolean>2</boolean></value></params>",
             "TypeError: bad boolean value"),
            (b"<params><value><double>x</double></value></params>",
             "ValueError: could not convert string to float: 'x'"),
            (b"<params><value><base64>a</base64></value></params>", "binascii.Error"),
            (b"<params><value><struct><value>x</value></struct></value></params>", "IndexError"),
            (b"<params><value>text</value></params>", "Error"),
            (b"<!DOCTYPE a [<!ENTITY b 'ccc'>]><params/>", "a document type is not accepted"),
            (xmlrpc.client.dumps((("no such", "__len__", (), {}),)).encode(),
             "KeyError: 'no such'"),
        ):
            with self.subTest(bad[:40]):
                connection.send_bytes(bad)
                kind, text = self.answer(connection)
                self.assertEqual(kind, "#TRACEBACK")
                self.assertIn(line, text.split("\n")[-2])
                connection.send_bytes(good)
                self.assertEqual(self.answer(connection), ["#RETURN", 1])
        os.write(connection.fileno(), struct.pack("!i", 1 << 30))
        kind, text = self.answer(connection)
        self.assertIn("OSError: bad message length", text)


def put_and_get(shared, value):
    shared.put(value)
    return shared.get()


if __name__ == "__main__":
    unittest.main()
