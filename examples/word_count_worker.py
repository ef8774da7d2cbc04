# SPDX-License-Identifier: BSL-1.0
"""A worker of the word count, stock CPython: no package of ours.

Reads two pickles from stdin: the authkey, and with its help (tasks, lock, counts, done), the proxies
of the shared objects as any manager's client pickles them. Usage: word_count_worker.py NAME
"""

import collections
import multiprocessing
import platform
import pickle
import re
import sys

WORD = re.compile(rb"[A-Za-z]+")


def count_words(path):
    with open(path, "rb") as file:
        return collections.Counter(
            word.lower().decode() for word in WORD.findall(file.read()))


def main():
    name = sys.argv[1]
    authkey = pickle.load(sys.stdin.buffer)
    multiprocessing.current_process().authkey = authkey
    tasks, lock, counts, done = pickle.load(sys.stdin.buffer)
    language = "CPython " + platform.python_version()
    files = 0
    done[name] = (language, files)  # here, and ready to start
    while True:
        with lock:
            if len(tasks) == 0:
                break
            path = tasks.pop(0)
        counted = count_words(path)
        with lock:
            before = counts.copy()
            counts.update({word: before.get(word, 0) + n for word, n in counted.items()})
            files += 1
            done[name] = (language, files)


if __name__ == "__main__":
    main()
