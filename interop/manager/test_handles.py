# SPDX-License-Identifier: BSL-1.0
"""Connections and sockets, which can be received once, in managed objects."""

import multiprocessing
import socket
import unittest

from interop.serving import AUTHKEY, Server


class Handles(unittest.TestCase):
    def setUp(self):
        before = multiprocessing.current_process().authkey
        self.addCleanup(setattr, multiprocessing.current_process(), "authkey", before)
        multiprocessing.current_process().authkey = AUTHKEY

    def test_a_queue_hands_them_on(self):
        with Server() as server:
            m = server.manager()
            q = m.Queue()
            here, there = multiprocessing.Pipe()
            q.put([there])
            q.put_nowait(there)
            for i in range(2):
                item = q.get()
                received = item[0] if i == 0 else item
                received.send(i)
                self.assertEqual(here.recv(), i)
                received.close()

    def test_nothing_else_takes_them(self):
        with Server() as server:
            m = server.manager()
            here, there = multiprocessing.Pipe()
            one, two = socket.socketpair()
            d, l, n, v = m.dict(), m.list([0]), m.Namespace(), m.Value("c", None)
            stores = [
                lambda x: d.__setitem__("k", x), lambda x: d.setdefault("k", x),
                lambda x: d.update(k=x), lambda x: d.update({"k": x}), l.append,
                lambda x: l.extend([x]), lambda x: l.insert(0, x), lambda x: l.__setitem__(0, x),
                lambda x: setattr(n, "x", x), v.set, lambda x: m.list([x]),
                lambda x: m.dict(k=x), lambda x: m.Value("c", x),
            ]
            for store in stores:
                for handle in there, [{"nested": (there,)}], two:
                    with self.assertRaisesRegex(Exception, "TypeError|can be received only once"):
                        store(handle)
            self.assertEqual((d.copy(), l[:], v.get()), ({}, [0], None))
            # Text that only says so is a value.
            d["text"] = ["multiprocessing.resource_sharer", Exception("resource_sharer")]
            self.assertEqual(d["text"][0], "multiprocessing.resource_sharer")


if __name__ == "__main__":
    unittest.main()
