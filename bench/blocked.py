# SPDX-License-Identifier: BSL-1.0
"""Round trips of one client while many others are connected, half of them blocked in `get`.

CPython's manager needs a thread for each connection; pickled suspends the session. Both are asked
the same, in one run: d[k] alone, then with 2,000 connections of which 1,000 wait in Queue.get.
Run it by script/bench.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from multiprocessing import current_process
from multiprocessing.connection import Client

from round_trips import KEY, CPython, Pickled


def open_connection(server):
    """A proxy connection, as a thread of a stock client opens it."""
    connection = Client(server.manager.address, authkey=KEY)
    connection.send((None, "accept_connection", ("bench",), {}))
    assert connection.recv() == ("#RETURN", None)
    return connection


def round_trips(connection, ident, count, rounds):
    """Median round trips per second of d[k]."""
    rates = []
    for _ in range(rounds):
        began = time.perf_counter()
        for i in range(count):
            connection.send((ident, "__getitem__", (i % 1000,), {}))
            connection.recv()
        rates.append(count / (time.perf_counter() - began))
    return statistics.median(rates)


def measure(server, options):
    d = server.manager.dict({i: i for i in range(1000)})
    queue = server.manager.Queue()
    asking = open_connection(server)
    alone = round_trips(asking, d._token.id, options.count, options.rounds)
    others = [open_connection(server) for _ in range(options.connections)]
    blocked = others[:len(others) // 2]
    for connection in blocked:
        connection.send((queue._token.id, "get", (), {}))
    crowded = round_trips(asking, d._token.id, options.count, options.rounds)
    for number in range(len(blocked)):
        queue.put(number)
    answers = sorted(connection.recv()[1] for connection in blocked)
    assert answers == list(range(len(blocked)))
    for connection in others:
        connection.close()
    return alone, crowded


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="the pickled program")
    parser.add_argument("--connections", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=3000, help="round trips in each round")
    options = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    current_process().authkey = KEY
    print(f"d[k] round trips/s of one client, alone and among {options.connections} connections, "
          f"half of them blocked; median of {options.rounds} rounds")
    for contestant in CPython, Pickled:
        with tempfile.TemporaryDirectory(prefix="pickled-") as directory:
            server = contestant("unix", directory, os.path.abspath(options.program))
            alone, crowded = measure(server, options)
            server.stop()
        print(f"  {contestant.name:18} alone {alone:8,.0f}   among them {crowded:8,.0f}   "
              f"time {alone / crowded:5.2f} x")


if __name__ == "__main__":
    main()
