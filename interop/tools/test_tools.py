# SPDX-License-Identifier: BSL-1.0
"""`pickled convert` and `pickled show`, compared with what CPython says of the same bytes."""

import bz2
import collections
import datetime
import decimal
import gzip
import io
import lzma
import operator
import os
import pickle
import pickletools
import struct
import subprocess
import tempfile
import unittest
import warnings
import zipfile
import zlib

from interop.codec.values import Plain, VALUES as KINDS
from interop.serving import PROGRAM

VALUES = [
    None, True, -5, 2 ** 70, 1.5, "h\u00e9llo", b"\x00\xff", (1, (2,)), [1, [2]], {"a": {1: None}},
    {1, 2}, frozenset("a"), bytearray(b"x"), 1j, datetime.date(2024, 2, 29),
    decimal.Decimal("1.5"), collections.OrderedDict(a=1), range(3), list(range(2000)), "x" * 100000,
]


def newest_repr(value):
    """The text of 3.12 and later."""
    if type(value) is collections.OrderedDict:
        return "OrderedDict(%r)" % dict(value)
    return repr(value)


def told_by_pickles(protocol):
    """Pickles and texts, but of what has an address in it, or a text of its class' own making."""
    for values in KINDS.values():
        for value in values if type(values) is list else [values]:
            try:
                data = pickle.dumps(value, protocol)
            except (TypeError, pickle.PicklingError):
                continue
            text = newest_repr(pickle.loads(data))
            own = type(value).__module__ == Plain.__module__ or type(value) is operator.methodcaller
            if not own and b"getattr" not in data and " at 0x" not in text:
                yield data, text


def run(*arguments, data=b""):
    done = subprocess.run([PROGRAM, *arguments], input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    return done.returncode, done.stdout, done.stderr.decode()


class Convert(unittest.TestCase):
    def test_every_protocol_to_every_protocol(self):
        for source in range(6):
            data = b"".join(pickle.dumps(value, source) for value in VALUES)
            for target in range(6):
                code, out, err = run("convert", "--protocol", str(target), data=data)
                self.assertEqual((code, err), (0, ""))
                file = io.BytesIO(out)
                for value in VALUES:
                    again = pickle.load(file)
                    self.assertEqual(again, value)
                    self.assertEqual(type(again), type(value))
                self.assertEqual(file.read(), b"")

    def test_each_is_written_as_soon_as_it_is_whole(self):
        with subprocess.Popen([PROGRAM, "convert"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            for value in VALUES:
                process.stdin.write(pickle.dumps(value))
                process.stdin.flush()
                self.assertEqual(pickle.load(process.stdout), value)
            process.stdin.close()
            self.assertEqual(process.stdout.read(), b"")
            self.assertEqual(process.wait(), 0)

    def test_malformed_input_after_good(self):
        code, out, err = run("convert", data=pickle.dumps(1) + pickle.dumps("two") + b"\xff\xff")
        self.assertEqual(code, 1)
        file = io.BytesIO(out)
        self.assertEqual((pickle.load(file), pickle.load(file), file.read()), (1, "two", b""))
        self.assertEqual(len(err.splitlines()), 1)
        self.assertIn("invalid load key", err)

    def test_an_int_that_no_text_protocol_takes_is_refused_at_once(self):
        began = os.times().children_user
        code, out, err = run("convert", "--protocol", "0", data=pickle.dumps(1 << 8_000_000))
        self.assertEqual((code, out), (1, b""))
        self.assertIn("too many digits", err)
        self.assertLess(os.times().children_user - began, 1)
        for digits in 4300, 4301:
            for number in 10 ** digits - 1, 1 - 10 ** digits:
                code, out, err = run("convert", "--protocol", "0", data=pickle.dumps(number))
                self.assertEqual(code, 0 if digits == 4300 else 1)

    def test_truncated_input(self):
        code, out, err = run("convert", data=pickle.dumps([1, 2, 3])[:-3])
        self.assertEqual((code, out), (1, b""))
        self.assertEqual(len(err.splitlines()), 1)

    def test_a_million_levels_are_refused(self):
        levels = 10 ** 6
        for name, data in {
            "list": b"]" * levels + b"a" * (levels - 1) + b".",
            "tuple": b"N" + b"\x85" * levels + b".",
            "dict": b"}K\x01" * levels + b"N" + b"s" * levels + b".",
            "call": b"cm\nC\n" * levels + b")" + b"R\x85" * levels + b".",
            "state": b"cm\nC\n)\x81" * levels + b"N" + b"b" * levels + b".",
        }.items():
            for command in ["convert"], ["show"], ["show", "--json"]:
                with self.subTest(name, command=command):
                    code, out, err = run(*command, data=data)
                    self.assertEqual((code, out), (1, b""))
                    self.assertIn("nested too deeply at byte", err)
                    self.assertEqual(len(err.splitlines()), 1)


class FullDisk(unittest.TestCase):
    def test_output_that_did_not_arrive_is_a_failure(self):
        for command in ("convert",), ("show",), ("show", "--json"), ("show", "--dis"), ("scan", "--json"):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([PROGRAM, *command], input=pickle.dumps([1]), stdout=full,
                                      stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 1, command)
            self.assertIn(b"pickled: ", done.stderr)


class Show(unittest.TestCase):
    def test_python_text(self):
        for value in VALUES:
            code, out, err = run("show", data=pickle.dumps(value))
            self.assertEqual((code, err), (0, ""))
            self.assertEqual(out.decode(), newest_repr(value) + "\n")

    def test_the_text_of_everything_that_a_pickle_tells_it_of(self):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of pickled iterators
                told = list(told_by_pickles(protocol))
            code, out, err = run("show", data=b"".join(data for data, _ in told))
            self.assertEqual((code, err), (0, ""))
            lines = out.decode().split("\n")
            self.assertEqual(lines.pop(), "")
            self.assertEqual(len(lines), len(told))
            for line, (data, text) in zip(lines, told):
                with self.subTest(text[:100], protocol=protocol):
                    self.assertEqual(line, text)

    def test_several_files_and_pickles(self):
        with tempfile.TemporaryDirectory() as directory:
            names = [os.path.join(directory, name) for name in "ab"]
            for name in names:
                with open(name, "wb") as file:
                    file.write(pickle.dumps(1) + pickle.dumps([name]))
            code, out, err = run("show", *names)
            self.assertEqual((code, err), (0, ""))
            self.assertEqual(out.decode().splitlines(),
                             ["1", repr([names[0]]), "1", repr([names[1]])])
            code, out, err = run("show", names[0], os.path.join(directory, "none"))
            self.assertEqual(code, 1)
            self.assertIn("none", err)

    def test_disassembly(self):
        for value in VALUES:
            for protocol in range(6):
                data = pickle.dumps(value, protocol)
                expected = io.StringIO()
                pickletools.dis(data, expected)
                code, out, err = run("show", "--dis", data=data)
                self.assertEqual((code, err), (0, ""))
                self.assertEqual(out.decode(), expected.getvalue())

    def test_globals(self):
        data = pickle.dumps([os.system, datetime.date(2024, 1, 1), len], 2) + pickle.dumps(int)
        code, out, err = run("show", "--globals", data=data)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(set(out.decode().splitlines()) - {"_codecs encode"},
                         {"posix system", "datetime date", "builtins len", "builtins int"})

    def test_each_global_is_listed_once_and_plainly(self):
        data = b"cos\nsystem\n0cos\nsystem\n." + b"\x80\x04\x8c\x08a\nb\x1b[2K'\x8c\x01c\x93."
        code, out, err = run("show", "--globals", data=data)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, b"os system\na\\nb\\x1b[2K' c\n")

    def test_old_strings(self):
        # {'data': '\xff\xfe', 'also': '\xc3\xa4'} of Python 2.
        data = b"\x80\x02}q\x00(U\x04dataq\x01U\x02\xff\xfeq\x02U\x04alsoq\x03U\x02\xc3\xa4q\x04u."
        self.assertEqual(run("show", data=data)[0], 1)
        for encoding in "latin1", "bytes":
            code, out, err = run("show", "--encoding", encoding, data=data)
            self.assertEqual((code, err), (0, ""))
            self.assertEqual(out.decode(), repr(pickle.loads(data, encoding=encoding)) + "\n")
            self.assertEqual(run("show", "--json", "--encoding", encoding, data=data)[0], 0)

    def test_globals_that_CPython_reads_in_two_ways(self):
        """The line of a GET that ends behind its frame: see test_scan."""
        text = b"\x8c\x02osq\x020\x8c\x06getpidq\x030g3"
        data = b"\x80\x04\x95" + struct.pack("<Q", len(text)) + text + b"\nh\x02h\x03\x93."
        code, out, err = run("show", "--globals", data=data)
        self.assertEqual((code, out), (1, b""))
        self.assertIn("a frame ends within an opcode", err)

    def test_globals_behind_old_strings(self):
        data = b"\x80\x02(U\x02\xff\xfecdatetime\ndatetime\nU\x02os\x8c\x06system\x93t."
        self.assertEqual(run("show", "--globals", data=data),
                         (0, b"datetime datetime\nos system\n", ""))

    def test_what_is_shared_many_times_has_a_bounded_text(self):
        pairs = [0]
        for _ in range(40):
            pairs = [pairs, pairs]
        data = pickle.dumps(pairs)
        code, out, err = run("show", data=data)
        self.assertEqual(code, 1)
        self.assertLess(len(out), 70_000_000)
        self.assertTrue(out.startswith(b"[" * 41 + b"0"))
        self.assertIn("cut off after", err)
        for how in "--json", "--dis", "--globals":
            self.assertEqual(run("show", how, data=data)[0], 0)

    def test_many_marks_have_a_bounded_text(self):
        data = b"(" * 5_000 + b"1" * 5_000 + b"N."
        code, out, err = run("show", "--dis", data=data)
        self.assertEqual(code, 1)
        self.assertLess(len(out), 70_000_000)
        self.assertIn("cut off after", err)
        code, out, err = run("show", "--dis", "--whole", data=data)
        self.assertEqual((code, err), (0, ""))
        self.assertGreater(len(out), 99_000_000)

    def test_files_that_are_no_pickles_are_named(self):
        pickled = pickle.dumps([1])
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("data.pkl", pickled)
        for data, name in {
            archive.getvalue(): "zip", gzip.compress(pickled): "gzip", bz2.compress(pickled): "bzip2",
            lzma.compress(pickled): "xz", zlib.compress(pickled): "zlib", b"\x93NUMPY\x01\x00": ".npy",
        }.items():
            for command in ["show"], ["show", "--globals"], ["convert"]:
                code, out, err = run(*command, data=data)
                self.assertEqual((code, out), (1, b""))
                self.assertIn(name, err)
                self.assertEqual(len(err.splitlines()), 1)
        self.assertNotIn("gzip", run("show", data=pickled + gzip.compress(pickled))[2])

    def test_nothing_is_executed(self):
        with tempfile.TemporaryDirectory() as directory:
            marker = os.path.join(directory, "executed")
            data = b"cos\nmkdir\n(S'" + marker.encode() + b"'\ntR."
            for how in [], ["--json"], ["--dis"], ["--globals"]:
                self.assertEqual(run("show", *how, data=data)[0], 0)
            self.assertEqual(run("convert", data=data)[0], 0)
            self.assertFalse(os.path.exists(marker))

    def test_what_is_wrong_is_told_with_its_place(self):
        code, out, err = run("show", data=pickle.dumps(1) + b"Ne.")
        self.assertEqual((code, out), (1, b"1\n"))
        self.assertIn("-: could not find MARK at byte 6 (APPENDS)", err)


if __name__ == "__main__":
    unittest.main()
