# SPDX-License-Identifier: BSL-1.0
"""The C++ proxies against our own server."""

import unittest

from interop.proxy import AUTHKEY, run
from interop.serving import Server


class OurServer(unittest.TestCase):
    def check(self, transport):
        with Server(transport=transport, authkey=AUTHKEY) as server:
            run("proxy_integration", "~[named]~[numpy]", address=server.address)
            self.assertEqual(server.manager()._number_of_objects(), 0)

    def test_unix(self):
        self.check("unix")

    def test_tcp(self):
        self.check("tcp")

    def test_shutdown(self):
        with Server(authkey=AUTHKEY) as server:
            run("proxy_shutdown", address=server.address)
            self.assertEqual(server.process.wait(30), 0)


if __name__ == "__main__":
    unittest.main()
