# SPDX-License-Identifier: BSL-1.0
"""The C++ proxies against our own server."""

import os
import subprocess
import tempfile
import unittest

from interop.proxy import AUTHKEY, run
from interop.serving import PROGRAM, Server


class OurServer(unittest.TestCase):
    def check(self, transport):
        with Server(transport=transport, authkey=AUTHKEY) as server:
            run("proxy_integration", "~[named]~[numpy]", address=server.address)
            run("async_integration", address=server.address)
            self.assertEqual(server.manager()._number_of_objects(), 0)

    def test_unix(self):
        self.check("unix")

    def test_tcp(self):
        self.check("tcp")

    def test_end_of_file(self):
        """A server that a program started ends some time after that program, and leaves nothing."""
        directory = tempfile.mkdtemp()
        server = subprocess.Popen([PROGRAM, "serve", "--until-eof", "--address",
                                   f"unix:{directory}/socket"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  env=dict(os.environ, PICKLED_AUTHKEY="key"))
        with server:
            server.stdout.readline()
            server.stdin.write(b"is not looked at")
            server.stdin.flush()
            self.assertIsNone(server.poll())
            server.stdin.close()
            self.assertEqual(server.wait(60), 0)
        self.assertFalse(os.path.exists(directory))

    def test_shutdown(self):
        with Server(authkey=AUTHKEY) as server:
            run("proxy_shutdown", address=server.address)
            self.assertEqual(server.process.wait(30), 0)


if __name__ == "__main__":
    unittest.main()
