# SPDX-License-Identifier: BSL-1.0
"""`pickled scan`, compared with what CPython imports, and with tricks that scanners fell for."""

import bz2
import collections
import datetime
import decimal
import gzip
import io
import json
import lzma
import os
import pickle
import random
import struct
import subprocess
import tarfile
import tempfile
import unittest
import uuid
import zipfile
import zlib

from interop.optional import numpy, pandas
from interop.serving import PROGRAM

ALLOWED, DENIED, USAGE, INCOMPLETE = 0, 1, 2, 3

EVIL = b"cos\nsystem\n(S'true'\ntR."
PLAIN = pickle.dumps([1, "two"], 2)


class Evil:
    def __reduce__(self):
        return os.system, ("true",)


def scan_all(contents, *options):
    with tempfile.TemporaryDirectory() as directory:
        paths = []
        for data in contents:
            paths.append(os.path.join(directory, str(len(paths))))
            with open(paths[-1], "wb") as file:
                file.write(data)
        done = subprocess.run([PROGRAM, "scan", "--json", *paths, *options], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, told, done.stderr.decode()


def scan(data, *options):
    code, told, err = scan_all([data], *options)
    return code, told[0] if told else None, err


def imported_by(data):
    """Every name that CPython asks for."""
    names = set()

    class Asked(pickle.Unpickler):
        def find_class(self, module, name):
            # What the mapping of Python 2's names makes of it is asked for in there.
            found = super().find_class(module, name)
            names.add((module, name, found))
            return found

    Asked(io.BytesIO(data)).load()
    return names


def zipped(*members, compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


class Scanning(unittest.TestCase):
    def expect(self, code, data, *options):
        got, told, err = scan(data, *options)
        self.assertEqual((got, err), (code, ""), told)
        return told

    def globals(self, told):
        return {finding["global"] for finding in told["findings"] if "global" in finding}

    def denied(self, data, *names, member=None):
        told = self.expect(DENIED, data)
        found = {finding["global"] for finding in told["findings"]
                 if finding["verdict"] == "not allowed" and member in (None, finding["member"])}
        for name in names or ("os.system",):
            self.assertIn(name, found)
        return told

    def incomplete(self, data, reason):
        told = self.expect(INCOMPLETE, data)
        self.assertTrue(any(reason in finding.get("reason", "") for finding in told["findings"]),
                        told)


class Pickles(Scanning):
    def test_what_the_end_of_a_frame_hides(self):
        """Of a line that ends behind a frame CPython drops, from a file, what is within the frame."""
        def frame(content):
            return b"\x95" + struct.pack("<Q", len(content)) + content

        def text(content, index):
            return b"\x8c" + bytes([len(content)]) + content + b"q" + bytes([index]) + b"0"
        data = b"\x80\x04" + frame(
            text(b"os", 2) + text(b"getpid", 3) + text(b"collections", 12) +
            text(b"OrderedDict", 13) + b"g1") + b"2\n" + frame(b"g1") + b"3\n\x93)R."
        self.assertEqual(pickle.load(io.BytesIO(data)), os.getpid())
        self.assertEqual(pickle.loads(data), collections.OrderedDict())
        self.incomplete(data, "a frame ends within an opcode")

    def test_the_names_that_cpython_imports(self):
        values = [datetime.datetime(2024, 2, 29), decimal.Decimal("1.5"), collections.Counter("a"),
                  uuid.UUID(int=1), random.Random(1), {1, 2}, bytearray(b"x"), 1j, b"\xff",
                  collections.defaultdict(list), ValueError("x"), range(3), slice(1),
                  collections.OrderedDict(a=1), frozenset([1])]
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            for value in values:
                with self.subTest(value, protocol=protocol):
                    data = pickle.dumps(value, protocol)
                    told = self.globals(self.expect(ALLOWED, data))
                    asked = imported_by(data)
                    self.assertEqual(len(told), len(asked))
                    if protocol >= 3:
                        self.assertEqual(told, {"%s.%s" % name[:2] for name in asked})

    def test_what_is_executed(self):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            told = self.denied(pickle.dumps([Evil()], protocol), "%s.system" % os.name
                               if os.name != "nt" else "nt.system")
            self.assertTrue(any(finding.get("called") for finding in told["findings"]))

    def test_dangerous_names_are_in_no_group(self):
        for name in ("os.system", "builtins.eval", "builtins.exec", "builtins.getattr",
                     "builtins.__import__", "builtins.open", "builtins.map", "operator.attrgetter",
                     "operator.methodcaller", "functools.partial", "importlib.import_module",
                     "runpy.run_path", "subprocess.Popen", "numpy.load", "numpy.memmap",
                     "numpy.f2py.crackfortran.getlincoef", "pandas.read_pickle", "pickle.loads",
                     "torch.load", "torch.storage._load_from_bytes", "joblib.load", "types.CodeType",
                     "types.FunctionType", "collections.namedtuple", "copyreg.add_extension",
                     "multiprocessing.managers.RebuildProxy", "builtins.dict.fromkeys",
                     "builtins.object.__subclasses__", "numpy.core.multiarray.scalar.__class__",
                     "zipimport.zipimporter", "pydoc.pipepager", "timeit.timeit", "cProfile.run",
                     "pip.main", "ensurepip._run_pip", "idlelib.pyshell.ModifiedInterpreter"):
            module, _, attribute = name.rpartition(".")
            if module in ("builtins.dict", "builtins.object"):
                module, attribute = "builtins", name[len("builtins."):]
            pickled = b"\x80\x04" + b"".join(
                b"\x8c" + bytes([len(part)]) + part.encode() for part in (module, attribute)) + b"\x93."
            self.denied(pickled, name)

    def test_python_2s_names(self):
        self.denied(b"c__builtin__\neval\n(S'1'\ntR.", "builtins.eval")
        self.expect(ALLOWED, b"c__builtin__\nset\n((lp0\ntR.")
        # Of protocol 3 on nothing is mapped.
        self.denied(b"\x80\x03c__builtin__\nset\n.", "__builtin__.set")

    def test_every_way_to_import(self):
        self.denied(EVIL)
        self.denied(b"(S'true'\nios\nsystem\n.")
        self.denied(b"(cos\nsystem\nS'true'\no.")
        self.denied(b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.")
        self.denied(b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85\x81.")
        self.denied(b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85}\x92.")

    def test_names_from_the_memo(self):
        # MEMOIZE counts what PUT has put.
        self.denied(b"\x80\x04U\x02osq\x00U\x06systemq\x010" b"0\x8c\x0ctorch._utils\x94"
                    b"\x8c\x12_rebuild_tensor_v2\x940" b"0h\x00h\x01\x93\x8c\x04true\x85R.")
        # The padding between is what others take for the name.
        self.denied(b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x8c\x04dict\x8c\x08builtins0"
                    b"00" b"0h\x00h\x01\x93.")
        self.denied(b"\x80\x04\x8c\x02os\x8c\x06system2" b"0\x93.")
        self.denied(b"\x80\x04\x8c\x02osr\xff\xff\xff\x7f0j\xff\xff\xff\x7f\x8c\x06system\x93.")
        self.denied(b"\x80\x04Vos\nV\\u0073ystem\n\x93.")
        self.denied(b"\x80\x04S'\\x6fs'\nS'system'\n\x93.")

    def test_what_comes_before_an_error_is_done(self):
        for end in b"", b"\xff", b"0" * 9 + b".", b"I1x\n.", b"X\xff\xff\xff\x7f", b"(u":
            self.denied(EVIL[:-1] + end)
        self.denied(b"(" + EVIL)
        self.denied(b"cos\nsystem\n0N.")

    def test_what_is_not_known(self):
        self.incomplete(b"\x80\x02\x82\x05.", "copyreg has under code 5")
        self.incomplete(b"\x80\x04cbuiltins\nstr\n\x8c\x02os\x85R\x8c\x06system\x93.",
                        "name that is computed")
        self.incomplete(b"\x80\x04C\x02os\x8c\x06system\x93.", "name that is computed")
        self.incomplete(b"\x80\x04J\x2a\x00\x00\x00\x8c\x06system\x93.", "name that is computed")
        self.incomplete(b"\x80\x05\x96\x02\0\0\0\0\0\0\0os\x8c\x06system\x93.",
                        "name that is computed")
        self.incomplete(b"cbuiltins\ndict\n)R)R.", "calls the result")
        self.incomplete(b"ccollections\nCounter\n(N}S'get'\nNstb.", "changes collections.Counter")
        self.incomplete(PLAIN[:-1], "ran out of input")
        self.incomplete(b"", "empty")
        self.incomplete(b"no pickle", "")
        self.incomplete(b"h\x05.", "")

    def test_several_behind_one_another(self):
        self.denied(PLAIN + EVIL)
        self.denied(PLAIN * 3 + pickle.dumps(Evil()) + PLAIN, "posix.system")
        self.expect(ALLOWED, PLAIN * 3)
        # As torch's old form has it: data behind the pickles is no pickle.
        code, told, _ = scan_all(PLAIN * 2 + struct.pack("<q", numel) + b"\0" * 16
                                 for numel in list(range(300)) + [640, 0x480])
        self.assertEqual(code, ALLOWED, [one for one in told if one["findings"]])

    def test_names_are_escaped(self):
        told = self.denied(b"cos\x1b[2K\nsys\xc2\x9btem\n.", "os\\x1b[2K.sys\\x9btem")
        self.assertEqual(told["findings"][0]["offset"], 0)

    def test_choosing_what_is_allowed(self):
        data = pickle.dumps(decimal.Decimal(1))
        self.expect(ALLOWED, data, "--allow-globals", "decimal.Decimal")
        self.expect(DENIED, data, "--allow-globals", "@numpy")
        self.expect(ALLOWED, data, "--allow-globals", "@numpy", "@stdlib")
        self.expect(ALLOWED, EVIL, "--allow-globals", "os.*")
        code, told, err = scan(data, "--allow-globals", "@nothing")
        self.assertEqual((code, told), (USAGE, None))
        self.assertIn("@nothing", err)

    def test_text(self):
        with tempfile.TemporaryDirectory() as directory:
            names = []
            for name, data in ("a", EVIL), ("b", PLAIN), ("c", pickle.dumps(decimal.Decimal(1), 4)):
                names.append(os.path.join(directory, name))
                with open(names[-1], "wb") as file:
                    file.write(data)
            missing = os.path.join(directory, "missing")
            done = subprocess.run([PROGRAM, "scan", *names, missing], stdout=subprocess.PIPE,
                                  universal_newlines=True)
            self.assertEqual(done.returncode, DENIED)
            self.assertEqual(done.stdout.splitlines(), [
                "%s: byte 0: os.system is called: not allowed" % names[0],
                "%s: byte 31: decimal.Decimal is called: allowed" % names[2],
                "%s: byte 0: No such file or directory: incomplete" % missing])
            done = subprocess.run([PROGRAM, "scan", missing], stdout=subprocess.PIPE)
            self.assertEqual(done.returncode, INCOMPLETE)
            with open(names[0], "rb") as file:
                done = subprocess.run([PROGRAM, "scan", "-"], stdin=file, stdout=subprocess.PIPE)
            self.assertEqual(done.returncode, DENIED)


class Archives(Scanning):
    def test_members_by_content(self):
        for name in "archive/data.pkl", "weights.dat", "readme.txt", "a.jpg", "x/y/z":
            for compression in zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED:
                self.denied(zipped(("a", PLAIN), (name, EVIL), compression=compression),
                            member=name)
        self.expect(ALLOWED, zipped(("archive/data.pkl", PLAIN), ("archive/version", b"3\n"),
                                    ("archive/data/0", bytes(1000)), ("archive/byteorder", b"little"),
                                    ("archive/data/1", os.urandom(8) * 0 + b"\x80\x02\0\0" * 9)))
        self.incomplete(zipped(("data.pkl", pickle.dumps({1: [2, "three"]}, 2)[:-3])), "")

    def test_archives_in_archives(self):
        inner = zipped(("b", EVIL))
        self.denied(zipped(("a.zip", inner)), member="a.zip!b")
        self.denied(zipped(("a.gz", gzip.compress(inner))), member="a.gz!gzip!b")
        data = EVIL
        for _ in range(12):
            data = zipped(("a", data))
        self.incomplete(data, "packed more than eight times")

    def test_headers_that_disagree(self):
        good = zipped(("data.pkl", EVIL), compression=zipfile.ZIP_DEFLATED)
        central = good.index(b"PK\x01\x02")
        end = good.index(b"PK\x05\x06")

        def changed(offset, new):
            return good[:offset] + new + good[offset + len(new):]

        for what, data in {
            "name in the header": changed(30, b"fake.pkl"),
            "name in the directory": changed(central + 46, b"fake.pkl"),
            "method in the header": changed(8, b"\0\0"),
            "method in the directory": changed(central + 10, b"\0\0"),
            "flags of the header": changed(6, b"\x01\0"),
            "flags of the directory": changed(central + 8, b"\x01\0"),
            "checksum of the header": changed(14, b"abcd"),
            "checksum of the directory": changed(central + 16, b"abcd"),
            "size in the header": changed(18, b"\1\0\0\0"),
            "size in the directory": changed(central + 20, b"\1\0\0\0"),
            "full size in the directory": changed(central + 24, b"\1\0\0\0"),
            "place": changed(central + 42, b"\1\0\0\0"),
            "number of entries": changed(end + 8, b"\2\0\2\0"),
            "disks": changed(end + 4, b"\1\0"),
            "no entries": changed(end + 8, b"\0\0\0\0"),
            "directory's place": changed(end + 16, b"\0\0\0\0"),
            "directory's size": changed(end + 12, b"\0\0\0\0"),
            "cut off": good[:-1],
            "no end": good[:end],
            "something behind": good + b"x",
            "something before": b"N." + good,
            "two ends": good + good[end:],
            "end in a comment": good[:-2] + b"\x16\0" + good[end:],
            "two archives": zipped(("data.pkl", PLAIN)) + good,
            "spanned": b"PK\x07\x08" + good,
        }.items():
            with self.subTest(what):
                self.assertIn(scan(data)[0], (DENIED, INCOMPLETE))
        both = (6, central + 8)
        encrypted = good
        for offset in both:
            encrypted = encrypted[:offset] + b"\x01\0" + encrypted[offset + 2:]
        self.incomplete(encrypted, "encrypted")
        wrong = good
        for offset in (14, central + 16):
            wrong = wrong[:offset] + b"abcd" + wrong[offset + 4:]
        self.denied(wrong)

    def test_members_twice_and_members_in_no_directory(self):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a", PLAIN)
            with self.assertWarns(UserWarning):
                archive.writestr("a", EVIL)
        self.incomplete(file.getvalue(), "twice")
        good = zipped(("a", PLAIN), ("b", EVIL))
        file = io.BytesIO(good)
        with zipfile.ZipFile(file, "a") as archive:
            # Only the directory forgets it.
            archive.filelist[:] = archive.filelist[:1]
            archive._didModify = True
        self.incomplete(file.getvalue(), "in no directory")

    def test_sizes_behind_the_data_and_in_64_bits(self):
        class Pipe(io.RawIOBase):
            data = b""

            def writable(self):
                return True

            def write(self, more):
                self.data += bytes(more)
                return len(more)

        for wide in False, True:
            for content, code in (PLAIN, ALLOWED), (EVIL, DENIED):
                pipe = Pipe()
                with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
                    with archive.open("a", "w", force_zip64=wide) as member:
                        member.write(content)
                self.expect(code, pipe.data)

    def test_a_pickle_before_an_archive(self):
        self.denied(EVIL + zipped(("a", PLAIN)))

    def test_compressed(self):
        dump = pickle.dumps([Evil()], 2)
        for compress in zlib.compress, gzip.compress:
            self.denied(compress(dump), "posix.system")
            self.expect(ALLOWED, compress(PLAIN))
            self.incomplete(compress(PLAIN * 99)[:-9], "cut off")
            self.incomplete(compress(b"no pickle"), "")
        self.denied(gzip.compress(PLAIN) + gzip.compress(EVIL))
        for compress in bz2.compress, lzma.compress, \
                lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE):
            self.incomplete(compress(dump), "not looked into")
            self.assertEqual(len(scan(compress(dump))[1]["findings"]), 1)
        self.expect(ALLOWED, zipped(("a", b"x\x9c" + bytes(100))))

    def test_tar(self):
        for form in tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT:
            file = io.BytesIO()
            # A name that is a pickle.
            with tarfile.open(fileobj=file, mode="w", format=form) as archive:
                member = tarfile.TarInfo("N.")
                member.size = len(EVIL)
                archive.addfile(member, io.BytesIO(EVIL))
            data = file.getvalue()
            self.incomplete(data, "tar archive")
            # Old ones have no magic; and sums may be binary.
            old = data[:257] + bytes(255) + data[512:]
            total = sum(old[:148]) + 8 * 32 + sum(old[156:512])
            for told in b"%06o\0 " % total, b"\x80" + total.to_bytes(7, "big"), b"0o%05o " % total:
                again = old[:148] + told + old[156:]
                self.assertEqual(tarfile.open(fileobj=io.BytesIO(again)).getnames(), ["N."])
                self.incomplete(again, "tar archive")

    def test_a_bomb_is_left_alone(self):
        bomb = zlib.compress(bytes(100_000_000), 9)
        code, told, _ = scan(zipped(*((str(n), gzip.compress(bomb)) for n in range(60))))
        self.assertEqual(code, INCOMPLETE, told)


@unittest.skipIf(numpy is None, "needs numpy")
class Numpy(Scanning):
    def saved(self, array):
        file = io.BytesIO()
        numpy.save(file, array)
        return file.getvalue()

    def test_arrays(self):
        for array in (numpy.arange(6).reshape(2, 3), numpy.array(["a", "bcd"]),
                      numpy.zeros(2, [("a", "i4"), ("b", "f8", (2,)), ("c", "S3")]),
                      numpy.array(["2020"], "M8[D]"), numpy.array(None), numpy.array([1, "a"], object),
                      numpy.zeros((0, 3)), numpy.array(1.5, ">f4")):
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                self.expect(ALLOWED, pickle.dumps(array, protocol))
            self.expect(ALLOWED, self.saved(array))
            self.expect(ALLOWED, self.saved(array) * 2)
            file = io.BytesIO()
            numpy.savez_compressed(file, a=array, b=array)
            self.expect(ALLOWED, file.getvalue())

    def test_arrays_of_objects(self):
        evil = self.saved(numpy.array([Evil()], object))
        self.denied(evil, "posix.system")
        self.denied(self.saved(numpy.arange(3)) + evil, "posix.system")
        file = io.BytesIO()
        numpy.savez(file, a=numpy.arange(3), b=numpy.array([Evil()], object))
        self.denied(file.getvalue(), "posix.system", member="b.npy")
        # Other words for objects.
        for descr in b"'O'", b"'object'", b"'i4,O'", b"[('a', 'O')]", b"'|O8'", b"('O', (1,))":
            header = b"{'descr': %s, 'fortran_order': False, 'shape': (1,), }" % descr
            header += b" " * (117 - len(header)) + b"\n"
            self.denied(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + EVIL)

    def test_headers(self):
        good = self.saved(numpy.arange(3))
        self.incomplete(good[:-1], "ends amid")
        self.incomplete(good[:40], "cut off")
        for old, new in ((b"'<i8'", b"'<i9'"), (b"(3,)", b"(-3,)"), (b"False", b"0    "),
                         (b"'descr'", b"'descx'"), (b"\1\0", b"\4\0")):
            self.incomplete(good.replace(old, new, 1), ".npy header")

    @unittest.skipIf(pandas is None, "needs pandas")
    def test_frames(self):
        frame = pandas.DataFrame({"a": [1, 2], "b": ["x", "y"],
                                  "c": pandas.to_datetime(["2020", "2021"]),
                                  "d": pandas.Categorical(["u", "v"])})
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            self.expect(ALLOWED, pickle.dumps(frame, protocol))


if __name__ == "__main__":
    unittest.main()
