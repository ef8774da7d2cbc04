# SPDX-License-Identifier: BSL-1.0
"""What a request costs the server in user space, as callgrind counts it: instructions, allocations
and system calls of each in the steady state.

Counts do not depend on how busy the machine is, only on the compiler and the libraries, so they are
compared with those of instructions.json: more than 5 % above is a failure. Two runs of different
length are made of each workload, and the difference is what counts: starting, connecting and ending
cost the same in both. Run it by script/instructions.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

KEY = "instructions"
BASELINE = Path(__file__).resolve().parent / "instructions.json"
TOLERANCE = 0.05
# Numbers of requests, by the depth of the pipeline. The first also lets everything grow to its size.
REQUESTS = {1: (1000, 3000), 16: (4000, 12000)}
FEW, MORE = 40, 120
# So long, in microseconds, the client is silent between requests: the server has always gone to wait
# for the next, however slow it is under valgrind, and takes the same path each time.
PAUSE = 500
# What a request costs however its bytes arrive; on that depends how often the server waits and reads.
COMPARED = ("instructions", "allocations", "locks", "send")

# By the function that is called.
CALLED = {
    "allocations": {"malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"},
    "locks": {"pthread_mutex_lock"},
    "recv": {"recv", "recvmsg", "readv"},
    "send": {"send", "sendmsg", "writev"},
    "epoll_wait": {"epoll_wait"},
}


def workloads():
    for operation in "get", "set", "append", "value", "lock", "queue":
        for depth in 1, 16:
            arguments = [operation, "--depth", str(depth), "--pause", str(PAUSE)]
            yield f"{operation} {depth}", arguments, *REQUESTS[depth]
    for operation in "connect", "create":
        yield operation, [operation], FEW, MORE


def read(path):
    """The counts of one run."""
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
        elif line.startswith("summary:") or line.startswith("totals:"):
            counts["instructions"] = int(line.split()[1])
    return counts


def run(programs, arguments, count, directory):
    """The counts of a whole life of a server that is asked so often."""
    out = directory / "callgrind.out"
    environment = dict(os.environ, PICKLED_AUTHKEY=KEY, SPDLOG_LEVEL="off")
    server = subprocess.Popen(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
         f"--log-file={directory}/log", programs / "pickled", "serve", "--threads", "1", "--address",
         f"unix:{directory}/socket"],
        stdout=subprocess.PIPE, env=environment)
    try:
        where = server.stdout.readline().decode().strip()
        subprocess.run([programs / "load", where, *arguments, "--count", str(count)],
                       stdout=subprocess.DEVNULL, env=environment, check=True)
    finally:
        server.terminate()
        server.wait()
    return read(out)


def measure(programs):
    measured = {}
    for name, arguments, few, many in workloads():
        with tempfile.TemporaryDirectory(prefix="pickled-") as directory:
            less = run(programs, arguments, few, Path(directory))
            more = run(programs, arguments, many, Path(directory))
        each = {what: round((more[what] - less[what]) / (many - few), 2) for what in more}
        each["instructions"] = round(each["instructions"])
        measured[name] = each
        print(f"{name:12}" + "".join(f"{each[what]:14,}" for what in each), flush=True)
    return measured


def compare(measured, baseline):
    """What is worse than it was, one line each."""
    for name, each in measured.items():
        for what in COMPARED:
            count, before = each[what], baseline[name][what]
            if count > before * (1 + TOLERANCE) + (0 if what == "instructions" else 0.1):
                yield f"{name}: {count:,} {what} a request, and {before:,} before"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("programs", type=Path, help="the directory of pickled and load")
    parser.add_argument("--update", action="store_true", help="make these counts the baseline")
    options = parser.parse_args()
    print(f"{'request':12}" + "".join(f"{what:>14}" for what in ["instructions", *CALLED]))
    measured = measure(options.programs.resolve())
    if options.update:
        lines = [f" {json.dumps(name)}: {json.dumps(each)}" for name, each in measured.items()]
        BASELINE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        return
    worse = list(compare(measured, json.loads(BASELINE.read_text())))
    print(*worse, sep="\n", file=sys.stderr)
    sys.exit(1 if worse else 0)


if __name__ == "__main__":
    main()
