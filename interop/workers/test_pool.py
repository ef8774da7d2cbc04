# SPDX-License-Identifier: BSL-1.0
"""C++ workers in stock pools, executors and processes."""

import unittest

from interop.workers.running import Program


class Pool(Program):
    def test_every_way_to_call(self):
        self.succeeds("""
            def noted(result):
                results.append(result)

            results = []

            if __name__ == '__main__':
                with context.Pool(2) as pool:
                    for worker in pool._pool:
                        await_true(native, worker.pid)  # it has just been forked
                    numbers = list(range(50))
                    squares = [n * n for n in numbers]
                    assert pool.map(jobs.square, numbers) == squares
                    assert pool.map(jobs.square, numbers, chunksize=1) == squares
                    assert pool.map(jobs.square, []) == []
                    assert pool.starmap(jobs.power, [(2, 3), (5,)]) == [8, 25]
                    assert list(pool.imap(jobs.square, numbers)) == squares
                    assert list(pool.imap(jobs.square, numbers, 7)) == squares
                    assert sorted(pool.imap_unordered(jobs.square, numbers)) == squares
                    assert pool.apply(jobs.power, (3,), {'exponent': 3}) == 27
                    assert pool.apply(jobs.power, kwds={'base': 3}) == 9
                    waiting = [pool.apply_async(jobs.square, (n,), callback=noted)
                               for n in numbers]
                    assert [w.get(60) for w in waiting] == squares
                    assert sorted(results) == squares
                    assert pool.map_async(jobs.square, numbers).get(60) == squares
                    assert pool.starmap_async(jobs.power, [(2, 5)]).get(60) == [32]
                    import functools
                    cube = functools.partial(jobs.power, exponent=3)
                    assert pool.map(cube, [1, 2]) == [1, 8]
                    pool.close()
                    pool.join()
                    assert [w.exitcode for w in pool._pool] == [0, 0]
        """)

    def test_values_of_any_sort_and_size(self):
        self.succeeds("""
            if __name__ == '__main__':
                import collections, datetime, decimal, fractions
                shared = [1]
                values = [None, True, 10 ** 50, -0.5, 'text \\ud800', b'bytes', (1, (2,)), {1: [2]},
                          {1, 2}, frozenset([3]), 1j, decimal.Decimal('1.5'), range(3),
                          collections.OrderedDict(a=1), datetime.date(2020, 1, 2), len,
                          fractions.Fraction(1, 3), bytearray(b'x'), b'x' * 3000000, 'y' * 100000]
                with context.Pool(2) as pool:
                    assert pool.map(jobs.echo, values) == values
                    for each in values:
                        assert pool.apply(jobs.echo, (each,)) == each
                    twice = pool.apply(jobs.echo, ([shared, shared],))
                    assert twice == [[1], [1]] and twice[0] is twice[1]
        """)

    def test_described_classes(self):
        self.succeeds("""
            if __name__ == '__main__':
                points = [jobs.Point(1.0, 2.0), jobs.Point(3.0, 4.0)]
                assert repr(points[0]) == 'Point(x=1.0, y=2.0)'
                with context.Pool(1) as pool:
                    for same, sent in (
                            (jobs.same_path, jobs.Path(points, {points[1]: 'end'})),
                            (jobs.same_leg, jobs.Leg(*points)),
                            (jobs.same_step, jobs.Step(jobs.Direction.south, 3))):
                        got = pool.apply_async(same, (sent,)).get(60)
                        assert got == sent and type(got) is type(sent), got
                import copy, pickle
                assert copy.deepcopy(got) == got
                for sent in points, jobs.Leg(*points), jobs.Path([], {}):
                    assert pickle.loads(pickle.dumps(sent)) == sent
        """)

    def test_exceptions(self):
        self.succeeds("""
            if __name__ == '__main__':
                with context.Pool(2) as pool:
                    for how, expected in (('index', IndexError('no such item')),
                                          ('value', ValueError('not so')),
                                          ('key', KeyError('k')),
                                          ('other', RuntimeError('other'))):
                        error = raises(type(expected), pool.apply, jobs.fail, (how,))
                        assert error.args == expected.args, error
                        cause = str(error.__cause__)
                        assert type(error.__cause__).__name__ == 'RemoteTraceback'
                        assert 'Traceback (most recent call last):' in cause, cause
                        assert 'in jobs.fail' in cause, cause
                        assert '%s: %s' % (type(expected).__name__, expected) in cause, cause
                    error = raises(FileNotFoundError, pool.apply, jobs.fail, ('os',))
                    assert error.errno == 2 and 'No such file' in str(error)
                    raises(ValueError, pool.map, jobs.fail, ['value'] * 3)
                    results = pool.imap(jobs.fail, ['value', 'key'])
                    raises(ValueError, next, results)
                    raises(KeyError, next, results)
                    error = raises(TypeError, pool.apply, jobs.square, ('x',))
                    assert str(error) == "square() argument 'n': expected int, got str", error
                    error = raises(TypeError, pool.apply, jobs.square)
                    assert 'missing 1 required positional argument' in str(error)
                    # A text that is no UTF-8 cannot be a str of Python's.
                    error = raises(multiprocessing.pool.MaybeEncodingError,
                                   pool.apply, jobs.not_utf8)
                    assert 'the result of jobs.not_utf8' in str(error)
                    assert pool.map(jobs.square, [3]) == [9]
        """)

    def test_an_iterable_that_raises(self):
        self.succeeds("""
            def broken():
                yield 1
                raise KeyError('broken')

            if __name__ == '__main__':
                with context.Pool(2) as pool:
                    results = pool.imap(jobs.square, broken())
                    assert next(results) == 1
                    raises(KeyError, next, results)
        """)

    def test_a_function_that_the_worker_does_not_have(self):
        self.succeeds("""
            if __name__ == '__main__':
                with context.Pool(1) as pool:
                    pid = pool.apply(jobs.pid)
                    for missing in jobs.missing, abs:
                        error = raises(AttributeError, pool.apply, missing, (1,))
                        assert 'jobs_worker has no function' in str(error), error
                        assert missing.__name__ in str(error), error
                    raises(AttributeError, pool.map, jobs.missing, [1, 2])
                    assert pool.apply(jobs.pid) == pid
        """)

    def test_an_initializer(self):
        self.succeeds("""
            if __name__ == '__main__':
                with context.Pool(2, jobs.start, (5,)) as pool:
                    assert [pool.apply(jobs.started) for _ in range(4)] == [5] * 4
        """)

    def test_an_initializer_that_fails(self):
        # CPython's workers end, and are replaced, for ever.
        self.succeeds("""
            if __name__ == '__main__':
                for initializer, args, expected in ((jobs.fail, ('value',), ValueError),
                                                    (jobs.missing, (), AttributeError),
                                                    (jobs.start, (), TypeError)):
                    with context.Pool(2, initializer, args) as pool:
                        raises(expected, pool.map, jobs.square, [1])
        """)

    def test_workers_are_replaced(self):
        self.succeeds("""
            if __name__ == '__main__':
                with context.Pool(1, jobs.start, (5,), maxtasksperchild=2) as pool:
                    pids = [pool.apply(jobs.pid) for _ in range(6)]
                    assert pids[0::2] == pids[1::2] and len(set(pids)) == 3, pids
                    assert pool.apply(jobs.started) == 5
        """)

    def test_terminate(self):
        self.succeeds("""
            if __name__ == '__main__':
                pool = context.Pool(2)
                queues = pool._inqueue, pool._outqueue
                names = [lock._semlock.name for queue in queues
                         for lock in (queue._rlock, queue._wlock)]
                assert all(map(exists, names))
                pids = [worker.pid for worker in pool._pool]
                pool.apply_async(jobs.sleep, (60,))
                start = time.monotonic()
                pool.terminate()
                pool.join()
                assert time.monotonic() - start < 30
                assert not any(map(alive, pids))
                del pool, queues
                import gc
                gc.collect()
                assert not any(map(exists, names))
        """)

    def test_an_idle_worker_is_killed(self):
        # CPython's would take the lock of the queue with it, and the pool would hang. The last
        # result may be here before its worker has let go of the queue: another gets the lock then.
        self.succeeds("""
            if __name__ == '__main__':
                with context.Pool(2) as pool:
                    assert pool.map(jobs.square, range(10)) == [n * n for n in range(10)]
                    for _ in range(20):
                        pid = pool._pool[0].pid
                        os.kill(pid, signal.SIGKILL)
                        await_true(lambda: pid not in [worker.pid for worker in pool._pool])
                        assert pool.map_async(jobs.square, range(10)).get(60) == [
                            n * n for n in range(10)]
        """)

    def test_a_worker_that_was_killed_amid_a_task(self):
        # Those that come after it say so, once each, and end with the pool.
        self.succeeds("""
            if __name__ == '__main__':
                import mmap, struct, subprocess, tempfile
                with subprocess.Popen(['true']) as dead:
                    pass
                with tempfile.TemporaryFile('w+') as log:
                    own = os.dup(2)
                    os.dup2(log.fileno(), 2)
                    pool = context.Pool(2)
                    os.dup2(own, 2)
                    def told():
                        log.seek(0)
                        return log.read().count('this pool can do no more: process %d' % dead.pid)
                    with pool:
                        assert pool.apply(jobs.square, (2,)) == 4
                        workers = [worker.pid for worker in pool._pool]
                        lock = pool._inqueue._rlock._semlock
                        with pool._inqueue._rlock:
                            with open('/dev/shm/sem.' + lock.name[1:], 'r+b') as file:
                                with mmap.mmap(file.fileno(), 128) as record:
                                    record[64:72] = struct.pack('<Q', 1 << 22 | dead.pid)
                            pool.apply_async(jobs.square, (3,))
                            await_true(lambda: told() == 2)
                        assert [worker.pid for worker in pool._pool] == workers
                        assert all(alive(pid) for pid in workers)
        """)

    def test_a_pool_ends_where_a_worker_died_with_its_locks(self):
        self.succeeds("""
            if __name__ == '__main__':
                import mmap, struct, subprocess
                with subprocess.Popen(['true']) as dead:
                    pass
                with context.Pool(2) as pool:
                    assert pool.apply(jobs.square, (2,)) == 4
                    for lock in pool._inqueue._rlock, pool._outqueue._wlock:
                        lock.acquire()
                        with open('/dev/shm/sem.' + lock._semlock.name[1:], 'r+b') as file:
                            with mmap.mmap(file.fileno(), 128) as record:
                                record[64:72] = struct.pack('<Q', dead.pid)
        """)

    def test_a_function_ends_its_thread(self):
        # By pthread_exit and pthread_cancel. The worker goes with it, and another one comes.
        run = self.run_program("""
            if __name__ == '__main__':
                with context.Pool(1) as pool:
                    for function in jobs.end_thread, jobs.cancel_thread:
                        before = pool.apply(jobs.pid)
                        error = raises(RuntimeError, pool.apply, function)
                        assert str(error) == 'the function has ended its thread', error
                        assert 'jobs.' + function.__name__ in str(error.__cause__)
                        assert pool.apply(jobs.pid) != before
                for function in jobs.end_thread, jobs.cancel_thread:
                    with ProcessPoolExecutor(1, mp_context=context) as executor:
                        # Before 3.11 nothing is known of workers that end.
                        refusal = (RuntimeError if sys.version_info >= (3, 11) else
                                   (RuntimeError, BrokenProcessPool))
                        raises(refusal, executor.submit(function).result)
                        if sys.version_info >= (3, 11):
                            assert executor.submit(jobs.square, 3).result() == 9
        """)
        self.assertEqual((run.code, run.left), (0, []), run.err)
        self.assertRegex(run.err, r"^(\S*jobs_worker: a function has ended its thread\n){4}$")

    def test_the_parent_is_killed(self):
        # Idle and busy workers go with it: they are the last that have the output open.
        run = self.run_program("""
            if __name__ == '__main__':
                pool = context.Pool(3)
                print(*[worker.pid for worker in pool._pool], flush=True)
                pool.apply_async(jobs.sleep, (300,))
                assert pool.apply(jobs.square, (2,)) == 4
                executor = ProcessPoolExecutor(2, mp_context=context)
                assert executor.submit(jobs.square, 3).result() == 9
                executor.submit(jobs.sleep, 300)
                os.kill(os.getpid(), signal.SIGKILL)
        """)
        self.assertEqual(run.code, -9)


class Executor(Program):
    def test_calls(self):
        self.succeeds("""
            if __name__ == '__main__':
                with ProcessPoolExecutor(2, mp_context=context) as executor:
                    assert native(executor.submit(jobs.pid).result())
                    assert executor.submit(jobs.power, 2, exponent=3).result() == 8
                    squares = [n * n for n in range(50)]
                    assert list(executor.map(jobs.square, range(50))) == squares
                    assert list(executor.map(jobs.square, range(50), chunksize=7)) == squares
                    error = raises(ValueError, executor.submit(jobs.fail, 'value').result)
                    assert 'in jobs.fail' in str(error.__cause__)
                    error = raises(AttributeError, executor.submit(jobs.missing).result)
                    assert 'has no function' in str(error)
                    assert executor.submit(jobs.square, 3).result() == 9
        """)

    def test_an_initializer(self):
        self.succeeds("""
            if __name__ == '__main__':
                with ProcessPoolExecutor(2, context, jobs.start, (7,)) as executor:
                    assert executor.submit(jobs.started).result() == 7
        """)

    def test_an_initializer_that_fails(self):
        run = self.run_program("""
            if __name__ == '__main__':
                with ProcessPoolExecutor(1, context, jobs.fail, ('value',)) as executor:
                    raises(BrokenProcessPool, executor.submit(jobs.started).result)
        """)
        self.assertEqual((run.code, run.left), (0, []), run.err)
        self.assertIn("Exception in initializer:\nValueError: not so\n", run.err)

    def test_workers_are_replaced(self):
        self.succeeds("""
            if __name__ == '__main__':
                if sys.version_info >= (3, 11):
                    with ProcessPoolExecutor(1, context, max_tasks_per_child=2) as executor:
                        pids = [executor.submit(jobs.pid).result() for _ in range(6)]
                        assert pids[0::2] == pids[1::2] and len(set(pids)) == 3, pids
        """)

    def test_a_worker_that_dies_breaks_it(self):
        self.succeeds("""
            if __name__ == '__main__':
                for call in (jobs.crash, 9), (jobs.leave, 3):
                    with ProcessPoolExecutor(2, mp_context=context) as executor:
                        raises(BrokenProcessPool, executor.submit(*call).result)
        """)


class Process(Program):
    def test_exit_codes(self):
        run = self.run_program("""
            if __name__ == '__main__':
                for call, code in (((jobs.square, (2,)), 0), ((jobs.leave, (7,)), 7),
                                   ((jobs.crash, (9,)), -9), ((jobs.end_thread, ()), 1),
                                   ((jobs.cancel_thread, ()), 1),
                                   ((jobs.fail, ('exit',)), 3), ((jobs.fail, ('value',)), 1),
                                   ((jobs.fail, ('false',)), 0)):
                    process = context.Process(target=call[0], args=call[1], name='Worker')
                    process.start()
                    process.join()
                    assert process.exitcode == code, (call, process.exitcode)
                process = context.Process(target=jobs.sleep, args=(300,))
                process.start()
                await_true(native, process.pid)
                process.terminate()
                process.join()
                assert process.exitcode == -signal.SIGTERM
        """)
        self.assertEqual((run.code, run.left), (0, []), run.err)
        self.assertRegex(run.err, r"^(\S*jobs_worker: a function has ended its thread\n){2}"
                                  r"Process Worker:\nTraceback \(most recent call last\):\n"
                                  r'  File ".*jobs_worker", in jobs.fail\nValueError: not so\n$')

    def test_proxies_and_queues_among_the_arguments(self):
        self.succeeds("""
            if __name__ == '__main__':
                with context.Manager() as manager, context.Pool(2) as pool:
                    d = manager.dict()
                    pool.apply(jobs.store, (d, 'a', [1]))
                    pool.starmap(jobs.store, [(d, 'b', 2), (d, 'c', 3)])
                    assert d.copy() == {'a': [1], 'b': 2, 'c': 3}
                    assert pool.apply(jobs.echo, ([d],))[0].copy() == d.copy()
                    assert pool.apply(jobs.new_dict, (d,)).copy() == {'a': 1}
                    q = context.Queue()
                    process = context.Process(target=jobs.put, args=(q, {'x': 1}))
                    process.start()
                    assert q.get(timeout=60) == {'x': 1}
                    process.join()
                    assert process.exitcode == 0
        """)

    def test_a_writer_is_killed_before_it_has_written(self):
        self.succeeds("""
            def kill_writer(q):
                # Of so many items the pipe takes sixteen.
                writer = context.Process(target=jobs.put_many, args=(q, 40, 'x' * 4000))
                writer.start()
                await_true(q.full)
                writer.kill()
                writer.join()

            if __name__ == '__main__':
                q = context.Queue(40)
                kill_writer(q)
                other = context.Process(target=jobs.put_many, args=(q, 40, 'y'))
                other.start()
                items = [q.get(timeout=60)]
                while items.count('y') != 40:
                    items.append(q.get(timeout=60))
                other.join()
                # The writer is given back as many places as it waited for, not more.
                assert {'y'} <= set(items) <= {'x' * 4000, 'y'} and q.empty()

                q = context.JoinableQueue(40)
                kill_writer(q)
                other = context.Process(target=jobs.finish_tasks, args=(q,))
                other.start()
                q.join()
                other.join()
                assert q.empty() and q.qsize() == 0
        """)

    def test_what_is_not_the_workers_runs_in_python(self):
        run = self.succeeds("""
            def work():
                print('in', sys.implementation.name, flush=True)

            class Own(context.Process):
                def run(self):
                    work()

            if __name__ == '__main__':
                for process in context.Process(target=work), Own(target=jobs.square):
                    process.start()
                    process.join()
                    assert process.exitcode == 0
        """)
        self.assertEqual(run.out, "in cpython\nin cpython\n")


if __name__ == "__main__":
    unittest.main()
