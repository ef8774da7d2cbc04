# SPDX-License-Identifier: BSL-1.0
"""What a server's memory holds: bytes for each entry of a large dict, beside Redis, bytes for each
idle connection, and what is left after many operations of all sorts.

Values are str of 32 characters under the keys key_0, key_1 …; memory is what the kernel says is
resident. Run it by script/bench.
"""

import argparse
import os
import resource
import tempfile
from multiprocessing import current_process

from blocked import open_connection
from round_trips import KEY, Pickled, Redis

BATCH = 10_000


def resident(process):
    """Bytes."""
    with open(f"/proc/{process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def entries(first, count):
    return {f"key_{i}": f"{i:032}" for i in range(first, first + count)}


def of_dict(server, count):
    d = server.manager.dict()
    before = resident(server.process)
    for first in range(0, count, BATCH):
        d.update(entries(first, BATCH))
    return (resident(server.process) - before) / count


def of_redis(redis, count):
    before = resident(redis.process)
    for first in range(0, count, BATCH):
        words = [word.encode() for entry in entries(first, BATCH).items() for word in entry]
        assert redis.command(b"MSET", *words) == b"+OK\r\n"
    return (resident(redis.process) - before) / count


def of_connections(server, count):
    """After one request each."""
    first = [open_connection(server) for _ in range(100)]
    d = server.manager.dict({0: 0})
    before = resident(server.process)
    idle = [open_connection(server) for _ in range(count)]
    for connection in idle:
        connection.send((d._token.id, "__getitem__", (0,), {}))
        assert connection.recv() == ("#RETURN", 0)
    taken = (resident(server.process) - before) / count
    for connection in first + idle:
        connection.close()
    return taken


def after_operations(server, count):
    """Growth in bytes over `count` operations, after a tenth as many."""
    d = server.manager.dict()
    numbers = server.manager.list()
    queue = server.manager.Queue()
    lock = server.manager.Lock()

    def run(times):
        for i in range(times // 8):
            key = f"key_{i % 1000}"
            d[key] = f"{i:032}"
            d.get(key)
            numbers.append(i)
            numbers.pop()
            queue.put(i)
            queue.get()
            lock.acquire()
            lock.release()

    run(count // 10)
    before = resident(server.process)
    run(count)
    return resident(server.process) - before


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("program", help="the pickled program")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--connections", type=int, default=2000)
    parser.add_argument("--operations", type=int, default=200_000)
    options = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    current_process().authkey = KEY
    with tempfile.TemporaryDirectory(prefix="pickled-") as directory:
        server = Pickled("unix", directory, os.path.abspath(options.program))
        redis = Redis("unix", directory)
        print("Memory of a server, bytes")
        print(f"  an entry of {options.entries:,}: {of_dict(server, options.entries):.0f}, "
              f"Redis {of_redis(redis, options.entries):.0f}")
        print(f"  an idle connection of {options.connections:,}: "
              f"{of_connections(server, options.connections):,.0f}")
        print(f"  growth over {options.operations:,} operations: "
              f"{after_operations(server, options.operations):,}")
        redis.stop()
        server.stop()


if __name__ == "__main__":
    main()
