# SPDX-License-Identifier: BSL-1.0
"""What iter() of a managed dict gives: a snapshot, or, if so asked, a proxy as CPython's does."""

import pickle
import unittest
from multiprocessing import current_process
from multiprocessing.connection import Client
from multiprocessing.managers import IteratorProxy, dispatch

from interop.serving import AUTHKEY, Server


class Iterators(unittest.TestCase):
    def manager(self, *options):
        server = Server(*options)
        self.addCleanup(server.__exit__)
        self.addCleanup(setattr, current_process(), "authkey", current_process().authkey)
        current_process().authkey = server.authkey
        return server.manager()

    def test_the_keys_come_in_the_reply_or_by_a_proxy(self):
        for how, message in (("snapshot", "#RETURN"), ("proxy", "#PROXY")):
            manager = self.manager("--iterators", how)
            d = manager.dict(a=1, b=2)
            self.assertEqual(list(d.keys()), ["a", "b"])
            self.assertEqual([key for key in d], ["a", "b"])
            connection = Client(manager.address, authkey=AUTHKEY)
            dispatch(connection, None, "accept_connection", ("test",))
            connection.send((d._token.id, "__iter__", (), {}))
            self.assertEqual(connection.recv()[0], message)
            connection.close()

    def test_a_snapshot_does_not_see_changes(self):
        d = self.manager().dict(a=1, b=2)
        keys = iter(d)
        d["c"] = 3
        self.assertEqual(list(keys), ["a", "b"])
        self.assertEqual(list(d), ["a", "b", "c"])

    def test_a_snapshot_handed_on_is_read_by_each(self):
        keys = iter(self.manager().dict(a=1, b=2))
        other = pickle.loads(pickle.dumps(keys))
        self.assertEqual(list(keys), ["a", "b"])
        self.assertEqual(list(other), ["a", "b"])

    def test_a_proxy_fails_after_a_change(self):
        d = self.manager("--iterators", "proxy").dict(a=1, b=2)
        keys = iter(d)
        self.assertIsInstance(keys, IteratorProxy)
        d["c"] = 3
        with self.assertRaisesRegex(RuntimeError, "dictionary changed size during iteration"):
            next(keys)
        self.assertEqual(list(d), ["a", "b", "c"])

    def test_a_proxy_handed_on_is_read_once(self):
        keys = iter(self.manager("--iterators", "proxy").dict(a=1, b=2))
        other = pickle.loads(pickle.dumps(keys))
        self.assertEqual(next(keys), "a")
        self.assertEqual(list(other), ["b"])
        self.assertEqual(list(keys), [])


if __name__ == "__main__":
    unittest.main()
