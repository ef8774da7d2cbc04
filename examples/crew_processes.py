# SPDX-License-Identifier: BSL-1.0
"""Processes in C++ that share everything with a stock Python: crew_worker.cpp, and its module.

    crew_worker --python-stubs > crew.py
    python3 crew_processes.py crew_worker [EXAMPLE]...
"""

import logging
import logging.handlers
import multiprocessing
import sys
from multiprocessing.shared_memory import SharedMemory

import crew

context = multiprocessing.get_context('spawn')


def run(*processes):
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0, process


def value():
    """A Value that three processes count up under its lock, two in C++ and this one."""
    counter = context.Value('i', 0)
    processes = [context.Process(target=crew.count_up, args=(counter, 10000)) for _ in range(2)]
    for process in processes:
        process.start()
    for _ in range(10000):
        with counter:
            counter.value += 1
    for process in processes:
        process.join()
    print('counted with the lock:', counter.value)


def value_without_lock():
    """Without a lock steps are lost where processes are at it at once; so here they take turns."""
    counter = context.Value('i', 0, lock=False)
    for _ in range(2):
        run(context.Process(target=crew.count_up, args=(counter, 10000)))
    print('counted in turns:', counter.value)


def array():
    """An Array that two workers fill, half each."""
    numbers = context.Array('d', 10)
    run(*[context.Process(target=crew.fill, args=(numbers, *part)) for part in ((0, 5), (5, 10))])
    print('filled:', numbers[:])


def queue():
    """Python produces, C++ consumes; results are told apart by the id of their task."""
    tasks, results = context.Queue(), context.Queue()
    consumers = [context.Process(target=crew.consume, args=(tasks, results)) for _ in range(2)]
    for consumer in consumers:
        consumer.start()
    texts = ['one', 'three', 'twelve']
    for task in enumerate(texts):
        tasks.put(task)
    for consumer in consumers:
        tasks.put(None)
    found = dict(results.get() for _ in texts)
    for consumer in consumers:
        consumer.join()
    print('lengths:', [found[i] for i in range(len(texts))])


def pipe():
    """Questions and answers through a Pipe."""
    here, there = context.Pipe()
    process = context.Process(target=crew.answer, args=(there,))
    process.start()
    there.close()
    for text in 'hello', 'goodbye':
        here.send(text)
        print(here.recv())
    here.close()
    process.join()


def shared_memory():
    """An array of numpy's that two workers square, half each, without a copy."""
    import numpy
    segment = SharedMemory(create=True, size=1000 * 8)
    numbers = numpy.ndarray((1000,), dtype=numpy.float64, buffer=segment.buf)
    numbers[:] = range(1000)
    run(*[context.Process(target=crew.square, args=(segment, *part))
          for part in ((0, 500), (500, 1000))])
    print('squared:', bool((numbers == numpy.arange(1000) ** 2).all()))
    del numbers
    segment.close()
    segment.unlink()


def log():
    """What C++ logs by spdlog goes through a Queue to Python's handlers."""
    records = context.Queue()
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter('%(name)s %(levelname)s %(message)s'))
    listener = logging.handlers.QueueListener(records, handler)
    run(context.Process(target=crew.work_and_log, args=(records, 'crew')))
    listener.start()
    listener.stop()


def stop():
    """A worker that stops when it is asked to."""
    asked, steps = context.Event(), context.Value('l', 0)
    process = context.Process(target=crew.run_until, args=(asked, steps))
    process.start()
    while steps.value < 3:
        pass
    asked.set()
    process.join()
    print('stopped:', process.exitcode == 0)


if __name__ == '__main__':
    context.set_executable(sys.argv[1])
    for name in sys.argv[2:] or ('value', 'value_without_lock', 'array', 'queue', 'pipe',
                                 'shared_memory', 'log', 'stop'):
        globals()[name]()
