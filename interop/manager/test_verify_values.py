# SPDX-License-Identifier: BSL-1.0
"""--verify-values: a Python beside the server loads what clients store."""

import collections
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from multiprocessing import Pipe, current_process
from multiprocessing.managers import BaseManager, NamespaceProxy, RemoteError, ValueProxy

from interop.serving import AUTHKEY, PROGRAM, Server


class TwoArguments(Exception):
    """Is pickled, and cannot be loaded: its arguments are not those of its text."""

    def __init__(self, where, why):
        super().__init__("%s: %s" % (where, why))


class Counted:
    """Says in a file each time that it is loaded."""

    def __init__(self, path, number):
        self.state = {"path": path, "number": number}

    def __getstate__(self):
        return self.state

    def __setstate__(self, state):
        self.state = state
        with open(state["path"], "a") as loaded:
            loaded.write("%d " % state["number"])


class Action:
    """Loading it calls `function(*args)`."""

    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


def fail_privately():
    class Private(Exception):
        pass
    raise Private("no")


def runs(pid):
    """Whether there is such a process, and not only what nobody has reaped of it."""
    try:
        with open("/proc/%s/stat" % pid) as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Manager(BaseManager):
    pass


for name in "dict", "list", "Queue":
    Manager.register(name)
Manager.register("Namespace", proxytype=NamespaceProxy)
Manager.register("Value", proxytype=ValueProxy)


class VerifyValues(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--verify-values", sys.executable)
        cls.addClassCleanup(cls.server.__exit__)
        before = current_process().authkey
        cls.addClassCleanup(setattr, current_process(), "authkey", before)
        current_process().authkey = AUTHKEY

    def setUp(self):
        self.manager = self.server.manager(Manager)
        self.d, self.l = self.manager.dict(), self.manager.list()

    def test_what_nobody_can_build_is_the_writers_error(self):
        bad = TwoArguments("here", "broken")
        q, n, v = self.manager.Queue(), self.manager.Namespace(), self.manager.Value("i", 0)
        stores = [
            lambda x: self.d.update(k=x), lambda x: self.d.update({"k": x}), self.l.append,
            lambda x: self.d._callmethod("__setitem__", ("k", x)),
            lambda x: self.l.extend([1, {"nested": [x]}]), q.put,
            lambda x: setattr(n, "x", x), v.set,
        ]
        for store in stores:
            for value in bad, [bad], {"k": (bad,)}:
                with self.assertRaisesRegex(TypeError, "missing 1 required positional argument"):
                    store(value)
        for make in lambda: self.manager.list([bad]), lambda: self.manager.dict(k=bad):
            with self.assertRaisesRegex(RemoteError, "TypeError: .*missing 1 required"):
                make()
        self.assertEqual((self.d.copy(), self.l._callmethod("copy"), q.qsize(), v.get()),
                         ({}, [], 0, 0))

    def test_what_can_be_built_is_stored(self):
        for value in (1.5, float("nan"), ValueError("x"), collections.OrderedDict(a=1), range(3),
                      [collections.Counter("aa")], queue.Empty, self.d):
            self.l.append(value)
            self.d.update(k=value)
        self.assertEqual(len(self.l), 8)
        self.assertEqual(repr(self.l.pop(2)), "ValueError('x')")

    def test_classes_and_functions_that_are_missing(self):
        for value, error, text in (
                (Action(os.path.join), TypeError, "join"),
                (Action(int, "x"), ValueError, "invalid literal for int"),
                (Action({}.__getitem__, "k"), KeyError, "k"),
                (Action(fail_privately), RuntimeError, "Private: no"),
                (Action(sys.exit, 3), RuntimeError, "SystemExit: 3"),
                (Action(b"\xff".decode), RuntimeError, "UnicodeDecodeError")):
            with self.assertRaisesRegex(error, text):
                self.l.append(value)
        globals()["Gone"] = type("Gone", (), {"__module__": __name__})
        with self.assertRaisesRegex(AttributeError, "Gone"):
            self.l.append(globals()["Gone"]())
        self.assertEqual(len(self.l), 0)

    def test_each_shape_is_loaded_once(self):
        with tempfile.NamedTemporaryFile("r") as loaded:
            for number in range(5):
                self.l.append([Counted(loaded.name, number)] * (1 + number))
            self.assertEqual(loaded.read(), "0 ")

    def test_its_end_is_an_error_of_one_call(self):
        for _ in range(2):
            with self.assertRaisesRegex(RuntimeError, "not stored: .*ended"):
                self.l.append(Action(os._exit, 1))
        self.l.append(Action(complex, "1"))
        self.assertEqual(list(self.l._callmethod("copy")), [1])

    def test_others_are_served_while_something_is_loaded(self):
        slow = threading.Thread(target=self.l.append, args=(Action(time.sleep, 3),), daemon=True)
        other = self.server.manager(Manager).dict()
        slow.start()
        begun = time.monotonic()
        for number in range(100):
            other.update({number: [number]})
        self.assertLess(time.monotonic() - begun, 2)
        self.assertTrue(slow.is_alive())
        slow.join()
        self.assertEqual(len(self.l), 1)

    def test_tickets_are_not_used_up(self):
        q = self.manager.Queue()
        here, there = Pipe()
        q.put(there)
        received = q.get()
        received.send("hello")
        self.assertEqual(here.recv(), "hello")

    def test_what_it_prints_goes_to_the_log(self):
        self.l.append(Action(print, "seen in the log"))
        self.assertIn("seen in the log", self.server.logged())


class Interpreters(unittest.TestCase):
    def test_what_is_no_python_is_told_at_the_start(self):
        for interpreter, text in ("/nowhere/python", "cannot be started"), ("true", "ended"):
            done = subprocess.run(
                [PROGRAM, "serve", "--address", "127.0.0.1:0", "--verify-values", interpreter],
                env=dict(os.environ, PICKLED_AUTHKEY="k"), capture_output=True, text=True,
                timeout=30)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(text, done.stderr)
            self.assertEqual(done.stdout, "")

    def test_it_ends_with_the_server(self):
        with Server("--verify-values", sys.executable) as server:
            values = server.manager(Manager).list()
            with tempfile.NamedTemporaryFile("r") as seen:
                code = "import os, time; open(%r, 'w').write(str(os.getpid())); time.sleep(1000)"
                stuck = threading.Thread(
                    target=lambda: self.assertRaises(
                        Exception, values.append, Action(exec, code % seen.name)), daemon=True)
                stuck.start()
                pid = ""
                while not pid:
                    time.sleep(0.01)
                    pid = seen.read()
            self.assertEqual(server.stop(), 0)
            stuck.join()
            deadline = time.monotonic() + 10
            while runs(pid):
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.01)


if __name__ == "__main__":
    unittest.main()
