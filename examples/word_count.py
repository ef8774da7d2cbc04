# SPDX-License-Identifier: BSL-1.0
"""Counts words with CPython and C++ workers side by side, sharing state through one server.

Every worker takes one file at a time from a shared list under a shared Lock, counts, and merges
into one shared dict. Run it by script/demo.
"""

import argparse
import os
import pickle
import secrets
import subprocess
import sys
import tempfile
import time
from multiprocessing import current_process
from multiprocessing.managers import SyncManager

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from word_count_worker import count_words  # noqa: E402


def start_server(program, tcp, directory):
    """The server's process and its address."""
    keyfile = os.path.join(directory, "authkey")
    key = secrets.token_hex(32).encode()
    with open(os.open(keyfile, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(key)
    address = "127.0.0.1:0" if tcp else "unix:" + os.path.join(directory, "socket")
    process = subprocess.Popen(
        [program, "serve", "--address", address, "--authkey-file", keyfile],
        stdout=subprocess.PIPE)
    line = process.stdout.readline().decode().strip()
    if not line:
        sys.exit("word_count: the server did not start")
    if line.startswith("unix:"):
        return process, line[len("unix:"):], key
    host, port = line.rsplit(":", 1)
    return process, (host, int(port)), key


def start_worker(command, name, key, shared):
    worker = subprocess.Popen(command + [name], stdin=subprocess.PIPE)
    worker.stdin.write(pickle.dumps(key, protocol=4) + pickle.dumps(shared, protocol=4))
    worker.stdin.close()
    return worker


def show_progress(done, workers, total):
    """A bar on the terminal, until every worker has ended."""
    while True:
        ended = all(worker.poll() is not None for worker in workers)
        files = sum(count for _, count in done.values())
        filled = 40 * files // max(total, 1)
        end = "\n" if ended else ""
        print(f"\r[{'#' * filled}{'.' * (40 - filled)}] {files}/{total} files",
              end=end, file=sys.stderr, flush=True)
        if ended:
            return
        time.sleep(0.05)


def report(counts, done, paths):
    """Prints what was counted and by whom; true if one process alone counts the same."""
    result = counts.copy()
    for word, n in sorted(result.items(), key=lambda item: (-item[1], item[0]))[:20]:
        print(f"{n:8} {word}")
    print()
    for name, (language, files) in sorted(done.items()):
        print(f"{files:8} files by {name} ({language})")
    alone = {}
    for path in paths:
        for word, n in count_words(path).items():
            alone[word] = alone.get(word, 0) + n
    same = alone == result
    print("\nA count by one process alone gives",
          "the same." if same else "something else!")
    return same


def main():
    parser = argparse.ArgumentParser(prog="script/demo", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE",
                        help="texts to count; default: those in /usr/share/common-licenses")
    parser.add_argument("--tcp", action="store_true", help="over TCP instead of a unix socket")
    parser.add_argument("--bin", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--pythons", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    licenses = "/usr/share/common-licenses"
    paths = options.files or [
        os.path.join(licenses, name) for name in sorted(os.listdir(licenses))]

    with tempfile.TemporaryDirectory(prefix="pickled-") as directory:
        server, address, key = start_server(
            os.path.join(options.bin, "pickled"), options.tcp, directory)
        try:
            current_process().authkey = key
            manager = SyncManager(address=address, authkey=key)
            manager.connect()
            shared = (manager.list(paths), manager.Lock(), manager.dict(), manager.dict())
            tasks, lock, counts, done = shared
            commands = []
            for python in options.pythons.split(":"):
                source = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                      "word_count_worker.py")
                commands.append(([python, source], "python"))
                commands.append(([os.path.join(options.bin, "word_count_worker")], "c++"))
            with lock:  # all start together, however long an interpreter takes to start
                workers = [start_worker(command, f"{kind}-{number}", key, shared)
                           for number, (command, kind) in enumerate(commands, 1)]
                while len(done) < len(workers) and not any(map(subprocess.Popen.poll, workers)):
                    time.sleep(0.01)
            show_progress(done, workers, len(paths))
            failed = [worker.args for worker in workers if worker.returncode != 0]
            if failed:
                sys.exit(f"word_count: these workers failed: {failed}")
            return 0 if report(counts, done, paths) else 1
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    sys.exit(main())
