# SPDX-License-Identifier: BSL-1.0
"""The codec beside CPython's, msgpack-cxx, nlohmann/json and memcpy, in one run.

For each task and kind of data the contestants take turns, and the median of the rounds counts. Time
is CPU time of one thread, in which the result is made and freed again; what is in C++ runs once
before it counts, so that it has its memory from the system. "x" tells how many times as fast as the
contestant pickled is. Run it by script/bench.
"""

import argparse
import collections
import functools
import gc
import json
import os
import pickle
import platform
import re
import statistics
import subprocess
import time

import corpus

GC_OFF = "CPython, collector off"
GC_ON = "CPython, collector on"
MSGPACK = "msgpack-cxx"
COPY = "memcpy to new memory"

# At least how many times as fast as a contestant pickled is meant to be.
TARGETS = {
    ("loads", "document"): {GC_OFF: 4, MSGPACK: 0.6},
    ("loads", "ints"): {},
    ("loads", "floats"): {},
    ("loads", "strings"): {},
    ("loads", "tuples"): {GC_OFF: 4},
    ("loads", "instances"): {GC_OFF: 4},
    ("loads", "slotted"): {GC_OFF: 4},
    ("loads", "bytes"): {COPY: 0.7},
    ("dumps", "document"): {GC_OFF: 5},
    ("dumps", "ints"): {GC_OFF: 5},
    ("dumps", "floats"): {GC_OFF: 5},
    ("dumps", "strings"): {GC_OFF: 5},
    ("dumps", "tuples"): {GC_OFF: 5},
    ("dumps", "instances"): {GC_OFF: 5},
    ("dumps", "slotted"): {GC_OFF: 5},
    ("dumps", "bytes"): {COPY: 0.7},
    ("freeze", "document"): {},
    ("freeze", "bytes"): {COPY: 0.7},
    ("freeze", "requests"): {GC_OFF: 5},
    ("splice", "replies"): {GC_OFF: 8},
}


def call_with_each(function, arguments):
    collections.deque(map(function, arguments), maxlen=0)


def cpython(task, data, directory):
    """What CPython does for the task. It keeps a request's values as objects, and pickles them
    again to hand them out: loads and dumps where pickled freezes, dumps where it splices."""
    if data in ("requests", "replies"):
        requests = corpus.read_requests(directory)
        if task == "freeze":
            return functools.partial(call_with_each, lambda message: pickle.dumps(
                pickle.loads(message), corpus.PROTOCOL), requests)
        replies = []
        for _, method, args, _ in map(pickle.loads, requests):
            replies.append(("#RETURN", args[0 if method == "put" else 1]))
        return functools.partial(call_with_each, pickle.dumps, replies)
    with open(os.path.join(directory, data + ".pickle"), "rb") as file:
        content = file.read()
    if task == "dumps":
        return functools.partial(pickle.dumps, pickle.loads(content), corpus.PROTOCOL)
    return functools.partial(pickle.loads, content)


def milliseconds(function):
    began = time.process_time()
    function()
    return (time.process_time() - began) * 1000


def run_native(program, task, data, directory):
    """Milliseconds of each contestant in C++."""
    output = subprocess.run(
        [program, f"--benchmark_filter=^{re.escape(f'{task}/{data}/')}",
         "--benchmark_format=json", "--benchmark_min_warmup_time=0.05",
         "--benchmark_min_time=0.2", directory],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    return {result["name"].split("/")[2]: result["cpu_time"]
            for result in json.loads(output)["benchmarks"]}


def measure(program, task, data, directory, rounds):
    """The rounds of every contestant, each a dict of milliseconds by name."""
    function = cpython(task, data, directory)
    results = []
    for _ in range(rounds):
        result = run_native(program, task, data, directory)
        gc.disable()
        result[GC_OFF] = milliseconds(function)
        gc.enable()
        result[GC_ON] = milliseconds(function)
        results.append(result)
    return results


def report(task, data, results):
    def median(of):
        return statistics.median(map(of, results))

    print(f"{task} {data:10} {'pickled':24} {median(lambda r: r['pickled']):9.2f} ms")
    targets = TARGETS[task, data]
    for name in results[0]:
        if name == "pickled":
            continue
        ratio = median(lambda r: r[name] / r["pickled"])
        line = f"{'':17}{name:24} {median(lambda r: r[name]):9.2f} ms {ratio:7.2f} x"
        if name in targets:
            verdict = "reached" if ratio >= targets[name] else "MISSED"
            line += f"   target {targets[name]:3} x {verdict}"
        print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="codec_bench")
    parser.add_argument("directory", help="where the corpus is, or is written if it is not there")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", metavar="REGEX", help="of 'task data'")
    options = parser.parse_args()
    if not os.path.exists(os.path.join(options.directory, "requests.pickles")):
        corpus.write(options.directory)
    print(f"CPython {platform.python_version()}, median of {options.rounds} rounds")
    for task, data in TARGETS:
        if re.search(options.only, f"{task} {data}"):
            report(task, data, measure(options.program, task, data, options.directory,
                                       options.rounds))


if __name__ == "__main__":
    main()
