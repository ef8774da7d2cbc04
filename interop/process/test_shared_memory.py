# SPDX-License-Identifier: BSL-1.0
"""What needs /dev/shm, where there is none, and where it is full.

Each program runs in mounts of its own.
"""

import os
import subprocess
import sys
import unittest

from interop.serving import BIN
from interop.workers.running import JOBS

WORKERS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "workers")
UNSHARE = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
NONE = "mount -t tmpfs none /dev"
FULL = ("mount -t tmpfs -o size=8k none /dev/shm && "
        "! head -c 1M /dev/zero >/dev/shm/filler 2>/dev/null")


def run(mounts, *command):
    environment = dict(os.environ, PICKLED_PYTHON=sys.executable, PICKLED_JOBS_WORKER=JOBS,
                       PYTHONPATH=WORKERS, PYTHONDONTWRITEBYTECODE="1")
    return subprocess.run(UNSHARE + ["sh", "-c", mounts + ' && exec "$@"', "sh"] + list(command),
                          env=environment, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class SharedMemory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ran = run(NONE, "true")
        if ran.returncode != 0:
            raise unittest.SkipTest("nothing can be mounted here: %s" % ran.stdout.decode())

    def check(self, mounts, tests):
        ran = run(mounts, os.path.join(BIN, "pool_integration"), tests)
        output = ran.stdout.decode(errors="replace")
        self.assertEqual(ran.returncode, 0, output)
        self.assertIn("All tests passed", output)

    def test_there_is_none(self):
        self.check(NONE, "[.no_shm]")

    def test_it_is_full(self):
        self.check(FULL, "[.full_shm]")

    def test_pools_need_none(self):
        self.check(NONE, "tasks go to who can run them")
        self.check(FULL, "tasks go to who can run them")


if __name__ == "__main__":
    unittest.main()
