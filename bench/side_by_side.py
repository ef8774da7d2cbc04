# SPDX-License-Identifier: BSL-1.0
"""Managers under load, side by side in one run: pickled, CPython's (the oldest and the newest that
are found), the floor server and, for `get` and `set`, Redis.

Every server runs alone on one processor, the load generator on another. In each round all of them
take their turn at one workload, and medians over the rounds count, because machines are noisy:
ratios of one run mean something, figures of different runs do not. Writes a table to stdout, and
to DIRECTORY everything as side_by_side.json and a picture of it as side_by_side.svg. Run it by
script/bench.
"""

import argparse
import collections
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

KEY = "side by side"
HERE = Path(__file__).resolve().parent
KIB, MIB = 1 << 10, 1 << 20

Workload = collections.namedtuple("Workload", "transport operation connections depth size stock",
                                  defaults=[1, 1, 32, False])


def workloads():
    small = "get", "set", "append", "value", "lock", "queue"
    for transport in "unix", "tcp":
        for operation in small:
            yield Workload(transport, operation)
    for operation in "get", "set", "lock", "queue":
        yield Workload("unix", operation, 64)
    yield Workload("tcp", "get", 64)
    for operation in small:
        yield Workload("unix", operation, 64, 16)
    for operation in "get", "set":
        yield Workload("tcp", operation, 64, 16)
    for transport, sizes in ("unix", (KIB, 64 * KIB, MIB, 16 * MIB)), ("tcp", (64 * KIB, MIB)):
        for size in sizes:
            for operation in "get", "set":
                yield Workload(transport, operation, size=size)
    for size in 32, 64 * KIB:
        for operation in "get", "set":
            yield Workload("tcp", operation, size=size, stock=True)
    for transport in "unix", "tcp":
        for operation in "connect", "create":
            yield Workload(transport, operation)


def label(workload):
    size = workload.size
    unit = f"{size // MIB} MiB" if size >= MIB else f"{size // KIB} KiB" if size >= KIB else f"{size} B"
    return (f"{workload.transport:4} {workload.operation:7} {workload.connections:2} x "
            f"{workload.depth:<2} {unit:>7}{' stock' if workload.stock else ''}")


class Server:
    """A process that prints the addresses at which it listens, unix and TCP."""

    def __init__(self, name, command, processor):
        self.name = name
        self.processes = {}
        self.where = {}
        self.directory = tempfile.TemporaryDirectory(prefix="pickled-")
        for transport in "unix", "tcp":
            address = ("127.0.0.1:0" if transport == "tcp"
                       else f"unix:{self.directory.name}/socket")
            process = subprocess.Popen(
                ["taskset", "--cpu-list", str(processor), *command(address)],
                stdout=subprocess.PIPE,
                env=dict(os.environ, PICKLED_AUTHKEY=KEY, SPDLOG_LEVEL="off"))
            self.processes[transport] = process
            self.where[transport] = process.stdout.readline().decode().strip()

    def takes(self, workload):
        return True

    options = []

    def stop(self):
        for process in self.processes.values():
            process.terminate()
            process.wait()
        self.directory.cleanup()


class Redis(Server):
    options = ["--redis"]

    def __init__(self, processor):
        self.name = "Redis"
        self.directory = tempfile.TemporaryDirectory(prefix="pickled-")
        path = os.path.join(self.directory.name, "socket")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        # Debian's redis-tools has the server, but by that name only redis-server, which would also
        # start it as a service of the system.
        process = subprocess.Popen(
            ["redis-server", "--save", "", "--dir", self.directory.name, "--unixsocket", path,
             "--bind", "127.0.0.1", "--port", str(port)],
            executable="/usr/bin/redis-check-rdb", stdout=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, [processor]))
        self.processes = {"unix": process, "tcp": process}
        self.where = {"unix": f"unix:{path}", "tcp": f"127.0.0.1:{port}"}
        while not os.path.exists(path):
            if process.poll() is not None:
                raise RuntimeError("redis-server ended")
            time.sleep(0.01)

    def takes(self, workload):
        return workload.operation in ("get", "set")


def pythons():
    """The oldest CPython that is found, and the newest."""
    found = subprocess.run([HERE.parent / "script" / "pythons"], stdout=subprocess.PIPE, check=True,
                           text=True).stdout.split()
    return list(dict.fromkeys([found[0], found[-1]]))


def version(python):
    printed = subprocess.run([python, "-c", "import platform; print(platform.python_version())"],
                             stdout=subprocess.PIPE, check=True, text=True).stdout
    return "CPython " + ".".join(printed.strip().split(".")[:2])


def start(programs, processor):
    def cpython(python):
        return Server(version(python), lambda address: [
            python, str(HERE / "cpython_manager.py"), address], processor)

    yield Server("pickled", lambda address: [
        programs / "pickled", "serve", "--threads", "1", "--address", address], processor)
    yield Server("floor", lambda address: [programs / "floor", address], processor)
    for python in pythons():
        yield cpython(python)
    yield Redis(processor)


def measure(programs, server, workload, processor, seconds):
    command = ["taskset", "--cpu-list", str(processor), programs / "load",
               server.where[workload.transport], workload.operation,
               "--connections", str(workload.connections), "--depth", str(workload.depth),
               "--size", str(workload.size), "--seconds", str(seconds),
               "--pid", str(server.processes[workload.transport].pid), *server.options]
    if workload.stock:
        command.append("--stock")
    printed = subprocess.run(command, stdout=subprocess.PIPE, check=True,
                             env=dict(os.environ, PICKLED_AUTHKEY=KEY)).stdout
    return json.loads(printed)


def medians(rounds):
    return {key: statistics.median(each[key] for each in rounds) for key in rounds[0]}


def ratio(rounds, others):
    """How often the one did what the other did, in the middle of the rounds."""
    return statistics.median(one["rate"] / other["rate"] for one, other in zip(rounds, others))


def row(workload, measured):
    ours = measured["pickled"]
    cells = [label(workload), f"{medians(ours)['rate']:9,.0f}"]
    for name, rounds in measured.items():
        if name != "pickled":
            cells.append(f"{ratio(ours, rounds):6.2f}" if rounds else "      ")
    for name, rounds in measured.items():
        cells.append("{p50:8,.0f} {p99:8,.0f} {server_cpu:8,.1f}".format(**medians(rounds))
                     if rounds else " " * 26)
    return "  ".join(cells)


def heading(names):
    others = [name for name in names if name != "pickled"]
    first = ["workload, connections x depth".ljust(32), "    ops/s"]
    first += [f"x {name.replace('CPython ', 'py')}".rjust(6) for name in others]
    first += [f"{name}: p50 p99 cpu".rjust(26) for name in names]
    return "  ".join(first)


def draw(results, names, directory):
    """The picture, by gnuplot, from tables with one column for each server."""
    def table(file, selected, value, key):
        lines = ["what " + " ".join(f'"{name}"' for name in names)]
        for workload, measured in selected:
            cells = [f"{value(workload, medians(measured[name])):g}" if measured[name] else "nan"
                     for name in names]
            lines.append(f"{key(workload)} " + " ".join(cells))
        (directory / f"{file}.dat").write_text("\n".join(lines) + "\n")

    def where(**wanted):
        return [(workload, measured) for workload, measured in results.items()
                if all(getattr(workload, key) == value for key, value in wanted.items())]

    def operation(workload):
        return workload.operation

    def rate(_, median):
        return median["rate"]

    alone = [(workload, measured)
             for workload, measured in where(transport="unix", connections=1, size=32)
             if operation(workload) not in ("connect", "create")]
    table("alone", alone, rate, operation)
    table("together", where(transport="unix", connections=64, depth=16), rate, operation)
    table("latency", where(transport="unix", connections=64, depth=1),
          lambda _, median: median["p99"], operation)
    table("cpu", where(transport="unix", connections=64, depth=16),
          lambda _, median: median["server_cpu"], operation)
    for name in "get", "set":
        table(f"sizes_{name}",
              where(transport="unix", operation=name, connections=1),
              lambda workload, median: median["rate"] * workload.size / 1e6,
              lambda workload: workload.size)
    subprocess.run(["gnuplot", "-e", f"columns = {len(names)}", HERE / "side_by_side.gnuplot"],
                   cwd=directory, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("programs", type=Path, help="the directory of pickled, load and floor")
    parser.add_argument("directory", type=Path, help="where the results go")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.15, help="of load in each round")
    parser.add_argument("--only", default="", help="only the workloads whose line has this text")
    options = parser.parse_args()
    programs = options.programs.resolve()
    options.directory.mkdir(parents=True, exist_ok=True)
    processors = sorted(os.sched_getaffinity(0))
    servers = list(start(programs, processors[0]))
    names = [server.name for server in servers]
    print(f"Managers under load: median of {options.rounds} rounds; times as many operations as the "
          "others; µs of half and of 99 % of the round trips, and of the server's processor for "
          "each", heading(names), sep="\n", flush=True)
    results = {}
    try:
        for workload in workloads():
            if options.only not in label(workload):
                continue
            measured = {name: [] for name in names}
            for _ in range(options.rounds):
                for server in servers:
                    if server.takes(workload):
                        measured[server.name].append(measure(
                            programs, server, workload, processors[-1], options.seconds))
            results[workload] = measured
            print(row(workload, measured), flush=True)
    finally:
        for server in servers:
            server.stop()
    everything = {
        "machine": platform.platform(), "processors": len(processors),
        "date": time.strftime("%Y-%m-%d"), "rounds": options.rounds,
        "results": [{**workload._asdict(),
                     "servers": {name: medians(rounds) for name, rounds in measured.items()
                                 if rounds},
                     "ratios": {name: ratio(measured["pickled"], rounds)
                                for name, rounds in measured.items()
                                if rounds and name != "pickled"}}
                    for workload, measured in results.items()]}
    (options.directory / "side_by_side.json").write_text(json.dumps(everything, indent=1) + "\n")
    if not options.only:
        draw(results, names, options.directory)
        print(f"picture: {options.directory}/side_by_side.svg", file=sys.stderr)


if __name__ == "__main__":
    main()
