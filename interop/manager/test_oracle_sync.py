# SPDX-License-Identifier: BSL-1.0
"""Locks, queues and the like answer what CPython's manager answers to the same programs."""

import sys
import threading
import unittest

from interop.manager.oracle import OracleTest, outcome

SOON = 0.01  # seconds: a timeout that is meant to pass
LATE = 30  # one that is not


class Calls(OracleTest):
    """One thread, one call after the other."""

    def test_acquire_and_release(self):
        acquires = [(), (True,), (False,), (0,), (True, SOON), (True, 0), (False, 1), (True, -1),
                    (True, -2), (True, None), (True, "x"), (1, 2, 3), (True, 1e300)]
        if sys.version_info >= (3, 12):
            acquires += [("x", SOON), ([], SOON)]
        for typeid, made_with in (("Lock", ()), ("RLock", ()), ("Semaphore", ()),
                                  ("Semaphore", (2,)), ("BoundedSemaphore", (2,)),
                                  ("Condition", ())):
            for acquire in acquires:
                twin = self.make(typeid, *made_with)
                twin.call("release")
                twin.call("acquire", *acquire)
                twin.call("acquire", False)
                for _ in range(4):
                    twin.call("release")
            for keywords in ({"blocking": False}, {"timeout": SOON}, {"x": 1},
                             {"blocking": True, "timeout": 0}):
                self.make(typeid, *made_with).call("acquire", **keywords)

    def test_making_them(self):
        for typeid, calls in (
            ("Lock", [(), (1,)]), ("Event", [(), (1,)]),
            ("Semaphore", [(), (0,), (-1,), ("x",), (1, 2)]),
            ("BoundedSemaphore", [(), (0,), (-1,), (None,)]),
            ("Barrier", [(), (1,), (2, None, SOON), (1, 2, 3, 4)]),
            ("Queue", [(), (0,), (1,), (-1,), (1, 2)]), ("JoinableQueue", [(), (3,)]),
            ("Condition", [(), (None,), (1,), (1, 2)]),
        ):
            for args in calls:
                self.make(typeid, *args)
        if sys.version_info >= (3, 13):
            for parties in 0, -1, "x":
                self.make("Barrier", parties)

    @unittest.skipIf(sys.version_info < (3, 9), "one at a time in CPython 3.8")
    def test_releasing_more_than_one(self):
        for typeid in "Semaphore", "BoundedSemaphore":
            for n in (1, 2, 0, -1, "x", None):
                twin = self.make(typeid, 2)
                twin.call("acquire")
                twin.call("release", n)
                for _ in range(4):
                    twin.call("acquire", False)

    def test_event(self):
        twin = self.make("Event")
        for wait in (SOON, 0, -1, "x"):
            twin.call("wait", wait)
        for method in "is_set", "set", "is_set", "set", "wait", "clear", "is_set":
            twin.call(method)
        twin.call("wait", timeout=SOON)
        twin.call("set", 1)

    def test_condition(self):
        twin = self.make("Condition")
        for method, args in (("wait", (SOON,)), ("notify", ()), ("notify_all", ()), ("release", ()),
                             ("acquire", ()), ("acquire", ()), ("wait", (SOON,)), ("wait", ("x",)),
                             ("notify", ()), ("notify", (3,)), ("notify", (1, 2)),
                             ("notify_all", ()), ("release", ()), ("release", ()),
                             ("release", ()), ("wait", (0,))):
            twin.call(method, *args)
        twin.ask("wait_for", lambda proxy: (proxy.acquire(), proxy.wait_for(lambda: False, SOON),
                                            proxy.wait_for(lambda: 5), proxy.release()))

    def test_barrier(self):
        twin = self.make("Barrier", 2)
        for method, args in (("wait", (SOON,)), ("wait", ()), ("reset", ()), ("wait", (0,)),
                             ("reset", ()), ("wait", ("x",)), ("reset", ()), ("abort", ()),
                             ("wait", ()), ("reset", ()), ("__getattribute__", ("nope",))):
            twin.call(method, *args)
            twin.ask("properties", lambda proxy: (proxy.parties, proxy.n_waiting, proxy.broken))
        one = self.make("Barrier", 1, None, SOON)
        for _ in range(3):
            one.call("wait")
        self.make("Barrier", 2, timeout=SOON).call("wait")

    def test_queue(self):
        for typeid in "Queue", "JoinableQueue":
            twin = self.make(typeid, 2)
            for method, args, kwds in (
                ("get", (False,), {}), ("get", (), {"timeout": SOON}), ("get_nowait", (), {}),
                ("get", (True, -1), {}), ("task_done", (), {}), ("put", ("a",), {}),
                ("put", (), {"item": "b", "block": False}), ("put", ("c", False), {}),
                ("put", ("c",), {"timeout": SOON}), ("put_nowait", ("c",), {}), ("full", (), {}),
                ("put", ("c", True, -1), {}), ("qsize", (), {}), ("empty", (), {}),
                ("get", (), {}), ("get", (), {"block": True, "timeout": 1}), ("empty", (), {}),
                ("task_done", (), {}), ("task_done", (), {}), ("join", (), {}),
                ("task_done", (), {}), ("get", ("x",), {"timeout": "y"}), ("qsize", (1,), {}),
            ):
                twin.call(method, *args, **kwds)

    @unittest.skipIf(sys.version_info < (3, 13), "CPython's queues cannot be shut down before 3.13")
    def test_shutdown_of_a_queue(self):
        for immediate in (), (False,), (True,):
            twin = self.make("Queue", 2)
            twin.call("put", 1)
            twin.call("shutdown", *immediate)
            for method, args in (("put", (2,)), ("put_nowait", (2,)), ("get", ()), ("get", ()),
                                 ("get_nowait", ()), ("qsize", ()), ("empty", ()),
                                 ("task_done", ()), ("task_done", ())):
                twin.call(method, *args)

    def test_names_that_are_not_exposed(self):
        for typeid, args in (("Lock", ()), ("RLock", ()), ("Semaphore", ()), ("Event", ()),
                             ("Condition", ()), ("Barrier", (1,)), ("Queue", ())):
            twin = self.make(typeid, *args)
            for name in "nothing", "__len__", "__class__", "__dict__", "mro":
                twin.call(name)
            twin.call("#GETVALUE", 1)
            twin.call("__repr__", 1)


class Thread(threading.Thread):
    """Runs `action`; `result()` is its outcome."""

    def __init__(self, action):
        super().__init__(daemon=True)
        self.action = action
        self.start()

    def run(self):
        self.outcome = outcome(self.action)

    def result(self):
        self.join(LATE)
        return "still running" if self.is_alive() else self.outcome


def until(predicate):
    event = threading.Event()
    for _ in range(LATE * 1000):
        if predicate():
            return True
        event.wait(0.001)
    return False


class Programs(OracleTest):
    """Several threads, each of which has a connection of its own."""

    def test_owned_by_the_connection(self):
        def program(manager):
            record = []
            for typeid in "Lock", "RLock", "Condition":
                lock = getattr(manager, typeid)()
                lock.acquire()
                record.append(Thread(lambda: lock.acquire(False)).result())
                record.append(Thread(lambda: lock.acquire(True, SOON)).result())
                record.append(Thread(lock.release).result())
                record.append(outcome(lambda: lock.acquire(False)))
                record.append(outcome(lock.release))
            return record
        self.same(program)

    def test_a_lock_is_handed_over(self):
        def program(manager):
            lock = manager.Lock()
            with lock:
                waiting = Thread(lambda: lock.acquire(True, LATE))
            return [waiting.result(), lock.acquire(False)]
        self.same(program)

    def test_condition_notifies_in_order(self):
        def program(manager):
            condition, woken = manager.Condition(), manager.list()

            def wait(number):
                with condition:
                    ready.append(number)
                    answer = condition.wait(LATE)
                    woken.append(number)
                    return answer
            ready, threads, record = [], [], []
            for number in range(4):
                threads.append(Thread(lambda number=number: wait(number)))
                until(lambda: len(ready) > number)
                with condition:  # free again: it waits
                    pass
            for expected, notify in ((1, condition.notify), (3, lambda: condition.notify(2)),
                                     (4, condition.notify_all)):
                with condition:
                    notify()
                until(lambda: len(woken) == expected)
                record.append(sorted(woken))
            return record + [thread.result() for thread in threads]
        self.same(program)

    def test_condition_with_a_managed_lock(self):
        def program(manager):
            lock = manager.Lock()
            condition = manager.Condition(lock)
            record = [outcome(condition.notify)]
            with condition:
                record.append(lock.acquire(False))
                record.append(condition.wait(SOON))
                condition.notify_all()
            with lock:
                record.append(condition.acquire(False))
            return record
        self.same(program)

    def test_barrier_with_several(self):
        def program(manager):
            barrier, record = manager.Barrier(3), []
            for _ in range(2):
                threads = [Thread(barrier.wait) for _ in range(3)]
                record.append(sorted(thread.result()[1] for thread in threads))
            for end in (barrier.abort, barrier.reset,
                        lambda: Thread(lambda: barrier.wait(SOON)).result()):
                threads = [Thread(barrier.wait)]
                until(lambda: barrier.n_waiting == 1)
                end()
                record.append([thread.result() for thread in threads])
                record.append((barrier.n_waiting, barrier.broken))
                barrier.reset()
            return record
        self.same(program)

    def test_event_wakes_all(self):
        def program(manager):
            event = manager.Event()
            threads = [Thread(lambda: event.wait(LATE)) for _ in range(3)]
            event.set()
            return [thread.result() for thread in threads]
        self.same(program)

    def test_queue_between_threads(self):
        def program(manager):
            queue = manager.JoinableQueue(2)
            putting = Thread(lambda: [queue.put(i, True, LATE) for i in range(20)])
            got = []
            for _ in range(20):
                got.append(queue.get(True, LATE))
                if got[-1] == 10:
                    joining = Thread(queue.join)
            for _ in range(20):
                queue.task_done()
            return [got, putting.result(), joining.result(), queue.empty()]
        self.same(program)

    def test_waiting_for_room(self):
        def program(manager):
            queue = manager.Queue(1)
            queue.put("first")
            putting = Thread(lambda: queue.put("second", True, LATE))
            return [queue.get(), queue.get(True, LATE), putting.result(), queue.qsize()]
        self.same(program)


if __name__ == "__main__":
    unittest.main()
