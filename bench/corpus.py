# SPDX-License-Identifier: BSL-1.0
"""Writes the corpus of the codec's benchmarks, the same one every time.

Usage: corpus.py DIRECTORY

A pickle at protocol 4 for each kind of data, the document as JSON too, and requests.pickles:
requests to a manager, each with its length in four bytes before it.
"""

import json
import os
import pickle
import random
import struct
import sys

PROTOCOL = 4


class Particle:
    """Its state is a dict."""

    def __init__(self, number, mass, name):
        self.number = number
        self.mass = mass
        self.name = name


class Slotted:
    """Its state is (None, dict), as copyreg has it."""

    __slots__ = "number", "mass", "name"

    def __init__(self, number, mass, name):
        self.number = number
        self.mass = mass
        self.name = name


def word(rng, shortest=3, longest=12):
    letters = "abcdefghijklmnopqrstuvwxyz"
    return "".join(rng.choices(letters, k=rng.randint(shortest, longest)))


def document(rng, records=24_400):
    """What a JSON service might return: about a million objects, keys not counted."""
    return [{
        "id": number,
        "name": word(rng),
        "active": rng.random() < 0.5,
        "parent": None,
        "score": rng.random() * 100,
        "tags": [word(rng) for _ in range(5)],
        "place": {"city": word(rng), "lat": rng.uniform(-90, 90), "lon": rng.uniform(-180, 180)},
        "events": [{"kind": rng.choice(("open", "close", "move")), "at": rng.randrange(1 << 31),
                    "values": [rng.randrange(1000) for _ in range(2)]} for _ in range(4)],
    } for number in range(records)]


def ints(rng, count=1_000_000):
    return [rng.randrange(1 << rng.choice((8, 16, 31, 62))) for _ in range(count)]


def floats(rng, count=1_000_000):
    return [rng.gauss(0, 1) for _ in range(count)]


def strings(rng, count=100_000):
    """One in ten is not ASCII."""
    return [word(rng, 4, 60) + ("é≠" if rng.random() < 0.1 else "") for _ in range(count)]


def tuples(rng, count=200_000):
    return {number: (word(rng), number * 2, rng.random()) for number in range(count)}


def instances(rng, cls, count=100_000):
    return [cls(number, rng.random(), word(rng)) for number in range(count)]


def big_bytes(rng, size=100_000_000):
    return rng.randbytes(1 << 20) * (size >> 20) + bytes(size & 0xfffff)


def request(rng):
    """What a proxy sends for `d[key] = value` or `queue.put(task)`, about 130 bytes."""
    ident = "%016x" % rng.randrange(1 << 64)
    task = {"id": rng.randrange(1 << 20), "name": word(rng), "weight": rng.random(),
            "done": False, "path": [rng.randrange(256), rng.randrange(256)]}
    if rng.random() < 0.5:
        return ident, "__setitem__", ("task-%d" % rng.randrange(100_000), task), {}
    return ident, "put", ((word(rng), task), True, None), {}


def values():
    """Name and value of everything but the requests, made one after the other."""
    rng = random.Random(20)
    yield "document", document(rng)
    yield "ints", ints(rng)
    yield "floats", floats(rng)
    yield "strings", strings(rng)
    yield "tuples", tuples(rng)
    yield "instances", instances(rng, Particle)
    yield "slotted", instances(rng, Slotted)
    yield "bytes", big_bytes(rng)


def write(directory):
    os.makedirs(directory, exist_ok=True)
    for name, value in values():
        with open(os.path.join(directory, name + ".pickle"), "wb") as file:
            pickle.dump(value, file, PROTOCOL)
        if name == "document":
            with open(os.path.join(directory, "document.json"), "w") as file:
                json.dump(value, file, separators=(",", ":"))
    rng = random.Random(21)
    with open(os.path.join(directory, "requests.pickles"), "wb") as file:
        for _ in range(100_000):
            message = pickle.dumps(request(rng), PROTOCOL)
            file.write(struct.pack("<I", len(message)) + message)


def read_requests(directory):
    with open(os.path.join(directory, "requests.pickles"), "rb") as file:
        content = file.read()
    requests = []
    at = 0
    while at < len(content):
        size, = struct.unpack_from("<I", content, at)
        requests.append(content[at + 4:at + 4 + size])
        at += 4 + size
    return requests


if __name__ == "__main__":
    import corpus  # under its own name, which the pickled classes have

    corpus.write(sys.argv[1])
