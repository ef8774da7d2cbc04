# SPDX-License-Identifier: BSL-1.0
"""What CPython refuses the codec refuses for the same reason, and it takes what CPython takes."""

import os
import pickletools
import random
import tempfile
import unittest

from interop.codec import verdict
from tests.fuzz import corpus

COUNT = 5000
MAX_BYTES = 3000
OPCODES = [code.code.encode("latin-1") for code in pickletools.opcodes]


def mutated(seeds, chance):
    """One of the seeds with one to three mistakes in it."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(data) + 1)
        other = chance.choice(seeds)
        piece = chance.randrange(len(other))
        data[place:place + chance.randrange(3)] = chance.choice([
            b"", chance.choice(OPCODES), bytes([chance.randrange(256)]),
            other[piece:piece + chance.randrange(1, 20)], bytes(data[:place])])
        if chance.random() < 0.1:
            del data[place:]
    return bytes(data)


class Verdict(unittest.TestCase):
    def check(self, pickles):
        with verdict.Judges() as judges:
            differences = list(filter(None, map(judges.compare, pickles)))
        self.assertFalse(differences, differences[:10])
        return judges.agreed

    def test_seeds_and_mutations(self):
        with tempfile.TemporaryDirectory() as directory:
            corpus.write_pickles(directory)
            seeds = [data for _, data in verdict.files([directory])]
        self.assertEqual(set(self.check(seeds)), {"ok"})
        seeds = [data for data in seeds if len(data) <= MAX_BYTES]
        chance = random.Random(1)
        agreed = self.check(mutated(seeds, chance) for _ in range(COUNT))
        self.assertGreater(agreed["ok"], COUNT // 20)
        self.assertLess(agreed["unknown"], COUNT // 50)
        self.assertGreater(len(agreed), 5)


if __name__ == "__main__":
    unittest.main()
