# SPDX-License-Identifier: BSL-1.0
"""Starts the server under test as a user would, and waits for its readiness line."""

import os
import shutil
import signal
import subprocess
import tempfile
from multiprocessing.connection import Client
from multiprocessing.managers import SyncManager, dispatch

BIN = os.environ.get("PICKLED_BIN", os.path.join("build", "dev", "bin"))
PROGRAM = os.path.join(BIN, "pickled")
AUTHKEY = b"interop tests"


def client_address(text):
    """The address of a readiness line as `multiprocessing` takes it."""
    if text.startswith("unix:"):
        return text[len("unix:"):]
    host, port = text.rsplit(":", 1)
    return (host, int(port))


class Server:
    """A `pickled serve` process for the length of a `with` block.

    `transport` is "unix" or "tcp"; further `options` go to the command line. Its log is in the
    file `log`, and `stop()` returns the exit code.
    """

    def __init__(self, *options, transport="unix", authkey=AUTHKEY):
        self.directory = tempfile.mkdtemp(prefix="pickled-")
        self.socket = os.path.join(self.directory, "socket")
        self.log = os.path.join(self.directory, "log")
        self.authkey = authkey
        address = "unix:" + self.socket if transport == "unix" else "127.0.0.1:0"
        environment = dict(os.environ, PICKLED_AUTHKEY_HEX=authkey.hex())
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", "--address", address, *options],
                stdout=subprocess.PIPE, stderr=log, env=environment)
        line = self.process.stdout.readline().decode().strip()
        if not line:
            self.process.wait()
            raise RuntimeError("the server did not start:\n" + self.logged())
        self.address = client_address(line)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()
        shutil.rmtree(self.directory)

    def manager(self, manager_class=SyncManager):
        """A stock manager, connected."""
        manager = manager_class(address=self.address, authkey=self.authkey)
        manager.connect()
        return manager

    def account(self):
        """What the server says that it holds: {"objects": …, "bytes": …}."""
        with Client(self.address, authkey=self.authkey) as connection:
            return dispatch(connection, None, "status")

    def logged(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError("the server did not stop:\n" + self.logged())
        self.process.stdout.close()
        return code
