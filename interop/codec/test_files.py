# SPDX-License-Identifier: BSL-1.0
"""Files with pickles in them: numpy's are read as numpy reads them; torch's and joblib's are written
as their formats say, since neither is needed to have a file of theirs."""

import bz2
import collections
import gzip
import io
import os
import pickle
import struct
import subprocess
import sys
import tempfile
import types
import unittest
import zipfile
import zlib

from interop.optional import numpy
from interop.serving import BIN

DRIVER = os.path.join(BIN, "files_driver")


def read(kind, data):
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "file")
        with open(path, "wb") as file:
            file.write(data)
        done = subprocess.run([DRIVER, kind, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout, done.stderr.decode()


class Reading(unittest.TestCase):
    def loaded(self, kind, data):
        code, out, err = read(kind, data)
        self.assertEqual((code, err), (0, ""))
        return pickle.loads(out)

    def refused(self, kind, data, *reasons):
        code, out, err = read(kind, data)
        self.assertEqual((code, out), (1, b""), err)
        self.assertTrue(not reasons or any(reason in err for reason in reasons), err)

    def cut_everywhere(self, kind, data, step=1):
        """A file that is cut off is an error, or is whole without what is missing."""
        for size in range(0, len(data), step):
            code, _, err = read(kind, data[:size])
            self.assertIn(code, (0, 1), (size, err))


def module_of(name, **members):
    """A module that is not installed, so that names of it can be pickled."""
    module = types.ModuleType(name)
    for key, member in members.items():
        member.__module__ = name
        member.__qualname__ = member.__name__ = key
        setattr(module, key, member)
    return module


class Modules:
    """Are there while something is pickled."""

    def __init__(self, modules):
        self.modules = modules

    def __enter__(self):
        sys.modules.update(self.modules)

    def __exit__(self, *_):
        for name in self.modules:
            del sys.modules[name]


# torch

def _rebuild_tensor_v2():
    raise AssertionError("only its name is used")


def _rebuild_parameter():
    raise AssertionError("only its name is used")


STORAGES = {name: type(name, (), {}) for name in
            ("FloatStorage", "LongStorage", "BFloat16Storage", "BoolStorage", "DoubleStorage")}
TORCH = module_of("torch", **STORAGES)
UTILS = module_of("torch._utils", _rebuild_tensor_v2=_rebuild_tensor_v2,
                  _rebuild_parameter=_rebuild_parameter)
MAGIC = 0x1950a86a20f9469cfc6c


class Storage:
    def __init__(self, kind, key, items):
        self.kind, self.key, self.items = STORAGES[kind], key, items
        self.size = {"FloatStorage": 4, "LongStorage": 8, "BFloat16Storage": 2, "BoolStorage": 1,
                     "DoubleStorage": 8}[kind]
        self.count = len(items) // self.size


class Tensor:
    def __init__(self, storage, offset, shape, strides, grad=False):
        self.args = storage, offset, shape, strides, grad, collections.OrderedDict()

    def __reduce__(self):
        return _rebuild_tensor_v2, self.args


class Parameter:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce__(self):
        return _rebuild_parameter, (self.tensor, True, collections.OrderedDict())


def pickled_for_torch(value, protocol, legacy):
    file = io.BytesIO()

    class Saving(pickle.Pickler):
        def persistent_id(self, part):
            if isinstance(part, Storage):
                tail = (None,) if legacy else ()
                return ("storage", part.kind, part.key, "cpu", part.count) + tail
            return None

    with Modules({"torch": TORCH, "torch._utils": UTILS}):
        Saving(file, protocol).dump(value)
    return file.getvalue()


def torch_zip(value, storages, protocol=2, compression=zipfile.ZIP_STORED, extra=()):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("model/data.pkl", pickled_for_torch(value, protocol, False))
        archive.writestr("model/byteorder", "little")
        for storage in storages:
            archive.writestr("model/data/" + storage.key, storage.items)
        archive.writestr("model/version", "3\n")
        for name, content in extra:
            archive.writestr(name, content)
    return file.getvalue()


def torch_legacy(value, storages, protocol=2):
    file = io.BytesIO()
    pickle.dump(MAGIC, file, protocol)
    pickle.dump(1001, file, protocol)
    pickle.dump({"protocol_version": 1001, "little_endian": True,
                 "type_sizes": {"short": 2, "int": 4, "long": 4}}, file, protocol)
    file.write(pickled_for_torch(value, protocol, True))
    pickle.dump([storage.key for storage in storages], file, protocol)
    for storage in storages:
        file.write(struct.pack("<q", storage.count) + storage.items)
    return file.getvalue()


def example():
    floats = Storage("FloatStorage", "0", struct.pack("<6f", *range(6)))
    longs = Storage("LongStorage", "1", struct.pack("<2q", -1, 1 << 40))
    halves = Storage("BFloat16Storage", "2", b"\x80\x3f\x00\x40")
    value = collections.OrderedDict([
        ("weight", Parameter(Tensor(floats, 0, (2, 3), (3, 1)))),
        ("transposed", Tensor(floats, 0, (3, 2), (1, 3))),
        ("tail", Tensor(floats, 4, (2,), (1,))),
        ("repeated", Tensor(floats, 5, (2, 2), (0, 0))),
        ("none", Tensor(floats, 6, (0, 3), (3, 1))),
        ("scalar", Tensor(longs, 1, (), ())),
        ("half", Tensor(halves, 0, (2,), (1,))),
        ("epoch", 3),
    ])
    told = [
        ("weight", "float32", [2, 3], [12, 4], True, floats.items),
        ("transposed", "float32", [3, 2], [4, 12], False, struct.pack("<6f", 0, 3, 1, 4, 2, 5)),
        ("tail", "float32", [2], [4], False, floats.items[16:]),
        ("repeated", "float32", [2, 2], [0, 0], False, floats.items[20:] * 4),
        ("none", "float32", [0, 3], [12, 4], False, b""),
        ("scalar", "int64", [], [], False, longs.items[8:]),
        ("half", "bfloat16", [2], [2], False, halves.items),
    ]
    return value, [floats, longs, halves], told


class Torch(Reading):
    def test_both_forms(self):
        value, storages, told = example()
        for protocol in range(2, 6):
            for data in (torch_zip(value, storages, protocol), torch_legacy(value, storages, protocol),
                         torch_zip(value, storages, protocol, zipfile.ZIP_DEFLATED)):
                loaded = self.loaded("torch", data)
                self.assertEqual([tuple(tensor) for tensor in loaded], told)
            # A dict as well.
            self.assertEqual(len(self.loaded("torch", torch_zip(dict(value), storages))), len(told))

    def test_the_example(self):
        value, storages, _ = example()
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "model.pt")
            with open(path, "wb") as file:
                file.write(torch_zip(value, storages))
            out = subprocess.run([os.path.join(BIN, "weights"), path], stdout=subprocess.PIPE,
                                 check=True, universal_newlines=True).stdout
        self.assertEqual(out.splitlines()[:2], ["weight: float32 in 2 dimensions, sum 15",
                                                "transposed: float32 in 2 dimensions, sum 15"])

    def test_what_is_missing(self):
        value, storages, _ = example()
        for write in torch_zip, torch_legacy:
            self.refused("torch", write(value, storages[:-1]), "there is no storage 2")
            short = Storage("FloatStorage", "0", storages[0].items)
            short.items = short.items[:-4]
            self.refused("torch", write(value, [short] + storages[1:]), "")
        self.refused("torch", torch_legacy(value, storages)[:-1], "storage 2 has 3 of 4 bytes")
        self.refused("torch", torch_zip(value, storages)[:-1], "zip archive")
        self.refused("torch", b"", "neither a zip archive nor")
        self.refused("torch", pickle.dumps(1), "neither a zip archive nor")
        self.refused("torch", torch_zip(value, storages, extra=[("other/data.pkl", b"N.")]),
                     "two data.pkl")
        self.cut_everywhere("torch", torch_legacy(value, storages), 41)
        self.cut_everywhere("torch", torch_zip(value, storages), 97)

    def test_what_lies_outside(self):
        floats = Storage("FloatStorage", "0", bytes(24))
        for args in ((1, (2, 3), (3, 1)), (0, (2, 3), (4, 1)), (-1, (1,), (1,)), (0, (7,), (1,)),
                     (0, (1 << 62, 2), (1, 1)), (0, (2,), (-1,)), (1 << 62, (1,), (1,)), (7, (0,), (1,)),
                     (0, (2,), (1 << 61,)), (0, (2, 2), (1,)), (0, (1 << 63,), (0,)),
                     (0, ("a",), (1,))):
            for write in torch_zip, torch_legacy:
                self.refused("torch", write({"a": Tensor(floats, *args)}, [floats]), "a tensor")


# joblib

class NumpyArrayWrapper:
    def __init__(self, array, padded):
        self.subclass, self.shape, self.dtype = type(array), array.shape, array.dtype
        fortran = array.flags.f_contiguous and not array.flags.c_contiguous
        self.order, self.allow_mmap = "F" if fortran else "C", True
        if padded:
            self.numpy_array_alignment_bytes = 16


JOBLIB = module_of("joblib.numpy_pickle", NumpyArrayWrapper=NumpyArrayWrapper)


def joblib_dump(value, protocol, padded=True):
    file = io.BytesIO()

    class Saving(pickle._Pickler):
        def save(self, part, save_persistent_id=True):
            if type(part) is not numpy.ndarray:
                return super().save(part, save_persistent_id)
            super().save(NumpyArrayWrapper(part, padded))
            if self.proto >= 4:
                self.framer.commit_frame(force=True)
            if part.dtype.hasobject:
                pickle.dump(part, file, protocol=2)
                return None
            if padded:
                padding = 16 - (file.tell() + 1) % 16
                file.write(bytes([padding]) + b"\xff" * padding)
            file.write(part.tobytes("A" if part.flags.f_contiguous else "C"))
            return None

    with Modules({"joblib": types.ModuleType("joblib"), "joblib.numpy_pickle": JOBLIB}):
        Saving(file, protocol).dump(value)
    return file.getvalue()


@unittest.skipIf(numpy is None, "needs numpy")
class Arrays(Reading):
    def values(self):
        return [numpy.arange(6).reshape(2, 3), numpy.arange(6.0).reshape(2, 3).T, numpy.array(1.5),
                numpy.zeros((0, 3), "f4"), numpy.array(["a", "bcd"]), numpy.array([b"a", b"bcd"]),
                numpy.array(["2020-01-01"], "M8[D]"), numpy.array([5], "m8[25s]"),
                numpy.array([1, "a", None], object), numpy.array([True, False]),
                numpy.array([1.5, 2], ">f8"), numpy.array([1j]), numpy.array([1.5], "f2"),
                numpy.arange(24, dtype="u1").reshape(2, 3, 4)]

    def structured(self):
        return [numpy.array([(1, 2.5, b"x")], [("a", "i4"), ("b", ">f8"), ("c", "S3")]),
                numpy.array([(1, (2.5, 3))], [("a", "i4"), ("b", "f4", (2,))]),
                numpy.array([(1, (2, 3))], [("a", "i4"), ("b", [("c", "i2"), ("d", "i8")])])]

    def same(self, got, expected):
        self.assertEqual((got.dtype, got.shape), (expected.dtype, expected.shape))
        self.assertEqual(repr(got.tolist()), repr(expected.tolist()))

    def test_npy(self):
        for array in self.values() + self.structured():
            for version in (1, 0), (2, 0), (3, 0):
                with self.subTest(array, version=version):
                    file = io.BytesIO()
                    numpy.lib.format.write_array(file, array, version)
                    self.same(self.loaded("npy", file.getvalue()), array)
                    if not array.dtype.hasobject and array.size:
                        self.refused("npy", file.getvalue()[:-1], "ends after")
        self.refused("npy", b"", "does not begin")

    def test_npz(self):
        arrays = {"a%d" % n: array for n, array in enumerate(self.values())}
        for save in numpy.savez, numpy.savez_compressed:
            file = io.BytesIO()
            save(file, **arrays)
            loaded = self.loaded("npz", file.getvalue())
            self.assertEqual(list(loaded), list(arrays))
            for name, array in arrays.items():
                self.same(loaded[name], array)
            self.refused("npz", file.getvalue()[:-1], "zip archive")
        file = io.BytesIO()
        numpy.savez_compressed(file, a=numpy.zeros(1000))
        at = file.getvalue().index(b"a.npy") + 40
        self.refused("npz", file.getvalue()[:at] + b"\xff\xff\xff" + file.getvalue()[at + 3:])

    def test_joblib(self):
        value = {"arrays": self.values(), "more": [self.values()[0]] * 2, "text": "x" * 100000}
        for protocol in range(2, 6):
            for padded in True, False:
                data = joblib_dump(value, protocol, padded)
                for packed in data, zlib.compress(data), gzip.compress(data):
                    loaded = self.loaded("joblib", packed)
                    self.assertEqual(loaded["text"], value["text"])
                    for got, expected in zip(loaded["arrays"] + loaded["more"],
                                             value["arrays"] + value["more"]):
                        self.same(got, expected)
                    self.refused("joblib", packed[:-1])
        self.assertEqual(self.loaded("joblib", pickle.dumps([1, "a"])), [1, "a"])
        self.refused("joblib", bz2.compress(data), "it is bzip2 data")
        self.cut_everywhere("joblib", joblib_dump(self.values()[:3], 4), 7)

    def test_a_dtype_that_says_two_things(self):
        data = joblib_dump(numpy.array(["abc"]), 2)
        self.assertIn(b"K\x0cK\x04K\x08", data)
        self.refused("joblib", data.replace(b"K\x0cK\x04K\x08", b"K\x10K\x04K\x08"), "dtype")


if __name__ == "__main__":
    unittest.main()
