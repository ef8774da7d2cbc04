# SPDX-License-Identifier: BSL-1.0
"""CPython's own pickle tests, with every pickle frozen and spliced before it is loaded."""

import pickle
import unittest
from unittest import mock

from interop.freeze.driver import Driver, FreezeError

try:
    from test import pickletester
except ImportError:  # Debian has CPython's tests in a package of their own
    pickletester = None


def as_request(pickled):
    """The pickle of ("append", the value) as a request, without pickling the value again."""
    proto, value = (pickled[:2], pickled[2:]) if pickled[:1] == b"\x80" else (b"", pickled)
    return proto + b"(N\x8c\x06append(" + value[:-1] + b"t}t."


# These look whether short strings stay one object, which makes no difference to Python; or pickle
# buffers out of band, which no connection carries.
LEFT_OUT = (
    "test_bytes_memoization", "test_unicode_memoization", "test_buffers_error",
    "test_buffers_numpy", "test_oob_buffers", "test_oob_buffers_writable_to_readonly")

# Subclasses of containers with a cycle through their items. Protocols 0 and 1 write the items as an
# argument, once for each way round the cycle; as a value that is one list, which would have to be
# full before what it holds is made.
FROM_PROTOCOL_2 = ["test_recursive_%s_subclass_and_inst" % name
                   for name in ("list", "dict", "set", "frozenset")]

if pickletester is None:

    class Missing(unittest.TestCase):
        @unittest.skip("no test.pickletester")
        def test_pickletester(self):
            pass

else:

    class Frozen(pickletester.AbstractPickleTests, unittest.TestCase):
        pickler = pickle.Pickler
        unpickler = pickle.Unpickler
        road = b"f"

        @classmethod
        def setUpClass(cls):
            cls.driver = Driver()

        @classmethod
        def tearDownClass(cls):
            cls.driver.close()

        def dumps(self, arg, proto=None, **kwargs):
            return pickle.dumps(arg, proto, **kwargs)

        def loads(self, buf, **kwargs):
            try:
                spliced = self.driver.freeze(as_request(buf), self.road)
            except FreezeError as error:
                raise ValueError(str(error))
            return pickle.loads(spliced.alone[0], **kwargs)

    class FrozenByValue(Frozen):
        road = b"s"

    class FrozenAgain(Frozen):
        road = b"t"

    for name in LEFT_OUT:
        setattr(Frozen, name, None)
    for name in FROM_PROTOCOL_2:
        newer = mock.patch.object(pickletester, "protocols", range(2, pickle.HIGHEST_PROTOCOL + 1))
        setattr(Frozen, name, newer(getattr(Frozen, name)))


if __name__ == "__main__":
    unittest.main()
