# SPDX-License-Identifier: BSL-1.0
"""Items, references and objects outlive the clients that crash, and go when nobody needs them."""

import multiprocessing
import os
import signal
import socket
import unittest
from multiprocessing.connection import Client
from multiprocessing.managers import RemoteError, SyncManager, dispatch

from interop.manager.waiting import wait_for
from interop.serving import AUTHKEY, Server


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def connected(address):
    manager = SyncManager(address, authkey=AUTHKEY)
    manager.connect()
    return manager


def command(server, function, *args):
    """One function of the server."""
    connection = Client(server.address, authkey=AUTHKEY)
    try:
        return dispatch(connection, None, function, args)
    finally:
        connection.close()


def knows(server, ident):
    """Whether an object that is not counted is alive; asking does not prolong its life."""
    try:
        command(server, "decref", ident)
        return True
    except RemoteError as error:
        assert "KeyError" in str(error)
        return False


def raw(proxy):
    """The stock connection of this thread to the object's server."""
    proxy._connect()
    return proxy._tls.connection


def create_and_die(address, out):
    manager = connected(address)
    made = [manager.dict(), manager.list(), manager.Queue()]
    out.send([proxy._id for proxy in made])
    signal.pause()


def put_proxy_and_die(address, queue):
    queue.put(connected(address).dict(a=1))
    die()


def send_proxy_and_leave(address, out):
    out.send(connected(address).dict(a=1))


def wait_until_killed(condition):
    with condition:
        condition.wait()


def get_without_reading(queue):
    connection = raw(queue)
    connection.send((queue._id, "get", (), {}))
    connection.poll(None)
    die()


def ask_and_die(proxy, method, when, orders):
    """Killed before the reply can be written, before it is read, or after it was."""
    connection = raw(proxy)
    orders.send("connected")
    orders.recv()
    connection.send((proxy._id, method, (), {}))
    if when == "unread":
        connection.poll(None)
    elif when == "read":
        assert connection.recv()[0] == "#RETURN"
    die()


class Killed(unittest.TestCase):
    TRANSPORT = "unix"

    def setUp(self):
        multiprocessing.current_process().authkey = AUTHKEY
        self.server = Server(transport=self.TRANSPORT)
        self.addCleanup(self.server.__exit__)
        self.manager = self.server.manager()

    def start(self, target, *args, method="fork"):
        child = multiprocessing.get_context(method).Process(target=target, args=args)
        child.start()
        self.addCleanup(child.join)
        self.addCleanup(child.kill)
        return child


class KilledAtAnyPoint(Killed):
    """What is granted to a client that is killed is granted to nobody, until it has read that."""

    def kill(self, proxy, method, when):
        ours, its = multiprocessing.Pipe()
        child = self.start(ask_and_die, proxy, method, when, its)
        self.assertEqual(ours.recv(), "connected")
        if when == "unwritten":
            self.server.process.send_signal(signal.SIGSTOP)
            with open("/proc/%d/stat" % self.server.process.pid) as stat:
                wait_for(lambda: stat.seek(0) or stat.read().rsplit(")", 1)[1].split()[0] == "T")
        ours.send("ask")
        child.join()
        self.server.process.send_signal(signal.SIGCONT)

    def test_items(self):
        queue = self.manager.Queue()
        for item in range(20):
            queue.put(item)
        for _ in range(5):
            for when in "unwritten", "unread":
                self.kill(queue, "get", when)
                wait_for(lambda: queue.qsize() == 20)
        self.kill(queue, "get", "read")
        self.assertEqual([queue.get() for _ in range(19)], list(range(1, 20)))
        self.assertTrue(queue.empty())

    def test_an_item_that_comes_when_its_getter_is_dead(self):
        queue = self.manager.Queue()
        for _ in range(5):
            self.kill(queue, "get", "unwritten")
        queue.put("item")
        wait_for(lambda: queue.qsize() == 1)
        self.assertEqual(queue.get(), "item")

    def test_locks_and_permits(self):
        for acquirable in self.manager.Lock(), self.manager.RLock(), self.manager.Semaphore(1):
            for when in "unwritten", "unread":
                self.kill(acquirable, "acquire", when)
                self.assertTrue(acquirable.acquire(True, 30))
                acquirable.release()

    def test_who_has_said_all_may_still_read(self):
        queue = self.manager.Queue()
        for item in range(5):
            queue.put(item)
        for item in range(5):
            connection = Client(self.server.address, authkey=AUTHKEY)
            dispatch(connection, None, "accept_connection", ("test",))
            connection.send((queue._id, "get", (), {}))
            with socket.socket(fileno=os.dup(connection.fileno())) as same:
                same.shutdown(socket.SHUT_WR)
            self.assertEqual(connection.recv(), ("#RETURN", item))
            connection.close()
        self.assertEqual(queue.qsize(), 0)


class KilledAtAnyPointOverTcp(KilledAtAnyPoint):
    TRANSPORT = "tcp"


class NothingLost(Killed):
    def number_of_objects(self):
        return command(self.server, "number_of_objects")

    def killed_creator(self, method):
        """A child that owns three objects, and their idents."""
        ours, its = multiprocessing.get_context(method).Pipe()
        child = self.start(create_and_die, self.server.address, its, method=method)
        return child, ours.recv()

    def test_references_of_the_killed_are_dropped(self):
        for method in ("fork", "spawn", "forkserver"):
            child, _ = self.killed_creator(method)
            self.assertEqual(self.number_of_objects(), 3)
            child.kill()
            wait_for(lambda: self.number_of_objects() == 0)

    def test_references_stay_while_somebody_calls_the_object(self):
        child, (d, _, _) = self.killed_creator("fork")
        caller = Client(self.server.address, authkey=AUTHKEY)
        dispatch(caller, None, "accept_connection", ("test",))
        self.assertEqual(dispatch(caller, d, "__len__"), 0)
        child.kill()
        wait_for(lambda: self.number_of_objects() == 1)
        self.assertEqual(dispatch(caller, d, "__len__"), 0)
        caller.close()
        wait_for(lambda: self.number_of_objects() == 0)

    def test_a_proxy_in_a_queue_survives_its_sender(self):
        for method in ("fork", "spawn", "forkserver"):
            queue = self.manager.Queue()
            self.start(put_proxy_and_die, self.server.address, queue, method=method).join()
            wait_for(lambda: self.number_of_objects() == 1)
            self.assertEqual(queue.get(True, 30).copy(), {"a": 1})

    def test_a_proxy_in_a_pipe_survives_its_sender(self):
        for method in ("fork", "spawn", "forkserver"):
            ours, its = multiprocessing.get_context(method).Pipe()
            self.start(send_proxy_and_leave, self.server.address, its, method=method).join()
            self.assertEqual(self.number_of_objects(), 0)
            self.assertEqual(ours.recv().copy(), {"a": 1})

    def test_a_killed_waiter_is_withdrawn(self):
        for method in ("fork", "spawn", "forkserver"):
            condition = self.manager.Condition()
            child = self.start(wait_until_killed, condition, method=method)
            wait_for(lambda: str(condition).endswith(", 1)>"))
            child.kill()
            wait_for(lambda: str(condition).endswith(", 0)>"))

    def test_an_item_that_was_not_read_returns_to_its_place(self):
        for method in ("fork", "spawn", "forkserver"):
            queue = self.manager.Queue()
            for i in range(3):
                queue.put(i)
            self.start(get_without_reading, queue, method=method).join()
            wait_for(lambda: queue.qsize() == 3)
            self.assertEqual([queue.get(), queue.get(), queue.get()], [0, 1, 2])

    def test_a_waiter_killed_in_line_takes_no_item(self):
        queue = self.manager.Queue()
        connection = Client(self.server.address, authkey=AUTHKEY)
        dispatch(connection, None, "accept_connection", ("test",))
        connection.send((queue._id, "empty", (), {}))
        connection.send((queue._id, "get", (), {}))
        # Sent only after the second request is in line.
        self.assertEqual(connection.recv(), ("#RETURN", True))
        connection.close()
        queue.put("item")
        wait_for(lambda: queue.qsize() == 1)
        self.assertEqual(queue.get(), "item")

    def test_idents_are_never_used_again(self):
        idents = set()
        for i in range(100):
            idents.add(self.manager.Namespace()._id)
        self.assertEqual(len(idents), 100)

    def test_what_nothing_mentions_any_more_goes(self):
        slots = self.manager.list()
        inner = self.manager.dict()
        me = self.manager.dict()
        nested, cycle = inner._id, me._id
        slots.extend([inner, inner])
        me["me"] = me
        del inner, me
        del slots[0]
        self.assertEqual(self.number_of_objects(), 1)
        self.assertTrue(knows(self.server, nested))
        self.assertEqual(slots[0].copy(), {})
        del slots[0]
        wait_for(lambda: not knows(self.server, nested))
        wait_for(lambda: not knows(self.server, cycle))


if __name__ == "__main__":
    unittest.main()
