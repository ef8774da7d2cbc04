# SPDX-License-Identifier: BSL-1.0
"""Managers that a stock multiprocessing starts by set_executable, and what else comes with that."""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest
import venv

from interop.serving import PROGRAM

PROGRAM = os.path.abspath(PROGRAM)
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# What every program under test begins with. `native(process)` tells who runs in it.
PRELUDE = """
import multiprocessing.resource_tracker, multiprocessing.spawn, os, signal, sys, time
from multiprocessing.managers import BaseManager, SharedMemoryManager, SyncManager

context = multiprocessing.get_context('spawn')
python = multiprocessing.spawn.get_executable()

# From 3.11 on a server that takes longer than this to end, on a busy machine, is killed.
if BaseManager.__init__.__kwdefaults__:
    BaseManager.__init__.__kwdefaults__['shutdown_timeout'] = 60

def native(pid):
    return os.path.basename(os.readlink('/proc/%d/exe' % pid)) == 'pickled'

def await_python(pid):
    deadline = time.monotonic() + 60
    while native(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)

def ended_in_order(manager):
    manager._process.join()
    return manager._process.exitcode == 0

def raises(exception, function, *args):
    try:
        function(*args)
    except exception as e:
        return e
    raise AssertionError('no %s' % exception)
"""


class Run:
    """A program of its own, in a directory of its own: its exit code, output, and what it left."""

    def __init__(self, source, *flags, python=sys.executable, prelude=PRELUDE, **variables):
        with tempfile.TemporaryDirectory(prefix="pickled-") as directory:
            self.script = os.path.join(directory, "program.py")
            with open(self.script, "w") as file:
                file.write(prelude + textwrap.dedent(source))
            temporary = os.path.join(directory, "t")
            os.mkdir(temporary)
            environment = dict(os.environ, TMPDIR=temporary, **variables)
            done = subprocess.run([python, *flags, self.script, PROGRAM], env=environment,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
            self.code = done.returncode
            self.out = done.stdout.decode()
            self.err = done.stderr.decode()
            # Killed as it starts, a process leaves a file of the thread sanitizer's.
            self.left = [n for n in os.listdir(temporary) if not n.startswith("tsan.rodata.")]


class Program(unittest.TestCase):
    def succeeds(self, source, *flags, **options):
        run = Run(source, *flags, **options)
        self.assertEqual((run.code, run.err, run.left), (0, "", []), run.out)
        return run


class Spawn(Program):
    def test_a_stock_manager_is_native(self):
        self.succeeds("""
            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                manager = context.Manager()
                assert native(manager._process.pid)
                d = manager.dict(a=1)
                d['b'] = 2
                assert d.copy() == {'a': 1, 'b': 2} and list(d) == ['a', 'b']
                assert isinstance(raises(KeyError, d.__getitem__, 'c'), KeyError)
                l = manager.list([3, 1, 2])
                l.sort()
                assert l[:] == [1, 2, 3]
                nested = manager.dict()
                d['nested'] = nested
                d['nested']['x'] = 1
                assert nested.copy() == {'x': 1}
                q = manager.Queue()
                q.put('item')
                assert q.get(timeout=30) == 'item'
                with manager.Lock() as lock:
                    pass
                assert manager.Namespace(x=3).x == 3
                event = manager.Event()
                event.set()
                assert event.wait(30)
                manager.shutdown()
                assert ended_in_order(manager)
        """)

    def test_children_run_the_same_python(self):
        # Whether the executable is set back or not.
        self.succeeds("""
            def work(d, key, parent):
                assert not native(os.getpid())
                assert multiprocessing.parent_process().is_alive()
                d[key] = (os.getppid() == parent, sys.version, sys.prefix, sys.flags.optimize)

            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                with context.Manager() as manager:
                    d = manager.dict()
                    same = (True, sys.version, sys.prefix, sys.flags.optimize)
                    for executable in sys.argv[1], python:
                        context.set_executable(executable)
                        process = context.Process(target=work, args=(d, executable, os.getpid()))
                        process.start()
                        process.join()
                        assert process.exitcode == 0
                        assert d[executable] == same, d[executable]
        """, "-O", "-X", "utf8")

    def test_children_run_in_the_same_virtual_environment(self):
        with tempfile.TemporaryDirectory(prefix="pickled-") as directory:
            venv.create(directory, symlinks=True)
            python = os.path.join(directory, "bin", "python")
            run = self.succeeds("""
                def tell():
                    print(sys.prefix, sys.executable, flush=True)

                if __name__ == '__main__':
                    tell()
                    context.set_executable(sys.argv[1])
                    process = context.Process(target=tell)
                    process.start()
                    process.join()
            """, python=python)
            lines = run.out.splitlines()
            self.assertEqual(lines, ["%s %s" % (directory, python)] * 2)

    def test_children_keep_their_exit_codes_and_large_arguments(self):
        self.succeeds("""
            def measure(data):
                sys.exit(len(data) % 251)

            class Own(context.Process):
                def run(self):
                    sys.exit(7)

            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                size = 3000000
                for process, code in (
                    (context.Process(target=measure, args=(b'x' * size,)), size % 251),
                    (Own(), 7),
                    (context.Process(target=os.kill, args=(0, 0)), 0),
                ):
                    process.start()
                    process.join()
                    assert process.exitcode == code, process.exitcode
        """)

    def test_a_pool_beside_a_manager(self):
        self.succeeds("""
            def put(q, i):
                q.put(i)
                return i * i

            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                with context.Manager() as manager, context.Pool(2) as pool:
                    q = manager.Queue()
                    assert pool.starmap(put, [(q, i) for i in range(5)]) == [0, 1, 4, 9, 16]
                    assert sorted(q.get(timeout=30) for _ in range(5)) == list(range(5))
                    pool.close()
                    pool.join()
        """)

    def test_the_resource_tracker_runs(self):
        # Started by us, and before us; it removes what a dead process left in either case.
        for first in "context.set_executable(sys.argv[1])", "tracker.ensure_running()":
            with self.subTest(first):
                run = self.succeeds("""
                    from multiprocessing.resource_tracker import _resource_tracker as tracker

                    if __name__ == '__main__':
                        %s
                        context.set_executable(sys.argv[1])
                        manager = context.Manager()
                        lock = context.Lock()
                        before = tracker._pid
                        await_python(before)
                        with lock:
                            pass
                        manager.shutdown()
                        tracker.ensure_running()
                        assert tracker._pid == before
                """ % first)
                self.assertEqual(run.out, "")

    def test_the_resource_tracker_removes_what_is_left(self):
        run = Run("""
            from multiprocessing import shared_memory
            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                segment = shared_memory.SharedMemory(create=True, size=10)
                print(segment.name, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
        """)
        self.assertEqual(run.code, -signal.SIGKILL)
        # Its warning comes from the tracker that we passed on; stderr ends with it.
        self.assertIn("leaked shared_memory", run.err)
        self.assertFalse(os.path.exists("/dev/shm/" + run.out.strip()))

    def test_the_fork_server_runs(self):
        self.succeeds("""
            def work(d):
                d['native'] = native(os.getpid())

            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                with context.Manager() as manager:
                    d = manager.dict()
                    forkserver = multiprocessing.get_context('forkserver')
                    process = forkserver.Process(target=work, args=(d,))
                    process.start()
                    process.join()
                    assert process.exitcode == 0
                    assert d['native'] is False
        """)

    def test_ctrl_c_is_for_the_clients(self):
        self.succeeds("""
            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                with context.Manager() as manager:
                    d = manager.dict(a=1)
                    os.kill(manager._process.pid, signal.SIGINT)
                    assert d['a'] == 1
                    assert manager.list([1])[0] == 1
                assert ended_in_order(manager)
        """)

    def test_every_kind_of_address(self):
        self.succeeds("""
            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                where = os.path.join(os.environ['TMPDIR'], 'socket')
                for address in ('127.0.0.1', 0), where, b'\\0pickled-%d' % os.getpid(), '', None:
                    manager = SyncManager(address, b'own key', ctx=context)
                    manager.start()
                    assert native(manager._process.pid)
                    if address in (where, b'\\0pickled-%d' % os.getpid()):
                        assert manager.address == address
                    elif address:
                        assert manager.address[0] == '127.0.0.1' and manager.address[1] > 0
                    else:
                        directory = os.path.dirname(manager.address)
                        assert os.path.basename(directory).startswith('pymp-')
                        assert os.stat(directory).st_mode & 0o777 == 0o700
                    other = SyncManager(manager.address, b'own key')
                    other.connect()
                    assert other.dict(a=1).copy() == {'a': 1}
                    manager.shutdown()
                    assert ended_in_order(manager)
        """)

    def test_an_address_that_is_taken_is_told(self):
        run = Run("""
            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                with context.Manager() as manager:
                    raises(EOFError, SyncManager(manager.address, ctx=context).start)
        """)
        self.assertEqual((run.code, run.left), (0, []), run.err)
        self.assertRegex(run.err, "(?m)^pickled: cannot listen at unix:.*: Address already in use$")

    def test_names_of_ones_own(self):
        self.succeeds("""
            import queue

            class Counter:
                def next(self):
                    return 1

            class Own(SyncManager):
                pass

            class Tasks(BaseManager):
                pass

            Own.register('Counter', Counter)
            Tasks.register('get_tasks', queue.Queue)

            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                with Own(ctx=context) as manager:
                    assert manager.list([1])[:] == [1]
                    text = str(raises(multiprocessing.managers.RemoteError, manager.Counter))
                    assert "runs no Python, so it cannot make a 'Counter'" in text, text
                    assert 'main__.Counter' in text, text
                with Tasks(ctx=context) as manager:
                    tasks = manager.get_tasks()
                    tasks.put(5)
                    assert tasks.get() == 5
        """)

    def test_what_needs_python_is_refused(self):
        run = Run("""
            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                raises(EOFError, SyncManager(ctx=context).start, print, ('hello',))
        """)
        message = ("pickled: the initializer <built-in function print> cannot be called, since "
                   "this server runs no Python: start the manager without one, or set "
                   "PICKLED_SKIP_INITIALIZER=1\n")
        self.assertEqual((run.code, run.err, run.left), (0, message, []))

    def test_an_initializer_is_not_skipped_by_a_no(self):
        for word in "0", "no", "False", "off", "":
            run = Run("""
                if __name__ == '__main__':
                    context.set_executable(sys.argv[1])
                    os.environ['PICKLED_SKIP_INITIALIZER'] = %r
                    raises(EOFError, SyncManager(ctx=context).start, print, ('hello',))
            """ % word)
            self.assertEqual((run.code, run.left), (0, []))
            self.assertIn("cannot be called", run.err)

    def test_an_initializer_may_be_skipped(self):
        run = Run("""
            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                os.environ['PICKLED_SKIP_INITIALIZER'] = '1'
                manager = SyncManager(ctx=context)
                manager.start(print, ('hello',))
                assert manager.list([1])[:] == [1]
                manager.shutdown()
        """)
        self.assertEqual((run.code, run.left), (0, []))
        self.assertRegex(run.err, r"^\[.*\] \[warning\] the initializer <built-in function print> "
                                  r"is not called, since this server runs no Python\n$")

    def test_an_initializer_may_set_what_a_signal_does(self):
        self.succeeds("""
            import re
            import signal

            def ignored(pid, number):
                with open('/proc/%d/status' % pid) as file:
                    mask = re.search(r'SigIgn:\\s*([0-9a-f]+)', file.read()).group(1)
                return bool(int(mask, 16) >> number - 1 & 1)

            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                if sys.version_info >= (3, 9):  # 3.8 cannot pickle signal.signal
                    for number, handler in ((signal.SIGINT, signal.SIG_IGN),
                                            (signal.SIGINT, signal.SIG_DFL),
                                            (signal.SIGUSR1, signal.SIG_IGN),
                                            (15, signal.SIG_IGN)):
                        manager = SyncManager(ctx=context)
                        manager.start(signal.signal, (number, handler))
                        assert manager.list([1])[:] == [1]
                        assert native(manager._process.pid)
                        expected = handler == signal.SIG_IGN
                        assert ignored(manager._process.pid, number) == expected, number
                        manager.shutdown()
        """)

    def test_a_manager_that_speaks_xml_rpc(self):
        self.succeeds("""
            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                with SyncManager(serializer='xmlrpclib', ctx=context) as manager:
                    d = manager.dict(hello=['world', None, 1.5])
                    assert d.copy() == {'hello': ['world', None, 1.5]}
        """)

    def test_without_a_python_nothing_else_runs(self):
        run = Run("""
            if __name__ == '__main__':
                multiprocessing.resource_tracker.ensure_running()
                os.environ['PICKLED_PYTHON'] = '/nowhere/python'
                context.set_executable(sys.argv[1])
                with context.Manager() as manager:
                    assert manager.list([1])[:] == [1]
                process = context.Process(target=print)
                process.start()
                process.join()
                assert process.exitcode == 1, process.exitcode
        """)
        self.assertEqual((run.code, run.left), (0, []), run.err)
        self.assertEqual(run.err,
                         "pickled: cannot run /nowhere/python: No such file or directory\n")

    def test_a_server_outlives_nobody(self):
        # The parent is killed; a child that uses the server goes on, and then the server goes: it
        # is the last that has the output open.
        run = Run("""
            def use(d):
                d['x'] = 1
                multiprocessing.parent_process().join()
                d['y'] = 2
                print(d, native(d['server']), flush=True)

            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                manager = context.Manager()
                d = manager.dict(server=manager._process.pid)
                context.Process(target=use, args=(d,)).start()
                while 'x' not in d:
                    time.sleep(0.01)
                os.kill(os.getpid(), signal.SIGKILL)
        """)
        self.assertEqual(run.code, -signal.SIGKILL)
        self.assertRegex(run.out, r"^\{'server': \d+, 'x': 1, 'y': 2\} True\n$")
        self.assertEqual((run.err, run.left), ("", []))


class SharedMemory(Program):
    def test_segments_go_with_the_manager(self):
        self.succeeds("""
            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                with SharedMemoryManager(ctx=context) as manager:
                    assert native(manager._process.pid)
                    one = manager.SharedMemory(size=100)
                    two = manager.ShareableList([1, 'two', None])
                    names = [one.name, two.shm.name]
                    one.buf[0] = 5
                    assert two[1] == 'two'
                    assert all(os.path.exists('/dev/shm/' + name) for name in names)
                    with manager._Client(manager._address, authkey=manager._authkey) as c:
                        c.send((None, 'list_segments', (), {}))
                        assert c.recv() == ('#RETURN', names)
                    one.close()
                    two.shm.close()
                assert ended_in_order(manager)
                assert not any(os.path.exists('/dev/shm/' + name) for name in names)
        """)

    def test_a_segment_is_released(self):
        self.succeeds("""
            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                with SharedMemoryManager(ctx=context) as manager:
                    segment = manager.SharedMemory(size=100)
                    segment.close()
                    for kind in '#RETURN', '#TRACEBACK':
                        with manager._Client(manager._address, authkey=manager._authkey) as c:
                            c.send((None, 'release_segment', (segment.name,), {}))
                            assert c.recv()[0] == kind
                    assert not os.path.exists('/dev/shm/' + segment.name)
        """)

    def test_segments_in_children(self):
        self.succeeds("""
            def fill(segment):
                segment.buf[:5] = b'hello'
                segment.close()

            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                with SharedMemoryManager(ctx=context) as manager:
                    segment = manager.SharedMemory(size=100)
                    process = context.Process(target=fill, args=(segment,))
                    process.start()
                    process.join()
                    assert process.exitcode == 0
                    assert bytes(segment.buf[:5]) == b'hello'
                    segment.close()
        """)

    def test_create_knows_no_types(self):
        # CPython 3.8's own server fails at any.
        self.succeeds("""
            if __name__ == '__main__':
                context.set_executable(sys.argv[1])
                with SharedMemoryManager(ctx=context) as manager:
                    with manager._Client(manager._address, authkey=manager._authkey) as c:
                        c.send((None, 'create', ('dict',), {}))
                        kind, text = c.recv()
                        assert kind == '#TRACEBACK' and "KeyError: 'dict'" in text
        """)


class Documents(unittest.TestCase):
    def test_their_example(self):
        with open(os.path.join(ROOT, "docs", "python.md")) as file:
            blocks = file.read().split("```python\n")[1:]
        (example,) = [b.split("```")[0] for b in blocks if "'/usr/local/bin/pickled'" in b]
        example = example.replace("'/usr/local/bin/pickled'", "sys.argv[1]")
        run = Run(example, prelude="import sys\n")
        self.assertEqual((run.code, run.out, run.err, run.left),
                         (0, "{'hello': 'world'}\n", "", []))


if __name__ == "__main__":
    unittest.main()
