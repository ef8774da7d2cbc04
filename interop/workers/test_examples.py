# SPDX-License-Identifier: BSL-1.0
"""The examples with workers print what their READMEs and comments promise."""

import os
import subprocess
import sys
import tempfile
import unittest

from interop.workers.running import BIN, ROOT, stubs

EXAMPLES = os.path.join(ROOT, "examples")


def program(name):
    return os.path.abspath(os.path.join(BIN, name))


class Examples(unittest.TestCase):
    def run_command(self, command, **variables):
        environment = dict(os.environ, PICKLED_PYTHON=sys.executable,
                           PYTHONDONTWRITEBYTECODE="1", **variables)
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def check_python(self, script, worker, module, expected):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, module + ".py"), "wb") as file:
                file.write(stubs(program(worker)))
            done = self.run_command([sys.executable, os.path.join(EXAMPLES, script),
                                     program(worker)], PYTHONPATH=directory)
        self.assertEqual((done.stdout, done.stderr), (expected, ""))

    def test_shapes_pool(self):
        self.check_python("shapes_pool.py", "shapes_worker", "shapes", "[2.0, 12.0, 30.0]\n")

    def test_pool_initializer(self):
        self.check_python("pool_initializer.py", "dice_worker", "dice", "[20, 20, 20, 20]\n")

    def test_pool_exceptions(self):
        self.check_python("pool_exceptions.py", "dice_worker", "dice", (
            "ValueError: a negative number of dice\nin dice.throw\n"
            "TypeError: throw() argument 'count': expected int, got str\nin dice.throw\n"
            "TypeError: throw() takes from 0 to 1 positional argument but 2 were given\n"
            "in dice.throw\n3\n"))

    def test_exit_codes(self):
        self.check_python("exit_codes.py", "dice_worker", "dice",
                          "sides 0\nleave 3\nabort -6\n")

    def test_pool_seeds(self):
        self.check_python("pool_seeds.py", "dice_worker", "dice", "True\n12\n")

    def test_pool_chunksize(self):
        self.check_python("pool_chunksize.py", "dice_worker", "dice", (
            "chunks of 1: 100 tasks\nchunks of 25: 4 tasks\nchunks of 100: 1 tasks\n"))

    def test_mixed_pool(self):
        done = self.run_command([program("mixed_pool"), program("shapes_worker")])
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout.splitlines()[:4],
                         ["1", "2", "3", "2432902008176640000"])
        # From 3.13 on its text names the end of the input.
        self.assertTrue(done.stdout.splitlines()[4].startswith("json.decoder.JSONDecodeError: "))

    def test_pool_demo(self):
        with tempfile.TemporaryDirectory() as directory:
            paths = []
            for number in range(12):
                paths.append(os.path.join(directory, str(number)))
                with open(paths[-1], "w") as file:
                    file.write("one two\nTwo %d" % number)
            done = self.run_command([program("pool_demo"), *paths])
        lines = done.stdout.splitlines()
        self.assertEqual(lines[-1], "One process alone gives the same.")
        self.assertRegex(lines[-2], r"^12 files, 1\d\d bytes compressed to \d+, 2 different words$")
        tasks = {"C++": 0, "CPython": 0}
        for line in lines[1:-3]:
            _, kind, count = line.split()
            tasks[kind] += int(count)
        self.assertEqual(tasks, {"C++": 12, "CPython": 12})
        self.assertIn("12/12, 0 failed", done.stderr)


if __name__ == "__main__":
    unittest.main()
