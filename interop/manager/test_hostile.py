# SPDX-License-Identifier: BSL-1.0
"""Clients that go for the server's time, memory and patience: others are served meanwhile."""

import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
import unittest
from multiprocessing.managers import RemoteError

from interop.manager.live_server import LiveServer
from interop.serving import AUTHKEY


# What a server answers that refuses; one that hangs up, or is gone, does not.
REFUSALS = MemoryError, RecursionError, RemoteError, TypeError, ValueError


def ignoring_errors(*actions):
    """A function that does all of `actions`, each of which may be refused."""
    def run():
        for action in actions:
            try:
                action()
            except REFUSALS:
                pass
    return run


class Values(LiveServer):
    """Values that are small on the wire and mean much. What they are printed as is limited like an
    answer, here more narrowly than by default, to save time."""

    OPTIONS = ("--max-message", "32mb")

    def bomb(self, depth=40):
        value = []
        for _ in range(depth):
            value = [value, value]
        return value

    def test_a_shared_reference_bomb(self):
        """CPython prints, or compares, 2^40 leaves, with its GIL held: it is gone."""
        l = self.manager.list()
        l.append(self.bomb())
        other = self.bomb()
        with self.assertRaisesRegex(RemoteError, "MemoryError: the text of this object is longer"):
            l._callmethod("__repr__")
        self.others_are_served(ignoring_errors(
            lambda: str(l), lambda: l.index(other), lambda: l.count(other), l.sort,
            lambda: l.append(self.bomb()), l.sort, lambda: l.extend([other, self.bomb()]),
            lambda: other in l, lambda: l.remove(other), lambda: l.extend(other),
            lambda: self.manager.list(other), lambda: self.manager._debug_info()))

    def test_texts_of_a_shared_reference_bomb(self):
        bombs = [self.bomb(), self.bomb()]
        l = self.manager.list(bombs)

        def refused():
            with self.assertRaises(MemoryError):
                l.sort(key=str)
            with self.assertRaisesRegex(ValueError, "is not in list") as caught:
                l.index([bombs])
            self.assertLess(len(str(caught.exception)), 100000)
        self.others_are_served(refused)

    def test_small_arguments_that_stand_for_many_items(self):
        """Of CPython's server nobody else is served meanwhile."""
        many = 1000000

        def repeated():
            self.manager.list([1])._callmethod("__imul__", (many,))
        self.others_are_served(ignoring_errors(
            repeated, lambda: self.manager.list(range(many)),
            lambda: self.manager.list().extend(range(many))))

    def test_a_shared_reference_bomb_of_tuples_as_key(self):
        bomb, other = (), ()
        for _ in range(40):
            bomb, other = (bomb, bomb), (other, other)
        request = pickle.dumps((self.healthy._token.id, "__contains__", (bomb,), {}), 4)
        l = self.manager.list([other])

        def look_up():
            connection = self.proxy_connection()
            connection.send_bytes(request)
            connection.recv()
        self.others_are_served(ignoring_errors(
            look_up, lambda: l.index(bomb), lambda: l.append(bomb), l.sort, lambda: str(l)))

    def test_items_that_share_what_the_message_holds_once(self):
        """Cut into items of their own, they would be hundreds of megabytes."""
        shared, items = ["x" * 1000], []
        for _ in range(1000):
            shared = [shared, shared]
            items.append(shared)
        l = self.manager.list()
        connection = self.proxy_connection()
        recursion = sys.getrecursionlimit()
        sys.setrecursionlimit(20000)
        self.addCleanup(sys.setrecursionlimit, recursion)
        request = pickle._dumps((l._token.id, "extend", (items,), {}), 4)

        def extend():
            connection.send_bytes(request)
            connection.recv()
        self.others_are_served(extend)
        with open("/proc/%d/status" % self.server.process.pid) as status:
            resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        self.assertLess(resident, 2 << 20)  # in KiB

    def test_keys_made_to_collide(self):
        """30,000 of them stop CPython's server, for everybody, for 6 seconds."""
        modulus = (1 << 61) - 1  # of CPython's hash of an int
        keys = [i * modulus for i in range(1, 10001)]
        d, s = self.manager.dict(), self.manager.list()
        self.others_are_served(lambda: d.update([(key, None) for key in keys]))
        self.others_are_served(lambda: d.update([(float(key), None) for key in keys]))
        self.others_are_served(lambda: d.update([((key, "x"), None) for key in keys]))
        self.others_are_served(lambda: s.append(set(keys)))
        self.others_are_served(lambda: set(keys) in s)
        self.assertGreaterEqual(len(d), 20000)

    def test_an_int_of_a_hundred_thousand_digits(self):
        """Refused by CPython from 3.8.14, 3.9.14, 3.10.7 on (its limit is 4,300 digits)."""
        l = self.manager.list([10 ** 100000])
        self.others_are_served(ignoring_errors(
            lambda: str(l), lambda: l.sort(key=str), lambda: l.append("9" * 100000),
            lambda: l.sort(key=int)))
        self.assertEqual(l[0], 10 ** 100000)

    def test_a_million_sorted(self):
        """Meanwhile no other thread of CPython's server runs."""
        l = self.manager.list()
        l.extend([(i * 7919) % 1000003 for i in range(1000000)])
        self.others_are_served(l.sort)
        self.assertEqual(l[:3], [0, 1, 2])

    def test_a_large_list_copied_and_printed(self):
        l = self.manager.list(range(200000))
        self.others_are_served(ignoring_errors(
            lambda: str(l), lambda: l[:], lambda: l * 3, lambda: l._getvalue(), lambda: [1] in l,
            lambda: l.count(1.5)))

    def test_values_that_hold_themselves(self):
        """CPython prints them with dots, and fails with a RecursionError when it compares them."""
        value, other = [], []
        value.append(value)
        other.append(other)
        d = {}
        d["self"] = d
        l = self.manager.list()
        l.append(value)
        l.append(d)
        self.assertEqual(str(l), "[[[...]], {'self': {...}}]")
        self.others_are_served(ignoring_errors(lambda: l.index(other), l.sort, lambda: other in l))
        item = l[0]
        self.assertIs(item[0], item)


class Behaviour(LiveServer):
    """Clients that come in crowds, stop, hang up or are killed."""

    def test_connections_opened_and_dropped(self):
        for _ in range(1000):
            raw = socket.socket(socket.AF_UNIX)
            raw.connect(self.server.address)
            raw.close()

    def test_connections_dropped_after_the_handshake(self):
        for _ in range(200):
            self.command_connection().close()
            self.proxy_connection().close()

    def test_many_at_once(self):
        """CPython's listener forgets some of them: its backlog is 16 up to 3.12."""
        crowd = [self.raw() for _ in range(500)]
        self.others_are_served(lambda: [raw.close() for raw in crowd])

    def test_requests_without_an_end(self):
        """Answers that nobody reads are not heaped up: the server reads no further."""
        connection = self.proxy_connection()
        payload = pickle.dumps((self.healthy._token.id, "copy", (), {}))
        requests = (struct.pack("!i", len(payload)) + payload) * 1000
        raw = socket.socket(fileno=os.dup(connection.fileno()))
        self.addCleanup(raw.close)

        def flood():
            raw.settimeout(1)
            try:
                for _ in range(500):
                    raw.sendall(requests)
            except OSError:
                pass
        self.others_are_served(flood)
        raw.close()
        connection.close()

    def test_large_answers_that_nobody_reads(self):
        l = self.manager.list(["x" * 1000000])
        for _ in range(20):
            connection = self.proxy_connection()
            connection.send((l._token.id, "__mul__", (5,), {}))
            connection.close()

    def run_and_kill(self, program, *arguments):
        """Runs a client until it says so, and kills it."""
        child = subprocess.Popen(
            [sys.executable, "-c", program, self.server.address, AUTHKEY.hex(), *arguments],
            stdout=subprocess.PIPE)
        self.assertTrue(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()

    def test_clients_killed_while_they_wait(self):
        """With CPython each of them gets the lock later, and keeps it for ever."""
        lock, queue = self.manager.Lock(), self.manager.Queue()
        lock.acquire()
        program = (
            "import sys; from multiprocessing.connection import Client\n"
            "c = Client(sys.argv[1], authkey=bytes.fromhex(sys.argv[2]))\n"
            "c.send((None, 'accept_connection', ('test',), {})); c.recv()\n"
            "c.send((sys.argv[3], sys.argv[4], (), {})); print(flush=True); c.recv()\n")
        for _ in range(3):
            self.run_and_kill(program, lock._token.id, "acquire")
            self.run_and_kill(program, queue._token.id, "get")
        lock.release()
        queue.put("item")
        self.assertTrue(lock.acquire(True, 30))
        self.assertEqual(queue.get(True, 30), "item")


if __name__ == "__main__":
    unittest.main()
