# SPDX-License-Identifier: BSL-1.0
"""CPython's own pickle tests, with every pickle sent through the codec before it is loaded."""

import io
import pickle
import sys
import unittest
from unittest import mock

try:
    from test import pickletester
except ImportError:
    raise unittest.SkipTest("this CPython is installed without its tests")

from interop.codec.driver import LIKE_CPYTHON, NO_FIX_IMPORTS, Codec, same_graph

HIGHEST = pickle.HIGHEST_PROTOCOL

# The lowest protocol that can express what a test pickles, where CPython has none either.
NEEDS = {
    "test_builtin_exceptions": 3, "test_global_ext1": 2, "test_global_ext2": 2,
    "test_global_ext4": 2, "test_long": 2, "test_recursive_set": 4,
}


def convert(codec, data, protocol, flags, fix_imports=True, encoding="ASCII", buffers=None, **_):
    """`data` as the codec writes it, and what is left for loads to do."""
    if not fix_imports:
        flags |= NO_FIX_IMPORTS
    kwds = {"fix_imports": fix_imports, "encoding": encoding}
    if buffers is not None:
        buffers = list(buffers)
        kwds["buffers"] = buffers
        protocol = HIGHEST
    count = len(buffers or ())
    return codec.convert(data, protocol, flags, count, encoding), kwds


class Through:
    """Replaces `loads` of a class of pickletester; `protocol` is what the codec writes."""

    protocol = 4
    flags = 0
    bad_stack_errors = (pickle.UnpicklingError, IndexError, TypeError, AttributeError, KeyError)
    truncated_errors = (pickle.UnpicklingError, EOFError, ValueError)
    truncated_data_error = (pickle.UnpicklingError, "")
    size_overflow_error = (pickle.UnpicklingError, "")

    @classmethod
    def setUpClass(cls):
        cls.codec = Codec()

    @classmethod
    def tearDownClass(cls):
        cls.codec.close()

    def dumps(self, arg, proto=None, **kwds):
        return pickle.dumps(arg, proto, **kwds)

    def loads(self, data, **kwds):
        if self.protocol < NEEDS.get(self._testMethodName, 0):
            self.skipTest("the protocol cannot express it")
        converted, kwds = convert(self.codec, data, self.protocol, self.flags, **kwds)
        if "buffers" not in kwds:
            try:
                graphs = pickle.loads(data, **kwds), pickle.loads(converted, **kwds)
                same = same_graph(*graphs)
            except Exception:
                pass  # Not everything that these tests load can be pickled again.
            else:
                self.assertTrue(same, graphs)
        return pickle.loads(converted, **kwds)


class UnpickleTests(Through, pickletester.AbstractUnpickleTests, unittest.TestCase):
    """Pickles of Python 2 and 3 that are written down, and malformed ones."""

    unpickler = pickle._Unpickler

    def loads(self, data, **kwds):
        try:
            return super().loads(data, **kwds)
        except pickle.UnpicklingError as error:
            if sys.version_info < (3, 9) and "memo value not found" in str(error):
                raise KeyError(str(error))  # which the oldest CPython still had from its dict
            raise


# The encodings of Python 2's strings are four.
UnpickleTests.test_empty_bytestring = None


def graphs(to, more_flags=0):
    class PickleTests(Through, pickletester.AbstractPickleTests, unittest.TestCase):
        protocol = to
        flags = more_flags
        pickler = pickle._Pickler
        unpickler = pickle._Unpickler
        optimized = False
    return PickleTests


class Persistent:
    """Persistent ids go through the codec, which knows nothing of what they mean."""

    @classmethod
    def setUpClass(cls):
        cls.codec = Codec()

    @classmethod
    def tearDownClass(cls):
        cls.codec.close()

    def dumps(self, arg, proto=None):
        class Pickler(pickle.Pickler):
            def persistent_id(_, obj):
                return self.persistent_id(obj)
        file = io.BytesIO()
        Pickler(file, proto).dump(arg)
        return file.getvalue()

    def loads(self, data):
        class Unpickler(pickle.Unpickler):
            def persistent_load(_, pid):
                return self.persistent_load(pid)
        return Unpickler(io.BytesIO(self.codec.convert(data, HIGHEST))).load()


class PersistentIds(Persistent, pickletester.AbstractPersistentPicklerTests, unittest.TestCase):
    pass


class PersistentObjects(Persistent, pickletester.AbstractIdentityPersistentPicklerTests,
                        unittest.TestCase):
    pass


# Compares the error's whole text, and ours tells the place too.
PersistentObjects.test_protocol0_is_ascii_only = None
# Everything is a persistent id: at lower protocols the arguments of the call that bytes are, and at
# higher ones the names of a class, which only Python can know to be a tuple and strs.
PersistentObjects.test_return_correct_type = mock.patch.object(
    pickletester, "protocols", [3])(PersistentObjects.test_return_correct_type)

for to in range(HIGHEST + 1):
    globals()["PickleTests%d" % to] = graphs(to)
PickleTestsLikeCPython = graphs(HIGHEST, LIKE_CPYTHON)
