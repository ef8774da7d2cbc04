# SPDX-License-Identifier: BSL-1.0
"""The command line of `pickled serve`: keys, addresses, output, endings."""

import fcntl
import os
import pickle
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import unittest
from multiprocessing import resource_tracker
from multiprocessing.managers import SharedMemoryManager, SyncManager, dispatch

from interop.serving import PROGRAM, client_address

F_SETPIPE_SZ = 1031  # fcntl has it since 3.10
DOCUMENT = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "operating.md")


class Program:
    """`pickled serve` with just these options and variables, its log captured."""

    def __init__(self, *options, **variables):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PICKLED_")}
        environment.update(variables)
        self.process = subprocess.Popen([PROGRAM, "serve", *options], env=environment,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def ready(self, addresses=1):
        return [self.process.stdout.readline().decode().rstrip("\n") for _ in range(addresses)]

    def end(self, how=signal.SIGTERM):
        """Exit code, the rest of stdout, and stderr."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out.decode(), err.decode()

    def failure(self):
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out.decode(), err.decode()


def connects(address, authkey):
    manager = SyncManager(client_address(address), authkey=authkey)
    manager.connect()
    return manager.Lock().acquire()


class Serve(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="pickled-")
        self.addCleanup(shutil.rmtree, self.directory)

    def path(self, name, content=None):
        path = os.path.join(self.directory, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return path

    def serves_with(self, authkey, *options, **variables):
        program = Program(*options, **variables)
        (address,) = program.ready()
        try:
            self.assertTrue(connects(address, authkey))
        finally:
            code, out, err = program.end()
        self.assertEqual((code, out), (0, ""))
        return err

    def refuses(self, text, *options, **variables):
        code, out, err = Program(*options, **variables).failure()
        self.assertNotEqual(code, 0)
        self.assertEqual(out, "")
        self.assertIn(text, err)

    def test_key_from_a_file_less_its_newline(self):
        key = self.path("key", b"\x00from a file\n")
        self.serves_with(b"\x00from a file", "--authkey-file", key, PICKLED_AUTHKEY="other")

    def test_key_from_the_environment(self):
        self.serves_with(b"text", PICKLED_AUTHKEY="text")
        self.serves_with(b"\x00\xff", PICKLED_AUTHKEY_HEX="00ff")

    def test_random_key_in_a_private_file(self):
        program = Program(XDG_RUNTIME_DIR=self.directory)
        (address,) = program.ready()
        (name,) = os.listdir(self.directory)
        path = os.path.join(self.directory, name)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path, "rb") as file:
            self.assertTrue(connects(address, file.read().rstrip(b"\n")))
        code, out, err = program.end()
        self.assertEqual((code, out), (0, ""))
        self.assertIn(path, err)
        self.assertEqual(os.listdir(self.directory), [])

    def test_default_address_is_loopback(self):
        program = Program(PICKLED_AUTHKEY="k")
        (address,) = program.ready()
        self.assertRegex(address, r"^127\.0\.0\.1:[1-9][0-9]*$")
        self.assertEqual(program.end()[0], 0)

    def test_several_addresses_in_order(self):
        socket = self.path("socket")
        program = Program("--address", "unix:" + socket, "--address", "127.0.0.1:0",
                          PICKLED_AUTHKEY="k")
        first, second = program.ready(2)
        self.assertEqual(first, "unix:" + socket)
        self.assertTrue(connects(first, b"k"))
        self.assertTrue(connects(second, b"k"))
        self.assertEqual(program.end(signal.SIGINT)[:2], (0, ""))
        self.assertFalse(os.path.exists(socket))

    def test_a_terminal_that_is_closed(self):
        program = Program("--address", "unix:" + self.path("socket"), XDG_RUNTIME_DIR=self.directory)
        program.ready()
        self.assertEqual(program.end(signal.SIGHUP)[:2], (0, ""))
        self.assertNotIn("socket", os.listdir(self.directory))
        self.assertEqual([n for n in os.listdir(self.directory) if "key" in n], [])

    def test_a_terminal_that_is_closed_for_nohup(self):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.addCleanup(signal.signal, signal.SIGHUP, signal.SIG_DFL)
        program = Program("--address", "unix:" + self.path("socket"), PICKLED_AUTHKEY="k")
        (address,) = program.ready()
        program.process.send_signal(signal.SIGHUP)
        self.assertTrue(connects(address, b"k"))
        self.assertEqual(program.end()[0], 0)

    def test_service_manager_is_told_when_clients_are_served(self):
        where = self.path("notify")
        for bound, named in (where, where), ("\0" + where, "@" + where):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.bind(bound)
                manager.settimeout(30)
                program = Program(PICKLED_AUTHKEY="k", NOTIFY_SOCKET=named)
                self.assertEqual(manager.recv(100), b"READY=1")
                self.assertTrue(connects(*program.ready(), b"k"))
                self.assertEqual(program.end()[0], 0)

    def test_service_manager_that_has_gone_is_a_warning(self):
        log = self.serves_with(b"k", PICKLED_AUTHKEY="k", NOTIFY_SOCKET=self.path("nowhere"))
        self.assertIn("cannot tell the service manager", log)

    def passed(self, listening, *options):
        """A program that is started with sockets, as a service manager does."""
        start = 'export LISTEN_PID=$$; exec "$0" serve "$@"'
        program = Program.__new__(Program)

        def pass_on():
            for number, each in enumerate(listening, 3):
                os.dup2(each.fileno(), number)

        program.process = subprocess.Popen(
            ["sh", "-c", start, PROGRAM, *options], preexec_fn=pass_on,
            pass_fds=range(3, 3 + len(listening)), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=dict(os.environ, LISTEN_FDS=str(len(listening)), PICKLED_AUTHKEY="k"))
        return program

    def test_sockets_of_a_service_manager(self):
        path = self.path("socket")
        with socket.socket() as tcp, socket.socket(socket.AF_UNIX) as unix:
            tcp.bind(("127.0.0.1", 0))
            unix.bind(path)
            tcp.listen()
            unix.listen()
            at = ["127.0.0.1:%d" % tcp.getsockname()[1], "unix:" + path]
            for _ in range(2):  # the sockets are there for the next one
                # What it is configured for has a socket already.
                program = self.passed([tcp, unix], "--address", "unix:" + path)
                self.assertEqual(program.ready(2), at)
                for address in at:
                    self.assertTrue(connects(address, b"k"))
                self.assertEqual(program.end()[:2], (0, ""))
            self.assertEqual(os.listdir(self.directory), ["socket"])

    def test_descriptors_that_are_no_sockets_to_serve(self):
        with tempfile.TemporaryFile() as file, socket.socket() as silent, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
            for wrong in file, silent, datagrams:
                code, out, err = self.passed([wrong]).failure()
                self.assertEqual((code, out), (1, ""))
                self.assertIn("LISTEN_FDS: descriptor 3 is not a stream socket that listens", err)

    def test_sockets_of_another_process_are_not_taken(self):
        self.serves_with(b"k", PICKLED_AUTHKEY="k", LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))

    def test_replaces_the_socket_of_a_killed_server(self):
        where = "unix:" + self.path("socket")
        program = Program("--address", where, PICKLED_AUTHKEY="k")
        program.ready()
        self.assertEqual(program.end(signal.SIGKILL)[0], -signal.SIGKILL)
        self.serves_with(b"k", "--address", where, PICKLED_AUTHKEY="k")

    def test_one_of_many_servers_gets_a_path(self):
        for _ in range(5):
            where = "unix:" + self.path("raced")
            programs = [Program("--address", where, PICKLED_AUTHKEY="k") for _ in range(8)]
            ready = [program for program in programs if program.ready() != [""]]
            self.assertEqual(len(ready), 1)
            self.assertTrue(connects(where, b"k"))
            for program in programs:
                if program is not ready[0]:
                    code, out, err = program.failure()
                    self.assertEqual((code, out), (1, ""))
                    self.assertIn(where + ": Address already in use", err)
            self.assertEqual(ready[0].end()[:2], (0, ""))
            self.assertEqual(os.listdir(self.directory), [])

    def send_names(self, address, names):
        """Each name as that of a class, to a list; the key is k, and no name is allowed."""
        manager = SyncManager(client_address(address), authkey=b"k")
        manager.connect()
        values = manager.list()

        def text(content):
            return b"X" + len(content).to_bytes(4, "little") + content
        for name in names:
            with manager._Client(manager.address, authkey=b"k") as connection:
                dispatch(connection, None, "accept_connection", ("test",))
                connection.send_bytes(
                    b"\x80\x04(" + text(values._token.id.encode()) + text(b"append") +
                    text(b"module") + text(name.encode()) + b"\x93\x85}t.")
                connection.recv_bytes()
        self.assertEqual(len(values), 0)

    def test_a_log_that_nobody_reads_stops_nothing(self):
        program = Program("--allow-globals", "decimal.Decimal", PICKLED_AUTHKEY="k")
        (address,) = program.ready()
        fcntl.fcntl(program.process.stderr, F_SETPIPE_SZ, 4096)
        self.send_names(address, ["x" * 2000] * 10)
        self.assertTrue(connects(address, b"k"))
        program.process.send_signal(signal.SIGTERM)
        self.assertEqual(program.process.wait(30), 0)
        _, out, err = program.failure()
        self.assertLess(err.count("[warning]"), 10)

    def test_names_of_clients_do_not_end_a_line_of_the_log(self):
        program = Program("--allow-globals", "decimal.Decimal", PICKLED_AUTHKEY="k")
        (address,) = program.ready()
        forged = "[2026-01-01 00:00:00.000] [pickled] [info] all is well"
        self.send_names(address, ["evil\n" + forged, "\x1b[31mred", "x" * 100_000])
        code, out, err = program.end()
        self.assertEqual((code, out), (0, ""))
        lines = err.splitlines()
        self.assertEqual(len(lines), 3)
        self.assertIn("evil\\n" + forged, lines[0])
        self.assertIn("\\x1b[31mred", lines[1])
        self.assertTrue(900 < len(lines[2]) < 1200, len(lines[2]))

    def test_the_log_has_so_many_lines_of_one_peer(self):
        program = Program("--allow-globals", "decimal.Decimal", PICKLED_AUTHKEY="k")
        (address,) = program.ready()
        self.send_names(address, ["name"] * 50)
        code, out, err = program.end()
        self.assertEqual((code, err.count("[warning]")), (0, 10))

    def test_a_peer_that_goes_is_nothing_to_warn_of(self):
        program = Program("--address", "unix:" + self.path("socket"), PICKLED_AUTHKEY="k")
        (address,) = program.ready()
        for received, sent in (0, b""), (10, b""), (1000, b"\0\0"), (1000, b"\0\0\0\4no"):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(client_address(address))
                if received:
                    connection.recv(received)
                connection.send(sent)
        manager = SyncManager(client_address(address), authkey=b"k")
        manager.connect()
        with manager._Client(manager.address, authkey=b"k") as connection:
            dispatch(connection, None, "accept_connection", ("test",))
            connection.send_bytes(pickle.dumps((manager.list([1])._token.id, "pop", (), {})))
        self.assertTrue(connects(address, b"k"))
        self.assertEqual(program.end(), (0, "", ""))

    def test_clients_do_not_hold_up_the_end(self):
        """One reads no reply, one waits for a call that takes long, one for something to come."""
        requests = {"unread": lambda m: (m.list([b"x" * (4 << 20)]), "__getitem__", (0,)),
                    "long": lambda m: (m.list(list(range(3_000_000))), "__repr__", ()),
                    "blocked": lambda m: (m.Queue(), "get", ())}
        for name, request in requests.items():
            with self.subTest(name):
                program = Program(PICKLED_AUTHKEY="k")
                (address,) = program.ready()
                manager = SyncManager(client_address(address), authkey=b"k")
                manager.connect()
                proxy, method, args = request(manager)
                with manager._Client(manager.address, authkey=b"k") as connection:
                    dispatch(connection, None, "accept_connection", ("test",))
                    connection.send((proxy._token.id, method, args, {}))
                    self.assertTrue(connects(address, b"k"))
                    self.assertEqual(program.end()[:2], (0, ""))

    def test_a_second_signal_ends_it_at_once_and_leaves_no_file(self):
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        path = os.path.join(directory, "socket")
        program = Program("--address", "unix:" + path, XDG_RUNTIME_DIR=directory)
        (address,) = program.ready()
        (key,) = (n for n in os.listdir(directory) if not n.startswith("socket"))
        with open(os.path.join(directory, key), "rb") as file:
            authkey = file.read().rstrip(b"\n")
        manager = SyncManager(path, authkey=authkey)
        manager.connect()
        large = manager.list([b"x" * (4 << 20)])
        with manager._Client(path, authkey=authkey) as connection:
            dispatch(connection, None, "accept_connection", ("test",))
            connection.send((large._token.id, "__getitem__", (0,), {}))
            self.assertTrue(connection.poll(10))
            # A reply that nobody reads has a second to go out.
            program.process.send_signal(signal.SIGTERM)
            while os.path.exists(path):
                pass
            self.assertEqual(program.end()[0], 128 + signal.SIGTERM)
        self.assertEqual([n for n in os.listdir(directory) if n != "socket.lock"], [])

    def test_segments_of_shared_memory_go_with_the_server(self):
        program = Program(PICKLED_AUTHKEY="k")
        (address,) = program.ready()
        manager = SharedMemoryManager(client_address(address), authkey=b"k")
        manager.connect()
        segments = [manager.SharedMemory(100) for _ in range(2)]
        for segment in segments:
            # The server removes it, and not this process at its end.
            resource_tracker.unregister(segment._name, "shared_memory")
            segment.close()
        paths = ["/dev/shm/" + segment.name for segment in segments]
        with manager._Client(manager.address, authkey=b"k") as connection:
            dispatch(connection, None, "release_segment", (segments[0].name,))
        self.assertEqual([os.path.exists(path) for path in paths], [False, True])
        self.assertEqual(program.end()[:2], (0, ""))
        self.assertEqual([os.path.exists(path) for path in paths], [False, False])

    def test_open_address_needs_a_key(self):
        self.refuses("0.0.0.0:0", "--address", "0.0.0.0:0")
        self.refuses("--authkey-file", "--address", ":0")
        self.serves_with(b"k", "--address", "0.0.0.0:0", PICKLED_AUTHKEY="k")

    def test_the_documents_have_every_option(self):
        shown = subprocess.run([PROGRAM, "serve", "--help"], stdout=subprocess.PIPE).stdout.decode()
        with open(DOCUMENT) as document:
            told = re.findall(r"^\| `(--[a-z-]+)", document.read(), re.M)
        options = re.findall(r"^ +.*?(--[a-z-]+)", shown, re.M)
        self.assertEqual(sorted(told + ["--help"]), sorted(set(options)))

    def test_the_documents_have_every_default(self):
        shown = subprocess.run([PROGRAM, "serve", "--help"], stdout=subprocess.PIPE).stdout.decode()
        defaults = dict(re.findall(r"^ +--([a-z-]+) \w+=(\S+)", shown, re.M))
        self.assertIn("max-message", defaults)
        with open(DOCUMENT) as document:
            told = dict(re.findall(r"^\| `--([a-z-]+)[^|]*\| `?(.*?)`? \|", document.read(), re.M))
        for name, default in defaults.items():
            expected = [default] if default != "0" else ["no limit", "never"]
            self.assertIn(told[name], expected, name)

    def test_numbers_that_overflow_are_refused(self):
        for option in "--idle-timeout", "--handshake-timeout", "--grace", "--tcp-timeout":
            for value in "10000000000", "9223372036854775807", "1e30":
                code, out, err = Program(option, value, PICKLED_AUTHKEY="k").failure()
                self.assertEqual((code, out), (2, ""))
                self.assertEqual(err, "pickled: %s: expected a number of seconds, at most "
                                      "1000000000, not '%s'\n" % (option, value))
            self.serves_with(b"k", option, "1000000000", PICKLED_AUTHKEY="k")
        most = str(2 ** 64 - 1)
        for option in "--max-message", "--max-memory", "--max-connections":
            self.serves_with(b"k", option, most, PICKLED_AUTHKEY="k")

    def test_mistakes_name_the_option(self):
        for text, options in (
            ("--address", ["--address", "nowhere"]),
            ("--address", ["--address", "[::1]:5000"]),
            ("--address", ["--address", "127.0.0.1:70000"]),
            ("--threads", ["--threads", "0"]),
            ("--threads", ["--threads", "many"]),
            ("--max-message", ["--max-message", "much"]),
            ("--handshake-timeout", ["--handshake-timeout", "-1"]),
            ("--authkey-file", ["--authkey-file", self.path("missing")]),
            ("--authkey-file", ["--authkey-file", self.path("empty", b"\n")]),
            ("--iterators", ["--iterators", "copy"]),
            ("--on-holder-death", ["--on-holder-death", "forget"]),
            ("--nothing", ["--nothing"]),
        ):
            with self.subTest(options):
                self.refuses(text, *options, PICKLED_AUTHKEY="k")
        self.refuses("PICKLED_AUTHKEY_HEX", PICKLED_AUTHKEY_HEX="0g")
        self.refuses("PICKLED_AUTHKEY", PICKLED_AUTHKEY="")
        self.refuses("both", PICKLED_AUTHKEY="a", PICKLED_AUTHKEY_HEX="00")

    def test_an_address_that_is_taken_is_named(self):
        where = "unix:" + self.path("socket")
        program = Program("--address", where, PICKLED_AUTHKEY="k")
        program.ready()
        self.refuses(where, "--address", where, PICKLED_AUTHKEY="k")
        self.assertEqual(program.end()[0], 0)

    def test_help_and_version(self):
        for options, text in ((["--help"], "serve"), (["serve", "--help"], "--address"),
                              (["--version"], "pickled ")):
            done = subprocess.run([PROGRAM, *options], stdout=subprocess.PIPE, timeout=30)
            self.assertEqual(done.returncode, 0)
            self.assertIn(text, done.stdout.decode())


if __name__ == "__main__":
    unittest.main()
