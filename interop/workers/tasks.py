# SPDX-License-Identifier: BSL-1.0
"""The functions that pools and processes of ours run in CPython, in tests/integration."""

import multiprocessing
import os
import stat
import sys
import time
from multiprocessing import resource_tracker

STARTED = 0


class Namespace:
    class Inner:
        @staticmethod
        def name():
            return "inner"


def square(n):
    return n * n


def power(base, exponent=2):
    return base ** exponent


def same(value):
    return value


def fail(how):
    raise {"value": ValueError, "key": KeyError}[how](how)


def unpicklable():
    return lambda: None


def wait_for_file(path):
    while path and not os.path.exists(path):
        time.sleep(0.001)


def leave(code):
    os._exit(code)


def crash(signal):
    os.kill(os.getpid(), signal)


def crash_once(path):
    """Kills its process the first time, and leaves a note in the file."""
    with open(path) as file:
        before = file.read()
    if before:
        return before
    write(path, "survived")
    crash(9)


def start(n):
    global STARTED
    STARTED = n


def started():
    return STARTED


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def describe(path, data):
    write(path, "%s %d %d" % (os.getcwd(), sys.flags.optimize, len(data)))


def answer(connection, results):
    results.put(2 * connection.recv())


def wait_for_parent():
    multiprocessing.parent_process().join()


def write_answer(data):
    """Into the pipe by which the pool hears this worker."""
    written = {os.fstat(resource_tracker.getfd()).st_ino}
    for fd in range(3, 256):
        try:
            status = os.fstat(fd)
            if stat.S_ISFIFO(status.st_mode) and status.st_ino not in written:
                os.write(fd, data)
                written.add(status.st_ino)
        except OSError:
            pass


def talk_nonsense():
    write_answer(b"\0\0\0\4what")
    time.sleep(60)


def begin_nonsense():
    # An answer of 1.7 gigabytes begins so.
    write_answer(b"hello, world")
    time.sleep(60)


ANSWER = b"\0\0\1\0\x80\4half"


def begin_answer(size):
    write_answer(ANSWER[:size])
    time.sleep(60)


def break_off(size=len(ANSWER)):
    write_answer(ANSWER[:size])
    os._exit(0)
