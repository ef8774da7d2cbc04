"""Pools and processes that C++ starts: tests/integration/pool.cpp and process.cpp."""

import os
import subprocess
import sys
import unittest

from interop.workers.running import BIN, JOBS


class CppParent(unittest.TestCase):
    def check(self, tag):
        environment = dict(os.environ, PICKLED_PYTHON=sys.executable, PICKLED_JOBS_WORKER=JOBS,
                           PYTHONPATH=os.path.dirname(os.path.abspath(__file__)),
                           PYTHONDONTWRITEBYTECODE="1")
        ran = subprocess.run([os.path.join(BIN, "pool_integration"), tag], env=environment,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
        output = ran.stdout.decode(errors="replace")
        self.assertEqual(ran.returncode, 0, output)

    def test_pool(self):
        self.check("[pool]")

    def test_process(self):
        self.check("[process]")


if __name__ == "__main__":
    unittest.main()
