# SPDX-License-Identifier: BSL-1.0
"""Pipes, queues and locks between stock Python processes and C++ ones, in both directions."""

import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

from interop.serving import BIN

CHANNELS = os.path.abspath(os.path.join(BIN, "channels"))

# What every program begins with. The functions run in Python where the parent is in C++; where it
# is in Python, the executable runs its own of the same name.
PRELUDE = """
import array, ctypes, multiprocessing, os, pickle, socket, sys, threading, time
from multiprocessing import shared_memory
from multiprocessing.connection import Client, Listener
from multiprocessing.reduction import ForkingPickler
context = multiprocessing.get_context('spawn')

def native():
    assert os.path.basename(os.readlink('/proc/self/exe')) == 'channels'

def echo(connection):
    try:
        while True:
            message = connection.recv_bytes()
            if not message:
                return
            connection.send_bytes(message)
    except EOFError:
        pass

def echo_queue(one, two):
    for item in iter(one.get, None):
        two.put(item)

def echo_simple_queue(one, two):
    echo_queue(one, two)

def do_tasks(tasks, results):
    while True:
        task = tasks.get()
        if task >= 0:
            results.put(task * task)
        tasks.task_done()
        if task < 0:
            return

def count(lock, path, times):
    for i in range(times):
        with lock:
            with open(path, 'r+') as file:
                n = int(file.read())
                file.seek(0)
                file.write(str(n + 1))

def count_rlock(*args):
    count(*args)

def count_condition(*args):
    count(*args)

def try_locks(held, recursive, bounded):
    assert not held.acquire(False)
    assert not held.acquire(timeout=0.01)
    with recursive, recursive:
        pass
    bounded.acquire()
    bounded.release()
    try:
        bounded.release()
    except ValueError:
        held.release()

def wait_for_event(go, done):
    assert go.wait(60)
    done.set()

def wait_for_notifications(condition, tell, times):
    for i in range(times):
        with condition:
            tell.send('waiting')
            assert condition.wait(60)
            tell.send('notified')

def notify(condition, listen, times):
    raise AssertionError('in Python')

def add_to_value(number, times):
    for i in range(times):
        with number.get_lock():
            number.value += 1

def fill_array(numbers, start, stop):
    for i in range(start, stop):
        numbers[i] = i / 2

def add_one(values, arrays):
    raise AssertionError('in Python')

class Point(ctypes.Structure):
    _fields_ = [('x', ctypes.c_double), ('n', ctypes.c_int)]

def move_points(one, several):
    with one:
        one.x += 0.5
        for each in several:
            each.n += 1

def look_at_types(letter, wide, truth, unsigned_number, text, numbers):
    assert letter.value == b'\\1'
    assert wide.value == '\\1' and isinstance(wide, ctypes.c_wchar)
    assert truth.value is True and isinstance(truth.get_obj(), ctypes.c_bool)
    assert 'RLock' not in repr(truth.get_lock()) and 'RLock' in repr(letter.get_lock())
    assert isinstance(unsigned_number.get_obj(), ctypes.c_ulong)
    assert text.value == b'abc' and len(text) == 3
    numbers[1] = -1

def square_rows(segment, start, stop):
    numbers = segment.buf.cast('d')
    for i in range(start * 64, stop * 64):
        numbers[i] **= 2
    numbers.release()
    segment.close()

def change_list(items):
    assert list(items) == [1, 2.5, True, 'text', b'bytes', None], list(items)
    for i, item in enumerate([None, 'x', False, 'é', b'', 7]):
        items[i] = item

def pass_connections(through):
    raise AssertionError('in Python')

def meet_at_addresses(address, tell):
    raise AssertionError('in Python')

def log_something(records):
    import logging.handlers
    logger = logging.getLogger('some.logger')
    logger.setLevel(logging.DEBUG)
    logger.addHandler(logging.handlers.QueueHandler(records))
    logger.warning('%d of %d', 3, 5)
    logger.debug('quiet')

def meet(barrier, tell, times):
    for i in range(times):
        tell.send(barrier.wait())
    try:
        barrier.wait()
    except threading.BrokenBarrierError:
        tell.send('threading.BrokenBarrierError')

def start(target, *args):
    process = context.Process(target=target, args=args)
    process.start()
    return process

def ends(process):
    process.join(60)
    assert process.exitcode == 0, process.exitcode
"""


def named_resources():
    return {name for name in os.listdir("/dev/shm") if name.startswith(("sem.mp-", "psm_"))}


class Channels(unittest.TestCase):
    def check_nothing_is_left(self, before):
        """Other tests have resources too, which go as they do."""
        new = named_resources() - before
        deadline = time.monotonic() + 120
        while new and time.monotonic() < deadline:
            time.sleep(0.05)
            new &= named_resources()
        self.assertFalse(new)

    def run_program(self, source, *command):
        """The program has to succeed, and to leave nothing behind."""
        with tempfile.TemporaryDirectory(prefix="pickled-") as directory:
            script = os.path.join(directory, "program.py")
            with open(script, "w") as file:
                file.write(PRELUDE + textwrap.dedent(source))
            done = subprocess.run(command or [sys.executable, script, CHANNELS, directory],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
            self.assertEqual((done.returncode, done.stdout.decode()), (0, ""))

    def under_python(self, source):
        self.run_program("if __name__ == '__main__':\n    context.set_executable(sys.argv[1])\n"
                         + textwrap.indent(textwrap.dedent(source), "    "))

    def under_cpp(self, parent, **variables):
        with tempfile.TemporaryDirectory(prefix="pickled-") as directory:
            script = os.path.join(directory, "program.py")
            with open(script, "w") as file:
                file.write(PRELUDE)
            done = subprocess.run([CHANNELS, sys.executable, script, parent],
                                  env=dict(os.environ, **variables), timeout=300,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual((done.returncode, done.stdout.decode()), (0, ""))


class Pipe(Channels):
    def test_under_python(self):
        self.under_python("""
            here, there = context.Pipe()
            process = start(echo, there)
            there.close()
            for item in None, [1, 'two', 3.0], b'x' * 3000000, {'k': (1, 2)}:
                here.send(item)
                assert here.poll(60)
                assert here.recv() == item
            here.close()
            ends(process)
        """)

    def test_under_cpp(self):
        self.under_cpp("pipe")


class Handles(Channels):
    def test_connections_are_passed(self):
        self.under_python("""
            multiprocessing.current_process().authkey = b'key of the family'
            here, there = context.Pipe()
            process = start(pass_connections, there)
            there.close()
            one, two = context.Pipe()
            here.send(two)
            assert one.recv() == 'received'
            returned = here.recv()
            returned.send('returned')
            one, two = socket.socketpair()
            one.send(b'\\0\\0\\0\\5hello')
            here.send(two)
            one, two = context.Pipe()
            # The owner tells of a ticket that is spent.
            sys.excepthook = lambda *error: None
            ticket = bytes(ForkingPickler.dumps(two))
            pickle.loads(ticket)
            here.send_bytes(ticket)
            assert here.recv() == 'done'
            ends(process)
        """)

    def test_listeners_and_clients(self):
        self.under_python("""
            here, there = context.Pipe()
            listener = Listener(authkey=b'key')
            process = start(meet_at_addresses, listener.address, there)
            there.close()
            address = tuple(here.recv())
            with Client(address, authkey=b'key') as client:
                client.send([1, 2])
                assert client.recv() == [1, 2]
            try:
                Client(address, authkey=b'wrong')
            except multiprocessing.AuthenticationError:
                pass
            text = here.recv()
            assert 'digest received was wrong' in text, text
            with listener.accept() as accepted:
                accepted.send('hello')
                assert accepted.recv() == 'hello'
            try:
                listener.accept()
            except multiprocessing.AuthenticationError:
                pass
            text = here.recv()
            assert 'digest sent was rejected' in text, text
            ends(process)
            listener.close()
        """)


class Logging(Channels):
    def test_under_cpp(self):
        self.under_cpp("logging", SPDLOG_LEVEL="off")


class Examples(Channels):
    def test_the_crew(self):
        here = os.path.dirname(os.path.abspath(__file__))
        example = os.path.join(here, "..", "..", "examples", "crew_processes.py")
        worker = os.path.abspath(os.path.join(BIN, "crew_worker"))
        before = named_resources()
        names = ["value", "value_without_lock", "array", "queue", "pipe", "log", "stop"]
        lines = ["counted with the lock: 30000", "counted in turns: 20000",
                 "filled: [0.0, 1.0, 4.0, 9.0, 16.0, 25.0, 36.0, 49.0, 64.0, 81.0]",
                 "lengths: [3, 5, 6]", "you said hello", "you said goodbye",
                 "crew INFO at work", "crew WARNING 1 of 3 failed", "stopped: True"]
        if importlib.util.find_spec("numpy"):
            names.append("shared_memory")
            lines.append("squared: True")
        with tempfile.TemporaryDirectory(prefix="pickled-") as directory:
            with open(os.path.join(directory, "crew.py"), "wb") as stubs:
                subprocess.check_call([worker, "--python-stubs"], stdout=stubs)
            done = subprocess.run([sys.executable, example, worker, *names], timeout=300,
                                  env=dict(os.environ, PYTHONPATH=directory),
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual((done.returncode, done.stdout.decode().splitlines()), (0, lines))
        self.check_nothing_is_left(before)


class Queues(Channels):
    def test_under_python(self):
        self.under_python("""
            one, two = context.Queue(10), context.Queue()
            process = start(echo_queue, one, two)
            items = [*range(1000), 'x' * 100000, b'', [None]]
            for item in items + [None]:
                one.put(item)
            assert [two.get() for _ in items] == items
            ends(process)
            assert one.qsize() == two.qsize() == 0 and one.empty()
        """)

    def test_under_cpp(self):
        self.under_cpp("queues")

    def test_nobody_takes_what_was_put(self):
        # More than a pipe takes; the child ends only when all of it is in.
        self.under_python("""
            one, two = context.Queue(), context.Queue()
            process = start(echo_queue, one, two)
            for i in range(30):
                one.put(bytes([i]) * 10000)
            one.put(None)
            one.close()
            one.join_thread()
            assert [two.get() for i in range(30)] == [bytes([i]) * 10000 for i in range(30)]
            ends(process)
        """)

    def test_simple_queues_under_python(self):
        self.under_python("""
            one, two = context.SimpleQueue(), context.SimpleQueue()
            process = start(echo_simple_queue, one, two)
            for i in range(1000):
                one.put(i)
                assert two.get() == i
            one.put(None)
            ends(process)
        """)

    def test_simple_queues_under_cpp(self):
        self.under_cpp("simple_queues")

    def test_joinable_queues_under_python(self):
        self.under_python("""
            tasks, results = context.JoinableQueue(), context.Queue()
            workers = [start(do_tasks, tasks, results) for _ in range(3)]
            for i in range(100):
                tasks.put(i)
            tasks.join()
            assert sorted(results.get() for _ in range(100)) == [i * i for i in range(100)]
            for worker in workers:
                tasks.put(-1)
            tasks.join()
            for worker in workers:
                ends(worker)
        """)

    def test_joinable_queues_under_cpp(self):
        self.under_cpp("tasks")


class Locks(Channels):
    def test_under_python(self):
        self.under_python("""
            held, recursive = context.Lock(), context.RLock()
            bounded = context.BoundedSemaphore(2)
            held.acquire()
            process = start(try_locks, held, recursive, bounded)
            assert held.acquire(timeout=60)
            ends(process)
        """)

    def test_under_cpp(self):
        self.under_cpp("locks")

    def test_they_keep_others_away(self):
        self.under_python("""
            path = os.path.join(sys.argv[2], 'count')
            for lock, target in ((context.Lock(), count), (context.RLock(), count_rlock),
                                 (context.Condition(), count_condition)):
                with open(path, 'w') as file:
                    file.write('0')
                workers = [start(target, lock, path, 2000) for _ in range(2)]
                count(lock, path, 2000)
                for worker in workers:
                    ends(worker)
                with open(path) as file:
                    assert int(file.read()) == 6000
        """)

    def test_events_under_python(self):
        self.under_python("""
            go, done = context.Event(), context.Event()
            process = start(wait_for_event, go, done)
            go.set()
            assert done.wait(60)
            ends(process)
        """)

    def test_events_under_cpp(self):
        self.under_cpp("events")

    def test_conditions_under_python(self):
        self.under_python("""
            for condition in context.Condition(), context.Condition(context.Lock()):
                here, there = context.Pipe()
                process = start(wait_for_notifications, condition, there, 20)
                for i in range(20):
                    assert here.recv() == 'waiting'
                    with condition:
                        condition.notify()
                    assert here.recv() == 'notified'
                ends(process)
                process = start(notify, condition, there, 20)
                for i in range(20):
                    with condition:
                        here.send('waiting')
                        assert condition.wait(60)
                ends(process)
        """)

    def test_conditions_under_cpp(self):
        self.under_cpp("condition")


class Memory(Channels):
    def test_under_python(self):
        self.under_python("""
            number, numbers = context.Value('i', 5), context.Array('d', 10)
            workers = [start(add_to_value, number, 1000) for _ in range(2)]
            workers.append(start(fill_array, numbers, 2, 10))
            for worker in workers:
                ends(worker)
            assert number.value == 2005
            assert numbers[:] == [0, 0] + [i / 2 for i in range(2, 10)]
        """)

    def test_every_type_code_under_python(self):
        self.under_python("""
            codes = 'cubBhHiIlLqQfd'
            ones = {'c': b'\\1', 'u': '\\1'}
            twos = {'c': b'\\2', 'u': '\\2'}
            for lock in True, False, context.Lock():
                values = [context.Value(code, ones.get(code, 1), lock=lock) for code in codes]
                arrays = [context.Array(code, [ones.get(code, 1)] * 2, lock=lock)
                          for code in codes]
                ends(start(add_one, values, arrays))
                for code, value, array in zip(codes, values, arrays):
                    assert value.value == twos.get(code, 2), code
                    assert array[1] == twos.get(code, 2), code
        """)

    def test_under_cpp(self):
        self.under_cpp("memory")

    def test_types_under_cpp(self):
        self.under_cpp("types")

    def test_structures_under_python(self):
        self.under_python("""
            for lock in True, False:
                one = context.Value(Point, 1.5, 7, lock=lock)
                several = context.Array(Point, [(1, 2), (3, 4)], lock=lock)
                ends(start(move_points, one, several))
                assert (one.x, one.n) == (2, 7)
                assert [(each.x, each.n) for each in several] == [(1, 3), (3, 5)]
        """)

    def test_structures_under_cpp(self):
        self.under_cpp("structures")

    def test_barriers_under_python(self):
        self.under_python("""
            barrier = context.Barrier(2)
            here, there = context.Pipe()
            process = start(meet, barrier, there, 50)
            for i in range(50):
                assert barrier.wait() + here.recv() == 1
            while barrier.n_waiting != 1:
                time.sleep(0.001)
            barrier.abort()
            assert here.recv() == 'threading.BrokenBarrierError'
            ends(process)
            barrier = context.Barrier(1, print)
            process = start(meet, barrier, there, 1)
            text = here.recv()
            assert text.startswith('NotImplementedError: the action <built-in function print>')
            ends(process)
            assert barrier.broken
        """)

    def test_barriers_under_cpp(self):
        self.under_cpp("barrier")


class SharedMemory(Channels):
    def test_under_python(self):
        self.under_python("""
            segment = shared_memory.SharedMemory(create=True, size=64 * 10 * 8)
            numbers = segment.buf.cast('d')
            numbers[:] = array.array('d', range(640))
            workers = [start(square_rows, segment, *rows) for rows in ((0, 3), (3, 10))]
            for worker in workers:
                ends(worker)
            assert list(numbers) == [i * i for i in range(640)]
            numbers.release()
            segment.close()
            segment.unlink()
        """)

    def test_under_cpp(self):
        self.under_cpp("segments")

    def test_lists_under_python(self):
        self.under_python("""
            items = shared_memory.ShareableList([1, 2.5, True, 'text', b'bytes', None])
            ends(start(change_list, items))
            assert list(items) == [None, 'x', False, 'é', b'', 7], list(items)
            items.shm.close()
            items.shm.unlink()
        """)

    def test_lists_under_cpp(self):
        self.under_cpp("list", **{"OLD_LAYOUT": "1"} if sys.version_info < (3, 9) else {})


class Deaths(Channels):
    def test_a_killed_parent_leaves_nothing(self):
        before = named_resources()
        with tempfile.TemporaryDirectory(prefix="pickled-") as directory:
            script = os.path.join(directory, "program.py")
            with open(script, "w") as file:
                file.write(PRELUDE)
            # The tracker is the last that has stderr open.
            done = subprocess.run([CHANNELS, sys.executable, script, "dies"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
        self.assertEqual(done.returncode, -signal.SIGKILL)
        self.assertRegex(done.stderr.decode(), "There appear to be [0-9]+ leaked semaphore objects")
        self.check_nothing_is_left(before)


if __name__ == "__main__":
    unittest.main()
