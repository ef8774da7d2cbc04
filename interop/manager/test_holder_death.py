# SPDX-License-Identifier: BSL-1.0
"""What becomes of the locks of a client that is gone, by start method and by how it went."""

import multiprocessing
import os
import re
import signal
import sys
import unittest

from interop.manager.waiting import wait_for
from interop.serving import AUTHKEY, Server

METHODS = ("fork", "spawn", "forkserver")
ENDS = ("killed", "os._exit", "exception", "return")
KINDS = ("Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore")


def end(how):
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "os._exit":
        os._exit(3)
    if how == "exception":
        sys.stderr = open(os.devnull, "w")
        raise ValueError("on purpose")


def hold(locks, how):
    for lock in locks:
        lock.acquire()
    end(how)


def owns_references(method):
    """Whether the child counts the proxies that it was started with."""
    return method != "spawn" or sys.version_info < (3, 10)


def released(kind, how, method, line):
    """Whether the default policy releases it. Where a child owns no references, all depends on
    what the kernel tells of its end, which stands in the line of the log."""
    if kind in ("RLock", "Condition"):
        return True
    if how == "killed":
        return owns_references(method) or kind == "Lock" or "killed by signal 9" in line
    if how == "os._exit":
        return owns_references(method) or kind == "Lock"
    if how == "exception" or line.endswith("died"):
        return not owns_references(method) and kind == "Lock"
    return False


class HolderDeath(unittest.TestCase):
    def setUp(self):
        key = multiprocessing.current_process().authkey
        self.addCleanup(setattr, multiprocessing.current_process(), "authkey", key)
        multiprocessing.current_process().authkey = AUTHKEY

    def settled(self, server, ident):
        """The line of the log that tells of the object."""
        lines = wait_for(lambda: re.findall(".* %s .*" % ident, server.logged()))
        self.assertEqual(len(lines), 1, lines)
        return lines[0]

    def start(self, method, target, *args):
        child = multiprocessing.get_context(method).Process(target=target, args=args)
        child.start()
        return child

    def check_ends(self, method):
        with Server() as server:
            manager = server.manager()
            held = {how: [getattr(manager, kind)() for kind in KINDS] for how in ENDS}
            children = {how: self.start(method, hold, held[how], how) for how in ENDS}
            for how in ENDS:
                children[how].join()
                for kind, lock in zip(KINDS, held[how]):
                    line = self.settled(server, lock._id)
                    with self.subTest(line):
                        self.assertIn("pid %d" % children[how].pid, line)
                        self.assertIn(kind + " " + lock._id, line)
                        expected = released(kind, how, method, line)
                        self.assertEqual("is released" in line, expected)
                        self.assertEqual(lock.acquire(False), expected)

    def test_fork(self):
        self.check_ends("fork")

    def test_spawn(self):
        self.check_ends("spawn")

    def test_forkserver(self):
        self.check_ends("forkserver")

    def hold_and_die(self, server, how, *kinds):
        """Locks whose holder is gone and settled, by kind."""
        locks = [getattr(server.manager(), kind)() for kind in kinds]
        self.start("fork", hold, locks, how).join()
        for lock in locks:
            self.settled(server, lock._id)
        return locks

    def test_keep(self):
        with Server("--on-holder-death", "keep") as server:
            for lock in self.hold_and_die(server, "killed", "Lock", "RLock", "Semaphore"):
                self.assertFalse(lock.acquire(False))

    def test_release(self):
        with Server("--on-holder-death", "release") as server:
            for lock in self.hold_and_die(server, "return", "Lock", "RLock", "Semaphore"):
                self.assertTrue(lock.acquire(False))

    def test_poison(self):
        with Server("--on-holder-death", "poison") as server:
            for lock in self.hold_and_die(server, "killed", "Lock", "RLock", "Semaphore"):
                with self.assertRaisesRegex(RuntimeError, r"pid \d+"):
                    lock.acquire()
                lock.release()
                self.assertTrue(lock.acquire(False))

    def test_waiters_get_what_is_released(self):
        with Server() as server:
            for kind in ("Lock", "RLock"):
                lock = getattr(server.manager(), kind)()
                holder = self.start("fork", hold_until_killed, lock)
                wait_for(lambda: not lock.acquire(False) or lock.release())
                holder.kill()
                self.assertTrue(lock.acquire(True, 30))
                holder.join()

    def test_of_a_tcp_client_only_the_session_is_known(self):
        for options, expected in ((), False), (("--on-holder-death", "release"), True):
            with Server(*options, transport="tcp") as server:
                lock = server.manager().Lock()
                self.start("fork", hold, [lock], "killed").join()
                self.assertIn("its process is unknown", self.settled(server, lock._id))
                self.assertEqual(lock.acquire(False), expected)


def hold_until_killed(lock):
    lock.acquire()
    signal.pause()


class NoGuards(unittest.TestCase):
    """What one process acquires and another one releases is never touched by the server."""

    def setUp(self):
        multiprocessing.current_process().authkey = AUTHKEY
        self.server = Server()
        self.addCleanup(self.server.__exit__)
        self.manager = self.server.manager()
        self.guard = self.manager.Lock()

    def killed_holding(self, method, lock):
        """Returns when the end of one who held it, and a guard, is settled."""
        ctx = multiprocessing.get_context(method)
        child = ctx.Process(target=hold, args=([lock, self.guard], "killed"))
        child.start()
        child.join()
        self.assertTrue(self.guard.acquire(True, 30))
        self.guard.release()

    def test_a_lock_handed_to_another_process(self):
        for method in METHODS:
            lock = self.manager.Lock()
            lock.acquire()
            child = multiprocessing.get_context(method).Process(target=lock_release, args=(lock,))
            child.start()
            child.join()
            self.killed_holding(method, lock)
            self.assertFalse(lock.acquire(False))

    def test_a_semaphore_that_counts(self):
        for method in METHODS:
            semaphore = self.manager.Semaphore(0)
            semaphore.release()
            semaphore.release()
            self.killed_holding(method, semaphore)
            self.assertTrue(semaphore.acquire(False))
            self.assertFalse(semaphore.acquire(False))


def lock_release(lock):
    lock.release()


if __name__ == "__main__":
    unittest.main()
