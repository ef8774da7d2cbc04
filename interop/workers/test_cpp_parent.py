# SPDX-License-Identifier: BSL-1.0
"""Pools and processes that C++ starts: tests/integration/pool.cpp and process.cpp."""

import os
import signal
import subprocess
import sys
import time
import unittest

from interop.workers.running import BIN, JOBS


class CppParent(unittest.TestCase):
    def run_tests(self, tag):
        environment = dict(os.environ, PICKLED_PYTHON=sys.executable, PICKLED_JOBS_WORKER=JOBS,
                           PYTHONPATH=os.path.dirname(os.path.abspath(__file__)),
                           PYTHONDONTWRITEBYTECODE="1")
        return subprocess.run([os.path.join(BIN, "pool_integration"), tag], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)

    def check(self, tag):
        ran = self.run_tests(tag)
        output = ran.stdout.decode(errors="replace")
        self.assertEqual(ran.returncode, 0, output)

    def test_pool(self):
        self.check("[pool]")

    def test_process(self):
        self.check("[process]")

    def test_the_parent_is_killed(self):
        # Its workers, one of either kind busy for five minutes, go with it: they are the last that
        # have the output open.
        begun = time.monotonic()
        ran = self.run_tests("[.parent]")
        self.assertEqual(ran.returncode, -signal.SIGKILL, ran.stdout)
        self.assertLess(time.monotonic() - begun, 120)


if __name__ == "__main__":
    unittest.main()
