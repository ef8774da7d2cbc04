# SPDX-License-Identifier: BSL-1.0
"""Programs of stock Python whose pools and processes run in a C++ worker."""

import os
import subprocess
import tempfile

from interop.process.test_spawn import Program as SpawnProgram
from interop.process.test_spawn import ROOT, Run
from interop.serving import BIN

__all__ = ["BIN", "JOBS", "Program", "ROOT", "Run", "stubs"]

JOBS = os.path.abspath(os.path.join(BIN, "jobs_worker"))

# `jobs` is what the worker itself wrote; the functions under it are Python's alone.
PRELUDE = """
import multiprocessing, multiprocessing.pool, os, signal, sys, time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
import jobs

context = multiprocessing.get_context('spawn')
context.set_executable(%r)

def native(pid):
    return os.path.basename(os.readlink('/proc/%%d/exe' %% pid)) == 'jobs_worker'

def alive(pid):
    try:
        with open('/proc/%%d/stat' %% pid) as file:
            return file.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return False

def await_true(condition, *args):
    deadline = time.monotonic() + 60
    while not condition(*args):
        assert time.monotonic() < deadline
        time.sleep(0.01)

def raises(exception, function, *args, **kwds):
    try:
        function(*args, **kwds)
    except exception as e:
        return e
    raise AssertionError('no %%s' %% exception)

def exists(semaphore):
    return os.path.exists('/dev/shm/sem.' + semaphore[1:])
""" % JOBS


def stubs(program):
    return subprocess.run([program, "--python-stubs"], check=True, stdout=subprocess.PIPE).stdout


class Program(SpawnProgram):
    """Test cases whose programs import `jobs`."""

    @classmethod
    def setUpClass(cls):
        cls.modules = tempfile.TemporaryDirectory(prefix="pickled-")
        with open(os.path.join(cls.modules.name, "jobs.py"), "wb") as file:
            # A function that no worker has comes besides.
            file.write(stubs(JOBS) + b"\n\ndef missing(*args):\n    pass\n")

    @classmethod
    def tearDownClass(cls):
        cls.modules.cleanup()

    def run_program(self, source, **options):
        return Run(source, prelude=PRELUDE, PYTHONPATH=self.modules.name,
                   PYTHONDONTWRITEBYTECODE="1", **options)

    def succeeds(self, source, **options):
        run = self.run_program(source, **options)
        self.assertEqual((run.code, run.err, run.left), (0, "", []), run.out)
        return run
