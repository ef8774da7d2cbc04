# SPDX-License-Identifier: BSL-1.0
"""The C++ proxies against the manager server of the CPython that runs this."""

import collections
import os
import pickle
import queue
import sys
import tempfile
import threading
import unittest
from multiprocessing import current_process, managers
from multiprocessing.managers import AutoProxy, DictProxy, SyncManager

from interop.proxy import AUTHKEY, BIN, address_text, run


class Counter:
    def __init__(self, start, step=1):
        self.count = start
        self.step = step
        self.counts = []

    def increment(self, by=None):
        self.count += self.step if by is None else by
        self.counts.append(self.count)
        return self.count

    def history(self):
        return self.counts

    def fail(self):
        raise ZeroDivisionError("no more")


tasks = queue.Queue()
results = {"input": [1, 2, 3]}


def get_tasks():
    return tasks


def get_results():
    return results


class Manager(SyncManager):
    pass


Manager.register("Counter", Counter, method_to_typeid={"history": "list"})
for class_ in (set, collections.deque, collections.OrderedDict, collections.defaultdict, bytearray,
               queue.PriorityQueue, queue.LifoQueue, queue.SimpleQueue):
    proxytype = getattr(managers, "SetProxy", AutoProxy) if class_ is set else AutoProxy
    Manager.register(class_.__name__, class_, proxytype, exposed=dir(class_))
Manager.register("get_tasks", get_tasks)
Manager.register("get_results", get_results, proxytype=DictProxy)


class CPythonServer(unittest.TestCase):
    def setUp(self):
        current_process().authkey = AUTHKEY

    def check(self, address):
        with Manager(address=address, authkey=AUTHKEY) as manager:
            manager.get_tasks().put("from Python")
            left_out = ["~[released]", "~[in_one_step]"]
            if sys.version_info < (3, 14):
                left_out.append("~[set_proxy]")
            if sys.version_info < (3, 9):
                left_out.append("~[autoproxy]")  # 3.8's server cannot nest one
            try:
                import numpy  # noqa: F401
            except ImportError:
                left_out.append("~[numpy]")
            run("proxy_integration", "".join(left_out), address=manager.address)
            run("async_integration", address=manager.address)
            self.assertEqual(manager.get_tasks().get(timeout=10), "from C++")
            self.assertEqual(manager.get_results().get("output"), {"x": [1.5, 2.5]})

    def test_unix(self):
        self.check(None)

    def test_abstract(self):
        self.check("\0pickled-interop-%d" % os.getpid())

    def test_tcp(self):
        self.check(("127.0.0.1", 0))

    def test_nothing_is_left_behind(self):
        with Manager(authkey=AUTHKEY) as manager:
            before = manager._number_of_objects()
            run("proxy_integration", "[list],[dict],[lock],[queue],[nested]~[autoproxy]",
                address=manager.address)
            # CPython's server keeps nested proxies for ever, but counts only what clients hold.
            self.assertEqual(manager._number_of_objects(), before)

    def test_restart(self):
        with tempfile.TemporaryDirectory() as directory:
            address = os.path.join(directory, "socket")
            killed = Manager(address=address, authkey=AUTHKEY)
            killed.start()

            def start_another():
                killed._process.join()
                os.unlink(address)
                with Manager(address=address, authkey=AUTHKEY):
                    done.wait(120)

            done = threading.Event()
            restarting = threading.Thread(target=start_another)
            restarting.start()
            try:
                run("proxy_restart", address=address,
                    PICKLED_SERVER_PID=str(killed._process.pid))
            finally:
                killed._process.kill()
                done.set()
                restarting.join()

    def test_shutdown(self):
        manager = Manager(authkey=AUTHKEY)
        manager.start()
        process = manager._process
        run("proxy_shutdown", address=manager.address)
        process.join(10)
        self.assertEqual(process.exitcode, 0)


class Examples(unittest.TestCase):
    def setUp(self):
        current_process().authkey = AUTHKEY

    def test_readme(self):
        with SyncManager(authkey=AUTHKEY) as manager:
            output = run("readme", address_text(manager.address), AUTHKEY.decode(),
                         address=manager.address)
        self.assertEqual(output.splitlines(),
                         ["KeyError: 'plums'", "{'apples': 6, 'pears': [1.5, 2.5]}"])

    def test_many_calls(self):
        with SyncManager(authkey=AUTHKEY) as manager:
            output = run("many_calls", address_text(manager.address), AUTHKEY.decode(),
                         address=manager.address)
        self.assertEqual(int(output), sum(n * n for n in range(1000)))

    def test_word_count_worker(self):
        import subprocess
        with SyncManager(authkey=AUTHKEY) as manager, tempfile.TemporaryDirectory() as directory:
            paths = []
            for number, text in enumerate([b"One two, TWO\xff2two", b"", b"two\nthree"]):
                paths.append(os.path.join(directory, str(number)))
                with open(paths[-1], "wb") as file:
                    file.write(text)
            shared = (manager.list(paths), manager.Lock(), manager.dict(), manager.dict())
            given = pickle.dumps(AUTHKEY, 4) + pickle.dumps(shared, 4)
            subprocess.run([os.path.join(BIN, "word_count_worker"), "c++-1"], input=given,
                           check=True, timeout=60)
            self.assertEqual(shared[2].copy(), {"one": 1, "two": 4, "three": 1})
            self.assertEqual(shared[3].copy(), {"c++-1": ("C++", 3)})
            self.assertEqual(len(shared[0]), 0)


if __name__ == "__main__":
    unittest.main()
