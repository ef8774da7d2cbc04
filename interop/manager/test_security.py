# SPDX-License-Identifier: BSL-1.0
"""Keys, refused globals, and what clients may not do."""

import collections
import copyreg
import os
import pickle
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import unittest
from decimal import Decimal
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from multiprocessing.managers import RemoteError, SyncManager, dispatch

from interop.serving import AUTHKEY, Server


class Called:
    """Pickles as a call of `function(*args)`."""

    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


class Extended:
    pass


class Globals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--allow-globals", "collections.OrderedDict", "decimal.*",
                            "builtins.*", "interop.*")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def setUp(self):
        self.manager = self.server.manager()
        self.stored = self.manager.list()

    def refuses(self, value, text):
        with self.assertRaisesRegex(RemoteError, text):
            self.stored.append(value)
        self.assertEqual(len(self.stored), 0)

    def test_what_is_named_is_allowed(self):
        for value in (collections.OrderedDict(a=1), Decimal("1.5"), ValueError("x")):
            self.stored.append(value)
        self.assertEqual(self.stored[1], Decimal("1.5"))

    def test_what_is_not_is_refused_by_name(self):
        self.refuses(Called(os.system, "true"), r"(posix|os)\.system is not allowed")
        self.refuses([{"a": collections.Counter}], "collections.Counter is not allowed")

    def test_no_wildcard_matches_functions_of_builtins(self):
        self.refuses(Called(getattr, 1, "real"), "builtins.getattr is not allowed")
        self.refuses(Called(eval, "1"), "builtins.eval is not allowed")

    def test_no_wildcard_matches_a_dotted_name(self):
        request = pickle.dumps((self.stored._token.id, "append", (Decimal,), {}), 4)
        dotted = request.replace(b"\x8c\x07Decimal", b"\x8c\x07sys.ext")
        self.assertNotEqual(dotted, request)
        connection = Client(self.server.address, authkey=AUTHKEY)
        dispatch(connection, None, "accept_connection", ("test",))
        connection.send_bytes(dotted)
        kind, text = connection.recv()
        connection.close()
        self.assertEqual(kind, "#TRACEBACK")
        self.assertIn("decimal.sys.ext is not allowed", text)

    def test_extension_codes_are_refused(self):
        copyreg.add_extension(__name__, "Extended", 200)
        self.addCleanup(copyreg.remove_extension, __name__, "Extended", 200)
        self.refuses(Extended, "extension code 200 is not allowed")

    def test_what_proxies_send_is_allowed(self):
        self.stored.extend([3, 1, 2])
        self.assertEqual(self.stored[1:], [1, 2])
        self.stored.sort(key=abs)
        self.stored[:2] = iter([5])
        d, q = self.manager.dict(), self.manager.Queue()
        for proxy in (d, q, self.manager.Lock(), self.manager.Namespace(),
                      self.manager.Value("i", 1), self.manager.Array("i", [1])):
            self.stored.append(proxy)
        self.stored[2]["a"] = 1
        self.assertEqual(list(d), ["a"])

    def test_create_is_looked_at_as_well(self):
        with self.assertRaisesRegex(RemoteError, "is not allowed"):
            self.manager.list([Called(os.system, "true")])


class Keys(unittest.TestCase):
    def test_rotation(self):
        directory = tempfile.mkdtemp(prefix="pickled-")
        self.addCleanup(shutil.rmtree, directory)
        options = []
        for name in ("new", "old"):
            path = os.path.join(directory, name)
            with open(path, "wb") as file:
                file.write(name.encode() + b" key\n")
            options += ["--authkey-file", path]
        with Server(*options) as server:
            for key in (b"new key", b"old key"):
                manager = SyncManager(server.address, authkey=key)
                manager.connect()
                self.assertEqual(manager.list([1])[:], [1])
            with self.assertRaises(AuthenticationError):
                SyncManager(server.address, authkey=b"other").connect()

    def test_nested_proxies_need_no_key_of_the_process(self):
        program = (
            "import sys\n"
            "from multiprocessing.managers import SyncManager\n"
            "manager = SyncManager(eval(sys.argv[1]), authkey=%r)\n"
            "manager.connect()\n"
            "outer = manager.list([manager.dict(a=1)])\n"
            "print(outer[0]['a'])\n" % AUTHKEY)
        for transport in "unix", "tcp":
            with Server(transport=transport) as server:
                out = subprocess.check_output([sys.executable, "-c", program,
                                               repr(server.address)], timeout=60)
                self.assertEqual(out, b"1\n")


class Rest(unittest.TestCase):
    def test_no_remote_shutdown(self):
        with Server("--no-remote-shutdown") as server:
            connection = Client(server.address, authkey=AUTHKEY)
            with self.assertRaisesRegex(RemoteError, "PermissionError"):
                dispatch(connection, None, "shutdown")
            connection.close()
            self.assertEqual(server.manager().list([1])[:], [1])

    def test_socket_mode(self):
        for mode in 0o600, 0o660:
            with Server("--socket-mode", "%04o" % mode) as server:
                self.assertEqual(stat.S_IMODE(os.stat(server.socket).st_mode), mode)

    def test_ctrl_c_is_left_to_the_clients(self):
        with Server("--ignore-sigint") as server:
            server.process.send_signal(signal.SIGINT)
            self.assertEqual(server.manager().list([1])[:], [1])
            self.assertIsNone(server.process.poll())

    def test_remote_tracebacks(self):
        for options in ((), ("--remote-tracebacks",)):
            with Server(*options) as server:
                d = server.manager().dict()
                with self.assertRaises(KeyError) as raised:
                    d["absent"]
                self.assertEqual(raised.exception.args, ("absent",))
                cause = raised.exception.__cause__
                self.assertEqual(cause is not None, bool(options))
                if cause is not None:
                    self.assertEqual(type(cause).__name__, "RemoteTraceback")
                    self.assertIn("dict.__getitem__, of object " + d._token.id, str(cause))
                    self.assertIn("KeyError: 'absent'", str(cause))


if __name__ == "__main__":
    unittest.main()
