# SPDX-License-Identifier: BSL-1.0
"""Runs the manager part of CPython's own test._test_multiprocessing against pickled.

`BaseManager.start` is the one thing replaced: it starts `pickled serve` where CPython would start
its own server process. Clients, proxies and tests are the interpreter's, unchanged.

    run.py --program build/dev/bin/pickled [--start-method fork] [--transport unix] [NAME…]

NAME narrows the run to test classes whose name contains it. `--list` prints what is left out, and
why. script/conformance runs this in every way.
"""

import argparse
import json
import multiprocessing.managers
import os
import subprocess
import sys
import tempfile
import unittest
from multiprocessing import util

import stock_tests

POOL = "a Pool imports and calls the functions that it is sent"
# What a server that runs no Python cannot do, by test class or test, and why.
EXCLUDED = {
    "WithManagerTestPool": POOL,
    "TestSyncManagerTypes.test_pool": POOL,
    "WithManagerTestMyManager":
        "registers classes and generators written in Python",
    "TestInitializers.test_manager_initializer":
        "calls a Python function in the server",
    "WithManagerTestBarrier.test_action":
        "gives the barrier a Python function to call",
}
# What only iterators that are proxies can do.
EXCLUDED_WITH_SNAPSHOTS = {
    "WithManagerTestContainers.test_dict_iter":
        "changes a dict and expects an iterator made before to fail: passes with --iterators proxy",
}

# Callables that the tests register and whose result is one of our own types.
NAMED = {"get_queue": {"type": "Queue"}}

PREFIXES = ("WithManager",)
CLASSES = ("TestSyncManagerTypes", "TestManagerExceptions", "TestInitializers",
           "WithProcessesTestManagerRestart")


class ServerProcess:
    """The part of multiprocessing.Process that managers and tests use, for a program."""

    def __init__(self, command, environment):
        self._popen = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)

    pid = ident = property(lambda self: self._popen.pid)
    name = "pickled"

    def readiness_line(self):
        return self._popen.stdout.readline().decode().strip()

    @property
    def exitcode(self):
        return self._popen.poll()

    def is_alive(self):
        return self._popen.poll() is None

    def join(self, timeout=None):
        try:
            self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            return
        self._popen.stdout.close()

    def terminate(self):
        self._popen.terminate()

    def kill(self):
        self._popen.kill()


def listen_option(address, transport):
    """--address for the address that a test asked for, or for none."""
    if isinstance(address, tuple):
        return "%s:%d" % (address[0] or "0.0.0.0", address[1])
    if isinstance(address, str):
        return "unix:" + address
    if transport == "tcp":
        return "127.0.0.1:0"
    return "unix:" + os.path.join(tempfile.mkdtemp(dir=util.get_temp_dir()), "socket")


def client_address(line):
    if line.startswith("unix:"):
        return line[len("unix:"):]
    host, port = line.rsplit(":", 1)
    return (host, int(port))


def make_start(program, transport, iterators):
    stock_start = multiprocessing.managers.BaseManager.start

    def start(self, initializer=None, initargs=()):
        if initializer is not None:
            # Checked before anything is started; no test that is run gets further.
            return stock_start(self, initializer, initargs)
        standard = multiprocessing.managers.SyncManager._registry
        objects = {}
        for typeid in self._registry:
            if typeid not in standard:
                objects[typeid] = NAMED[typeid]
        command = [program, "serve", "--ignore-sigint", "--iterators", iterators,
                   "--address", listen_option(self._address, transport)]
        if objects:
            config = os.path.join(tempfile.mkdtemp(dir=util.get_temp_dir()), "config.json")
            with open(config, "w") as file:
                json.dump({"objects": objects}, file)
            command += ["--config", config]
        environment = dict(os.environ, PICKLED_AUTHKEY_HEX=bytes(self._authkey).hex())
        self._process = ServerProcess(command, environment)
        line = self._process.readiness_line()
        if not line:
            raise EOFError
        self._address = client_address(line)
        self._state.value = multiprocessing.managers.State.STARTED
        args = (self._process, self._address, self._authkey, self._state, self._Client)
        if hasattr(self, "_shutdown_timeout"):
            args += (self._shutdown_timeout,)
        self.shutdown = util.Finalize(self, type(self)._finalize_manager, args=args,
                                      exitpriority=0)

    return start


def excluded(case, reasons):
    """Why a test is left out, or None."""
    name = type(case).__name__
    return reasons.get(name) or reasons.get(name + "." + case._testMethodName)


def select(wanted, reasons):
    """The tests of the manager part, and the names left out."""
    suite, left_out = unittest.TestSuite(), {}
    for name, cls in sorted(globals().items()):
        if not (isinstance(cls, type) and issubclass(cls, unittest.TestCase)):
            continue
        if not (name.startswith(PREFIXES) or name in CLASSES):
            continue
        if wanted and not any(part in name for part in wanted):
            continue
        for case in unittest.defaultTestLoader.loadTestsFromTestCase(cls):
            reason = excluded(case, reasons)
            if reason:
                left_out[case.id().split(".", 1)[-1]] = reason
            else:
                suite.addTest(case)
    return suite, left_out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--start-method", default="fork", choices=["fork", "spawn", "forkserver"])
    parser.add_argument("--transport", default="unix", choices=["unix", "tcp"])
    parser.add_argument("--iterators", default="snapshot", choices=["snapshot", "proxy"])
    parser.add_argument("--list", action="store_true", help="print what is left out, and stop")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()

    os.environ["PICKLED_START_METHOD"] = options.start_method
    stock_tests.install_or_exit(globals(), options.start_method)
    reasons = dict(EXCLUDED)
    if options.iterators == "snapshot":
        reasons.update(EXCLUDED_WITH_SNAPSHOTS)
    suite, left_out = select(options.names, reasons)
    for name, reason in sorted(left_out.items()):
        print("left out: %s: %s" % (name, reason))
    if options.list:
        return 0
    multiprocessing.managers.BaseManager.start = make_start(
        os.path.abspath(options.program), options.transport, options.iterators)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    return stock_tests.exit_status(result, left_out)


if __name__ == "__main__":
    sys.exit(main())
else:  # a spawned child, which needs the classes of the tests
    stock_tests.install(globals(), os.environ["PICKLED_START_METHOD"])
