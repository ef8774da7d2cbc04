# SPDX-License-Identifier: BSL-1.0
"""What a worker tells about itself, to people and to Python."""

import importlib.util
import inspect
import os
import subprocess
import sys
import tempfile
import unittest

from interop.workers.running import JOBS, stubs


def run(*arguments):
    return subprocess.run([JOBS, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True)


class WorkerProgram(unittest.TestCase):
    def test_stubs_are_a_module(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "jobs.py")
            with open(path, "wb") as file:
                file.write(stubs(JOBS))
            spec = importlib.util.spec_from_file_location("jobs", path)
            jobs = importlib.util.module_from_spec(spec)
            sys.modules["jobs"] = jobs  # where dataclasses look for it
            self.addCleanup(sys.modules.pop, "jobs")
            spec.loader.exec_module(jobs)
        self.assertEqual(str(inspect.signature(jobs.power)),
                         "(base: 'int', exponent: 'int' = 2) -> 'int'")
        self.assertEqual(jobs.square.__doc__, "n times n.")
        self.assertIn("jobs_worker", jobs.__doc__)
        with self.assertRaisesRegex(RuntimeError, "jobs.square runs in the C\\+\\+ worker"):
            jobs.square(2)

    def test_it_lists_its_functions(self):
        listed = run("--list").stdout.split()
        self.assertIn("jobs.square", listed)
        self.assertEqual(listed, sorted(listed))

    def test_help(self):
        for arguments in ["--help"], []:
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("jobs.square(n: int) -> int\n      n times n.\n", done.stdout)
            self.assertIn("--python-stubs", done.stdout)

    def test_mistakes(self):
        for arguments in ["--lists"], ["--list", "jobs"], ["--python-stubs", "a", "b"]:
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("usage: ", done.stderr)
        done = run("--python-stubs", "shapes")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("no function is of the module shapes: there are jobs", done.stderr)


if __name__ == "__main__":
    unittest.main()
