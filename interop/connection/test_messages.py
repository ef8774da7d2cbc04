# SPDX-License-Identifier: BSL-1.0
"""What the connection layer pickles is what CPython's managers make of it."""

import os
import pickle
import queue
import subprocess
import unittest
from multiprocessing import managers
from unittest import mock

from interop.serving import BIN

TCP = ("dict", ("127.0.0.1", 5000), "17")
ABSTRACT = ("Queue", b"\0n", "18")


def state(token):
    return (token.typeid, token.address, token.id)


class Messages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        driver = os.path.join(BIN, "connection_driver")
        lines = subprocess.check_output([driver, "messages"]).decode().splitlines()
        cls.messages = {name: bytes.fromhex(text) for name, text in map(str.split, lines)}

    def loads(self, name):
        """The value with both the C and the Python unpickler."""
        message = self.messages[name]
        value = pickle.loads(message)
        self.assertEqual(repr(type(pickle._loads(message))), repr(type(value)))
        return value

    def test_tokens(self):
        for name, expected in [("token_tcp", TCP), ("token_abstract", ABSTRACT)]:
            token = self.loads(name)
            self.assertIs(type(token), managers.Token)
            self.assertEqual(state(token), expected)

    def test_proxies(self):
        with mock.patch.object(managers, "RebuildProxy", lambda *args: args):
            kind, token, serializer, kwds = self.loads("proxy_plain")
            self.assertIs(kind, managers.DictProxy)
            self.assertEqual((state(token), serializer, kwds), (TCP, "pickle", {}))
            kind, token, serializer, kwds = self.loads("proxy_full")
            self.assertIs(kind, managers.AutoProxy)
            self.assertEqual((state(token), serializer), (ABSTRACT, "pickle"))
            self.assertEqual(kwds, {"authkey": b"key", "exposed": ("get", "put")})

    def test_errors(self):
        kind, error = self.loads("error")
        self.assertEqual(kind, "#ERROR")
        self.assertIs(type(error), queue.Full)
        self.assertEqual(error.args, (7, "é"))
        self.assertIsNone(error.__cause__)
        kind, error = self.loads("error_with_traceback")
        self.assertEqual((type(error), error.args), (queue.Full, (7, "é")))
        self.assertEqual(str(error.__cause__), "where it was")
        self.assertEqual(self.loads("traceback"), ("#TRACEBACK", "text"))
        self.assertIsInstance(managers.convert_to_error(*self.loads("traceback")),
                              managers.RemoteError)

    def test_proxy_reply(self):
        kind, (exposed, token) = self.loads("proxy_reply")
        self.assertEqual((kind, exposed, state(token)), ("#PROXY", ("__next__", "close"), TCP))


if __name__ == "__main__":
    unittest.main()
