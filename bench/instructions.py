# SPDX-License-Identifier: BSL-1.0
"""What a request costs the server in user space, as callgrind counts it: instructions, allocations
and system calls of each in the steady state.

Counts do not depend on how busy the machine is, only on the compiler and the libraries, so they are
compared with those of instructions.json: more than 5 % above is a failure. One server is asked
everything, by a client that asks only once the server sleeps, so that bytes always arrive while it
waits for them. What is left is the seed of its hashes, which is another one in each process: there
are so many keys that the shape of a table makes no difference. Run it by script/instructions.
"""

import argparse
import hmac
import json
import os
import pickle
import re
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

KEY = b"instructions"
BASELINE = Path(__file__).resolve().parent / "instructions.json"
TOLERANCE = 0.05
# Requests that are counted, by the depth of the pipeline, and of other workloads. As many are made
# before, so that everything has grown to its size.
REQUESTS = {1: 2000, 16: 8000}
COMMANDS = 50
KEYS = 4000
VALUE = b"v" * 32
# The counts up to each call of this function are a file of their own.
MARK = "number_of_objects"
MARKED = f"*::(anonymous namespace)::{MARK}(*"

# By the function that is called.
CALLED = {
    "allocations": {"malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"},
    "locks": {"pthread_mutex_lock"},
    "recv": {"recv", "recvmsg", "readv"},
    "send": {"send", "sendmsg", "writev"},
    "epoll_wait": {"epoll_wait"},
}


class Server:
    """`pickled serve` under callgrind, for the length of a `with` block."""

    def __init__(self, program):
        self.directory = tempfile.TemporaryDirectory(prefix="pickled-")
        self.where = Path(self.directory.name)
        self.process = subprocess.Popen(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={self.where / 'counts'}",
             f"--dump-before={MARKED}", f"--log-file={self.where / 'log'}", program, "serve",
             "--threads", "1", "--address", f"unix:{self.where / 'socket'}"],
            stdout=subprocess.PIPE,
            env=dict(os.environ, PICKLED_AUTHKEY_HEX=KEY.hex(), SPDLOG_LEVEL="off"))
        if not self.process.stdout.readline():
            sys.exit((self.where / "log").read_text())
        self.dumps = 0

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait()
        self.directory.cleanup()

    def sleeps(self):
        """Whether none of its threads has anything to do."""
        for thread in Path("/proc", str(self.process.pid), "task").iterdir():
            if (thread / "stat").read_text().rpartition(")")[2].split()[0] != "S":
                return False
        return True

    def mark(self):
        """What was counted since the last one."""
        command(self, None, MARK)
        self.dumps += 1
        return counts_in(self.where / f"counts.{self.dumps}")


class Connection:
    """What a stock client of CPython 3.12 or newer sends, each message once the server sleeps."""

    def __init__(self, server):
        self.server = server
        self.socket = socket.socket(socket.AF_UNIX)
        self.wait()
        self.socket.connect(str(server.where / "socket"))
        challenge = self.receive()[len(b"#CHALLENGE#"):]
        self.send(b"{sha256}" + hmac.digest(KEY, challenge, "sha256"))
        assert self.receive() == b"#WELCOME#"
        self.send(b"#CHALLENGE#{sha256}" + b"c" * 40)
        self.receive()
        self.send(b"#WELCOME#")

    def close(self):
        self.wait()
        self.socket.close()

    def wait(self):
        while not self.server.sleeps():
            pass

    def exactly(self, size):
        got = b""
        while len(got) != size:
            more = self.socket.recv(size - len(got))
            assert more, "the server has ended the connection"
            got += more
        return got

    def receive(self):
        return self.exactly(*struct.unpack("!i", self.exactly(4)))

    def send(self, *messages):
        """All of them at once."""
        self.wait()
        self.socket.sendall(b"".join(struct.pack("!i", len(m)) + m for m in messages))

    def ask(self, *requests):
        self.send(*requests)
        for _ in requests:
            kind, result = pickle.loads(self.receive())
            assert kind == "#RETURN", (kind, result)
        return result


def request(ident, method, *args):
    return pickle.dumps((ident, method, args, {}), 4)


def command(server, ident, method, *args):
    """Calls a function of the server, on a connection of its own."""
    connection = Connection(server)
    result = connection.ask(request(ident, method, *args))
    connection.close()
    return result


def scripts(server):
    """What is asked again and again, by the name of the workload."""
    def created(*what):
        return command(server, None, "create", *what)[0]

    a_dict, lock, queue = created("dict"), created("Lock"), created("Queue")
    keys = ["key_%d" % i for i in range(KEYS)]
    yield "set", [request(a_dict, "__setitem__", key, VALUE) for key in keys]
    yield "get", [request(a_dict, "__getitem__", key) for key in keys]
    yield "append", [request(created("list"), "append", VALUE)]
    yield "value", [request(created("Value", "i", 0), "get")]
    yield "lock", [request(lock, "acquire"), request(lock, "release")]
    yield "queue", [request(queue, "put", VALUE), request(queue, "get")]


def workloads(server):
    """The name of each, how many requests it is, and a function that makes them."""
    connection = Connection(server)
    connection.ask(request(None, "accept_connection", "instructions"))
    for name, script in scripts(server):
        for depth, count in REQUESTS.items():
            whole = script * (count // len(script) + 1)

            def ask(depth=depth, count=count, whole=whole):
                for at in range(0, count, depth):
                    connection.ask(*whole[at:at + depth])
            yield f"{name} {depth}", count, ask

    def connect():
        for _ in range(COMMANDS):
            command(server, None, "dummy")

    def create():
        for _ in range(COMMANDS):
            ident, _ = command(server, None, "create", "list")
            for method in "incref", "decref", "decref":
                command(server, None, method, ident)
    yield "connect", COMMANDS, connect
    yield "create", COMMANDS, create


def counts_in(path):
    """The counts of one file of callgrind's."""
    counts = dict.fromkeys(["instructions", *CALLED], 0)
    names = {}
    caller = called = None
    for line in path.read_text().splitlines():
        if line.startswith(("fn=", "cfn=")):
            number, name = re.fullmatch(r"c?fn=\((\d+)\)(?: (.*))?", line).groups()
            if name is not None:
                names[number] = name.split("@", maxsplit=1)[0].split("'", maxsplit=1)[0]
            if line.startswith("fn="):
                caller = names[number]
            else:
                called = names[number]
        elif line.startswith("calls="):
            for what, functions in CALLED.items():
                # realloc calls malloc for its own.
                if called in functions and caller not in functions:
                    counts[what] += int(line[len("calls="):].split()[0])
        elif line.startswith("totals:"):
            counts["instructions"] = int(line.split()[1])
    return counts


def measure(program):
    """The counts of each workload."""
    measured = {}
    with Server(program) as server:
        server.mark()
        of_marking = server.mark()
        for name, count, ask in workloads(server):
            ask()
            server.mark()
            ask()
            counted = server.mark()
            each = {what: round(max(0, total - of_marking[what]) / count, 2)
                    for what, total in counted.items()}
            each["instructions"] = round(each["instructions"])
            measured[name] = each
            print(f"{name:12}" + "".join(f"{each[what]:14,}" for what in each), flush=True)
    return measured


def compare(measured, baseline):
    """What is worse than it was, one line each."""
    for name, each in measured.items():
        for what, count in each.items():
            before = baseline[name][what]
            if count > before * (1 + TOLERANCE) + (0 if what == "instructions" else 0.1):
                yield f"{name}: {count:,} {what} a request, and {before:,} before"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("program", type=Path, help="the path of pickled")
    parser.add_argument("--update", action="store_true", help="make these counts the baseline")
    options = parser.parse_args()
    print(f"{'request':12}" + "".join(f"{what:>14}" for what in ["instructions", *CALLED]))
    measured = measure(options.program.resolve())
    if options.update:
        lines = [f" {json.dumps(name)}: {json.dumps(each)}" for name, each in measured.items()]
        BASELINE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        return
    worse = list(compare(measured, json.loads(BASELINE.read_text())))
    print(*worse, sep="\n", file=sys.stderr)
    sys.exit(1 if worse else 0)


if __name__ == "__main__":
    main()
