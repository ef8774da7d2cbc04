#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Asks CPython's own Lock, Queue and the like what calls return and raise.

Run with CPython 3.13: python3.13 write_sync_calls.py > sync_calls.json

Each case makes one object and calls its methods one after the other, in one thread, and is a list
of [name, args, kwds, result]. Arguments are JSON where JSON has them, else {"pickle": hex}.
Addresses and the owner of an RLock are replaced.
"""

import _thread
import json
import pickle
import queue
import re
import signal
import sys
import threading
import traceback

assert sys.version_info[:2] == (3, 13), "texts differ by version"

NAN, INF = float("nan"), float("inf")
HUGE = 2**80
TYPES = {
    "Lock": threading.Lock,
    "RLock": threading._CRLock,
    "Semaphore": threading.Semaphore,
    "BoundedSemaphore": threading.BoundedSemaphore,
    "Event": threading.Event,
    "Condition": threading.Condition,
    "Barrier": threading.Barrier,
    "Queue": queue.Queue,
}


def call(*args, **kwds):
    return args, kwds


def encode(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int) and abs(value) < 2**31:
        return value
    if isinstance(value, float) and abs(value) < INF:
        return value
    return {"pickle": pickle.dumps(value, 4).hex()}


def ask(function, args, kwds):
    try:
        text = repr(function(*args, **kwds))
    except Exception as error:
        text = traceback.format_exception_only(error)[-1].strip()
        text = text.replace("_queue.Empty", "queue.Empty")
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    return re.sub(r"owner=[1-9]\d*", "owner=1", text)


def asked(name, function, args, kwds):
    sent = [encode(a) for a in args], {k: encode(v) for k, v in kwds.items()}
    return [name, *sent, ask(function, args, kwds)]


def case(type_id, made_with, *steps):
    args, kwds = made_with
    made = []

    def make(*args, **kwds):
        made.append(TYPES[type_id](*args, **kwds))
        return made[0]

    record = [asked(type_id, make, args, kwds)]
    for name, (args, kwds) in steps if made else []:
        if name == "__repr__":
            function = made[0].__repr__
        elif name == "#GETVALUE":
            function = lambda: pickle.dumps(made[0])
        else:
            function = getattr(made[0], name)
        record.append(asked(name, function, args, kwds))
    return record


def fresh(type_id, made_with, before, calls):
    """One case for each call, on an object of its own."""
    for step in calls:
        yield case(type_id, made_with, *before, step, ("__repr__", call()))


def any_type(type_id, *made_with):
    yield case(type_id, call(*made_with), ("__repr__", call()), ("#GETVALUE", call()))


ACQUIRE = [
    call(), call(True), call(False), call(0), call(1.5), call(None), call("x"), call(""),
    call([]), call([1]), call({}), call(()), call(b""), call(b"x"), call(HUGE), call(0.0),
    call(True, -1), call(True, -1.0), call(False, -1), call(False, -1.0), call(False, 1),
    call(False, 0), call(False, -5), call(True, 0), call(True, 0.001), call(True, True),
    call(True, -0.5), call(True, -2), call(True, -1e-10), call(True, None), call(True, "x"),
    call(True, [1]), call(True, NAN), call(True, INF), call(True, -INF), call(True, 1e300),
    call(True, -1e300), call(False, 1e300), call(True, 1e10), call(True, 9223372037),
    call(True, HUGE), call(True, -HUGE), call(1, 2, 3), call(1, 2, timeout=1), call(x=1),
    call(blocking=False), call(timeout=0.001), call(blocking=True, timeout=0), call(1, blocking=1),
    call(1, 1, x=1),
]


def locks():
    for type_id in "Lock", "RLock":
        yield from any_type(type_id)
        for calls in (call(), call(1), call(x=1)):
            if type_id == "Lock":
                yield case(type_id, calls)
        yield from fresh(type_id, call(), [], [("acquire", a) for a in ACQUIRE])
        yield case(type_id, call(), ("release", call()), ("release", call(1)),
                   ("release", call(x=1)), ("acquire", call()), ("__repr__", call()),
                   ("release", call()), ("__repr__", call()), ("release", call()))
    quick = [a for a in ACQUIRE if a[0] != (True,) and a not in (
        call(), call(1.5), call("x"), call([1]), call(b"x"), call(HUGE),
        call(True, -1), call(True, -1.0), call(True, True))]
    yield from fresh("Lock", call(), [("acquire", call())], [("acquire", a) for a in quick])
    yield case("Lock", call(), ("locked", call()), ("locked", call(1)), ("locked", call(x=1)),
               ("acquire", call()), ("locked", call()), ("acquire", call(False)))
    yield case("RLock", call(), ("acquire", call()), ("acquire", call()), ("acquire", call(False)),
               ("__repr__", call()), ("release", call()), ("release", call()), ("__repr__", call()),
               ("release", call()), ("release", call()), ("__repr__", call()))


def semaphores():
    waits = [
        call(False), call(0), call(""), call([], None), call(True, 0.001), call(True, 0),
        call(True, -1), call(False, None), call(False, 1), call(False, "x"), call(True, "x"),
        call(True, [1]), call(True, {}), call(True, 1e300), call(True, HUGE), call(True, INF),
        call(True, -INF), call(True, -1e300), call(1, 2, 3), call(x=1), call(timeout=0.001),
    ]
    releases = [call(), call(1), call(2), call(True), call(0), call(-1), call("x"),
                call(None), call([]), call(1, 2), call(n=1), call(n=3), call(x=1)]
    for type_id in "Semaphore", "BoundedSemaphore":
        yield from any_type(type_id)
        for made_with in (call(0), call(3), call(-1), call(None), call("x"), call([]), call(b""),
                          call(1, 2), call(x=1), call(value=2)):
            yield case(type_id, made_with, ("__repr__", call()))
        yield from fresh(type_id, call(0), [], [("acquire", a) for a in waits])
        yield from fresh(type_id, call(1), [], [("acquire", a) for a in waits + [call()]])
        for taken in [], [("acquire", call())]:
            yield from fresh(type_id, call(1), taken, [("release", a) for a in releases])
        yield case(type_id, call(2), ("acquire", call()), ("acquire", call()),
                   ("acquire", call(False)), ("release", call(2)), ("__repr__", call()),
                   ("release", call()), ("__repr__", call()))


WAIT = [
    call(0), call(0.001), call(-1), call("x"), call([]), call(b""), call(1j), call(1e300),
    call(HUGE), call(-HUGE), call(NAN), call(INF), call(-INF), call(False), call(1, 2),
    call(timeout=0), call(x=1),
]


def events():
    yield from any_type("Event")
    yield case("Event", call(1))
    yield from fresh("Event", call(), [], [("wait", a) for a in WAIT])
    yield from fresh("Event", call(), [("set", call())], [("wait", a) for a in WAIT + [call()]])
    for name in "is_set", "set", "clear":
        yield from fresh("Event", call(), [], [(name, call(1)), (name, call(x=1)), (name, call())])
    yield case("Event", call(), ("is_set", call()), ("set", call()), ("is_set", call()),
               ("set", call()), ("wait", call()), ("clear", call()), ("is_set", call()))


def conditions():
    yield from any_type("Condition")
    for made_with in (call(None), call(1), call("x"), call([]), call(1, 2), call(x=1)):
        yield case("Condition", made_with, ("__repr__", call()))
    notify = [call(), call(0), call(-1), call("x"), call(1.5), call([]), call(None), call(1, 2),
              call(x=1), call(n=2)]
    held = [("acquire", call())]
    for before in [], held:
        yield from fresh("Condition", call(), before, [("wait", a) for a in WAIT])
        yield from fresh("Condition", call(), before, [("notify", a) for a in notify])
        yield from fresh("Condition", call(), before, [("notify_all", call()),
                                                       ("notify_all", call(1))])
    yield from fresh("Condition", call(), [], [("acquire", a) for a in ACQUIRE])
    yield case("Condition", call(), ("release", call()), ("acquire", call()), ("acquire", call()),
               ("wait", call(0)), ("__repr__", call()), ("release", call()), ("notify", call()),
               ("release", call()), ("notify", call()), ("__repr__", call()))


def barriers():
    yield from any_type("Barrier", 3)
    for made_with in (call(), call(0), call(-1), call("x"), call(None), call([]), call(1, None),
                      call(1, 0), call(1, None, 1), call(1, None, None), call(1, 2, 3, 4),
                      call(x=1), call(parties=2)):
        yield case("Barrier", made_with, ("__repr__", call()))
    waits = [call(), call(None), call(0), call(0.001), call(-1), call("x"), call([]), call(1e300),
             call(HUGE), call(1, 2), call(x=1), call(timeout=0)]
    state = [("__getattribute__", call(name)) for name in ("parties", "n_waiting", "broken")]
    for made_with in call(1), call(2, None, 0), call(2, None, 0.001):
        for wait in waits:
            yield case("Barrier", made_with, ("wait", wait), *state, ("__repr__", call()))
    for wait in waits[2:]:
        yield case("Barrier", call(2), ("wait", wait), *state)
    for wait in waits:
        yield case("Barrier", call(2), ("abort", call()), ("wait", wait), *state,
                   ("__repr__", call()), ("reset", call()), *state, ("__repr__", call()))
    for name in "abort", "reset":
        yield case("Barrier", call(1), (name, call(1)), (name, call(x=1)), (name, call()), *state)
    yield from fresh("Barrier", call(2), [], [("__getattribute__", a) for a in (
        call(), call(1), call(1, 2), call("parties", 1), call(name="parties"), call(None),
        call("nope"))])


def queues():
    yield from any_type("Queue")
    for made_with in (call(), call(0), call(1), call(-1), call(1.5), call(NAN), call(True),
                      call(HUGE), call(INF), call(1, 2), call(x=1), call(maxsize=1)):
        yield case("Queue", made_with, ("put", call("a")), ("full", call()), ("qsize", call()),
                   ("put", call("b", False)), ("full", call()), ("qsize", call()))
    puts = [
        call(), call(1, True, 0), call(1, True, -1), call(1, False, -1), call(1, True, "x"),
        call(1, False, "x"), call(1, True, None, 1), call(1, x=1), call(1, 0), call(1, ""),
        call(1, True, 1e300), call(1, True, HUGE), call(1, True, []), call(1, True, 0.001),
        call(1, item=1), call(item=1, block=False), call(1, timeout=0), call(1, True, INF),
    ]
    for made_with, before in (call(), []), (call(1), []), (call(1), [("put", call(0))]):
        yield from fresh("Queue", made_with, before, [("put", a) for a in puts])
        yield from fresh("Queue", made_with, before, [("put_nowait", a) for a in (
            call(), call(1), call(1, 2), call(item=1), call(x=1))])
    gets = [
        call(False), call(0), call([]), call(True, 0), call(True, -1), call(False, -1),
        call(True, "x"), call(True, []), call(False, "x"), call(1, 2, 3), call(x=1),
        call(True, 1e300), call(True, HUGE), call(timeout=0.001), call(block=False),
        call(True, INF), call(True, -INF),
    ]
    for before in [], [("put", call("item"))]:
        yield from fresh("Queue", call(), before, [("get", a) for a in gets])
        yield from fresh("Queue", call(), before, [("get_nowait", a) for a in (
            call(), call(1), call(x=1))])
    for name in "qsize", "empty", "full", "join", "task_done":
        yield case("Queue", call(), *((name, a) for a in (call(), call(1), call(x=1))))
    yield case("Queue", call(), ("put", call(1)), ("put", call(2)), ("get", call()),
               ("task_done", call()), ("get_nowait", call()), ("task_done", call()),
               ("join", call()), ("task_done", call()), ("get_nowait", call()))
    yield case("Queue", call(), ("shutdown", call(1, 2)), ("shutdown", call(x=1)))
    after = [
        ("qsize", call()), ("full", call()), ("empty", call()), ("put", call(2)),
        ("put", call(2, True, -1)), ("put_nowait", call(2)), ("get", call()), ("get", call()),
        ("get_nowait", call()), ("get", call(True, -1)), ("task_done", call()), ("join", call()),
        ("task_done", call()),
    ]
    for shutdown in call(), call(False), call(True), call(immediate=1), call([1]):
        yield case("Queue", call(1), ("put", call(1)), ("shutdown", shutdown), *after)


def main():
    cases = [c for part in (locks, semaphores, events, conditions, barriers, queues)
             for c in part()]
    signal.alarm(60)  # a call that blocks does not belong here
    print("[")
    print(",\n".join(json.dumps(c) for c in cases))
    print("]")


if __name__ == "__main__":
    main()
