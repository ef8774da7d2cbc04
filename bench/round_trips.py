# SPDX-License-Identifier: BSL-1.0
"""Round trips per second of a stock client's `d[k]`, side by side in one run.

Measures, over unix sockets and TCP: CPython's own manager (the same interpreter), pickled, a GET of
Redis, and a raw echo server that answers each frame with a fixed reply, which is the most that the
client's side allows. Then several clients at once, each a process of its own, all round trips
together. The servers take turns, and the median of the rounds counts, because machines are noisy. Run
it by script/bench.
"""

import argparse
import collections
import os
import pickle
import platform
import socket
import statistics
import subprocess
import tempfile
import time
from multiprocessing import Pipe, Process, current_process, get_context
from multiprocessing.connection import Client, Listener
from multiprocessing.managers import SyncManager

KEY = b"round trips"


class Pickled:
    name = "pickled"

    def __init__(self, transport, directory, program):
        address = ("127.0.0.1:0" if transport == "tcp"
                   else "unix:" + os.path.join(directory, "pickled"))
        self.process = subprocess.Popen(
            [program, "serve", "--address", address], stdout=subprocess.PIPE,
            env=dict(os.environ, PICKLED_AUTHKEY_HEX=KEY.hex(), SPDLOG_LEVEL="off"))
        line = self.process.stdout.readline().decode().strip()
        host, _, port = line.rpartition(":")
        where = (host, int(port)) if transport == "tcp" else line[len("unix:"):]
        self.manager = SyncManager(address=where, authkey=KEY)
        self.manager.connect()

    def stop(self):
        self.process.terminate()
        self.process.wait()


class CPython:
    name = "CPython's manager"

    def __init__(self, transport, directory, program):
        where = ("127.0.0.1", 0) if transport == "tcp" else os.path.join(directory, "cpython")
        self.manager = SyncManager(address=where, authkey=KEY)
        self.manager.start()

    def stop(self):
        self.manager.shutdown()


class Lookup:
    """`d[k]` on a manager."""

    def __init__(self, server):
        self.name = server.name
        self.server = server
        self.d = server.manager.dict({i: i for i in range(1000)})

    def run(self, count):
        d = self.d
        for i in range(count):
            d[i % 1000]

    def connect(self):
        """For a forked process. A proxy connects at its first call there."""

    def stop(self):
        self.server.stop()


def echo(address, pipe):
    listener = Listener(address)
    pipe.send(listener.address)
    connection = listener.accept()
    reply = bytes.fromhex("80048c072352455455524e4b0186" + "2e")
    try:
        while True:
            connection.recv_bytes()
            connection.send_bytes(reply)
    except EOFError:
        pass


class Echo:
    """The same request and a reply of the same size, with nothing behind it."""

    name = "raw echo"

    def __init__(self, transport, directory):
        where = ("127.0.0.1", 0) if transport == "tcp" else os.path.join(directory, "echo")
        receive, send = Pipe(duplex=False)
        self.process = Process(target=echo, args=(where, send), daemon=True)
        self.process.start()
        self.connection = Client(receive.recv())

    def run(self, count):
        connection = self.connection
        for i in range(count):
            connection.send(("0123456789abcdef", "__getitem__", (i % 1000,), {}))
            connection.recv()

    def stop(self):
        self.connection.close()
        self.process.join()


class Redis:
    """GET from a plain socket, of the same bytes: the request is the key, the reply the value."""

    name = "Redis"

    def __init__(self, transport, directory):
        where = os.path.join(directory, "redis")
        listen = ["--port", "0", "--unixsocket", where]
        family = socket.AF_UNIX
        if transport == "tcp":
            with socket.create_server(("127.0.0.1", 0)) as free:
                where = free.getsockname()
            listen = ["--bind", where[0], "--port", str(where[1])]
            family = socket.AF_INET
        # Debian's redis-tools has the server, but by that name only redis-server, which would also
        # start it as a service of the system.
        self.process = subprocess.Popen(
            ["redis-server", "--save", "", "--dir", directory, *listen],
            executable="/usr/bin/redis-check-rdb", stdout=subprocess.DEVNULL)
        self.family, self.where = family, where
        self.connect()
        for i in range(1000):
            value = pickle.dumps(("#RETURN", i))
            assert self.command(b"SET", self.request(i), value) == b"+OK\r\n"

    def connect(self):
        self.socket = socket.socket(self.family)
        while self.socket.connect_ex(self.where) != 0:
            if self.process.poll() is not None:
                raise RuntimeError("redis-server ended")
            time.sleep(0.01)
        if self.family == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def request(self, i):
        return pickle.dumps(("0123456789abcdef", "__getitem__", (i,), {}))

    def command(self, *parts):
        words = b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)
        self.socket.sendall(b"*%d\r\n%b" % (len(parts), words))
        return self.socket.recv(4096)

    def run(self, count):
        for i in range(count):
            reply = self.command(b"GET", self.request(i % 1000))
            pickle.loads(reply[reply.index(b"\n") + 1:])

    def stop(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait()


def one_client(contestant, count):
    """Round trips per second."""
    began = time.perf_counter()
    contestant.run(count)
    return count / (time.perf_counter() - began)


def many_clients(contestant, clients, count):
    """Round trips per second of that many processes together."""
    fork = get_context("fork")
    gate = fork.Barrier(clients + 1)

    def client():
        contestant.connect()
        contestant.run(10)
        gate.wait()
        contestant.run(count // clients)
        gate.wait()

    processes = [fork.Process(target=client) for _ in range(clients)]
    for process in processes:
        process.start()
    gate.wait()
    began = time.perf_counter()
    gate.wait()
    rate = count / (time.perf_counter() - began)
    for process in processes:
        process.join()
    return rate


def report(heading, rates):
    medians = {name: statistics.median(measured) for name, measured in rates.items()}
    for name, rate in medians.items():
        print(f"  {heading:16}  {name:18} {rate:9,.0f}  {rate / medians[CPython.name]:5.2f} x",
              flush=True)


def measure(transport, program, rounds, count, clients):
    with tempfile.TemporaryDirectory(prefix="pickled-") as directory:
        contestants = [Lookup(CPython(transport, directory, program)),
                       Lookup(Pickled(transport, directory, program)),
                       Redis(transport, directory),
                       Echo(transport, directory)]
        alone = collections.defaultdict(list)
        together = collections.defaultdict(list)
        for contestant in contestants:
            contestant.run(count // 10)
        for _ in range(rounds):
            for contestant in contestants:
                alone[contestant.name].append(one_client(contestant, count))
        for _ in range(rounds):
            for contestant in contestants[:-1]:  # the echo server has one client
                together[contestant.name].append(many_clients(contestant, clients, count))
        for contestant in contestants:
            contestant.stop()
    report(f"{transport}, one client", alone)
    report(f"{transport}, {clients} clients", together)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="the pickled program")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=5000, help="round trips in each round")
    parser.add_argument("--clients", type=int, default=4, help="how many at once")
    options = parser.parse_args()
    current_process().authkey = KEY
    print(f"d[k] round trips/s, CPython {platform.python_version()}, median of {options.rounds} "
          "rounds")
    for transport in "unix", "tcp":
        measure(transport, options.program, options.rounds, options.count, options.clients)


if __name__ == "__main__":
    main()
