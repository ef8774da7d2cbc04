# SPDX-License-Identifier: BSL-1.0
"""Tasks per second of stock pools and of ours, side by side in one run.

Usage: pools.py BIN [WORKERS]. Four pairs of parent and workers take turns: a stock Pool with its
own workers, a stock Pool with workers in C++, C++ with CPython's workers, and C++ with C++. `queue`
is items a second that such a worker puts into a Queue, and its parent takes. At the end, what memory
a worker of either kind takes: the pages that it has mapped, of which most are libraries that others
map too; its share of them, which says what workers take together; and what each has for itself.
"""

import multiprocessing
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench_tasks  # noqa: E402

ROUNDS = 3


def stock(executable, workers):
    """The seconds and number of tasks of each measurement."""
    context = multiprocessing.get_context("spawn")
    context.set_executable(executable)
    measured = {}

    def measure(name, tasks, run):
        begun = time.perf_counter()
        run()
        measured[name] = (time.perf_counter() - begun, tasks)

    def start():
        with context.Pool(workers) as pool:
            pool.apply(bench_tasks.nothing, (0,))

    measure("start", 1, start)
    with context.Pool(workers) as pool:
        pool.map(bench_tasks.nothing, range(workers), 1)
        measure("apply", 2000, lambda: [pool.apply(bench_tasks.nothing, (i,))
                                        for i in range(2000)])
        measure("async", 20000, lambda: [r.get() for r in [
            pool.apply_async(bench_tasks.nothing, (i,)) for i in range(20000)]])
        measure("map-1", 100000, lambda: pool.map(bench_tasks.nothing, range(100000), 1))
        measure("map", 100000, lambda: pool.map(bench_tasks.nothing, range(100000)))
        measure("1KB", 20000, lambda: pool.map(bench_tasks.same, ["x" * 1000] * 20000, 1))
        measure("1MB", 100, lambda: pool.map(bench_tasks.same, ["x" * 1000000] * 100, 1))
    queue = context.Queue()
    process = context.Process(target=bench_tasks.fill, args=(queue, 100000))
    process.start()
    queue.get()
    measure("queue", 99999, lambda: [queue.get() for _ in range(99999)])
    process.join()
    return measured


def memory(executable, workers):
    """Kilobytes of an idle worker that has run tasks: resident, its share of that, its own."""
    context = multiprocessing.get_context("spawn")
    context.set_executable(executable)
    with context.Pool(workers) as pool:
        pool.map(bench_tasks.nothing, range(100 * workers), 1)
        with open("/proc/%d/smaps_rollup" % pool._pool[0].pid) as file:
            sizes = [line.split() for line in file if line.endswith(" kB\n")]
    return [sum(int(size[1]) for size in sizes if size[0].startswith(kind))
            for kind in ("Rss:", "Pss:", "Private_")]


def ours(program, kind, executable, workers):
    environment = dict(os.environ, PYTHONPATH=os.path.dirname(os.path.abspath(__file__)))
    lines = subprocess.run([program, kind, str(workers), executable], check=True, env=environment,
                           stdout=subprocess.PIPE, universal_newlines=True).stdout.splitlines()
    return {name: (float(seconds), int(tasks))
            for name, seconds, tasks in (line.split() for line in lines)}


def main():
    directory = os.path.abspath(sys.argv[1])
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    parent, worker = (os.path.join(directory, name) for name in ("pools_bench", "bench_worker"))
    contestants = {
        "stock": lambda: stock(sys.executable, workers),
        "stock, C++ workers": lambda: stock(worker, workers),
        "C++, CPython workers": lambda: ours(parent, "python", sys.executable, workers),
        "C++, C++ workers": lambda: ours(parent, "cpp", worker, workers),
    }
    best = {name: {} for name in contestants}
    for _ in range(ROUNDS):
        for name, run in contestants.items():
            for task, (seconds, tasks) in run().items():
                best[name][task] = max(best[name].get(task, 0), tasks / seconds)
    tasks = list(best["stock"])
    print("tasks per second, %d workers, best of %d; and times as many as stock (load average %.1f)"
          % (workers, ROUNDS, os.getloadavg()[0]))
    print("%-22s" % "" + "".join("%18s" % task for task in tasks))
    for name, rates in best.items():
        print("%-22s" % name + "".join(
            "%10.0f (%5.2f)" % (rates[task], rates[task] / best["stock"][task])
            for task in tasks))
    sizes = {name: memory(executable, workers)
             for name, executable in (("CPython", sys.executable), ("C++", worker))}
    for name, kilobytes in sizes.items():
        print("a worker in %-8s" % name + ", ".join(
            "%d KB (%.2f) %s" % (size, size / whole, what) for size, whole, what in zip(
                kilobytes, sizes["CPython"], ("resident", "its share", "its own"))))


if __name__ == "__main__":
    main()
