# SPDX-License-Identifier: BSL-1.0
"""The same calls through stock proxies to CPython's own manager and to ours, and their answers.

CPython's server is this interpreter's, in a process of its own. It registers the newest surface of
each container, so that what the newest proxies ask for is compared by older interpreters, too.
"""

import re
import sys
import unittest
from multiprocessing import get_context
from multiprocessing.managers import RemoteError, SyncManager

from interop.serving import Server

# What CPython 3.14 exposes of its containers.
SURFACE = {
    "list": """__add__ __contains__ __delitem__ __getitem__ __imul__ __len__ __mul__ __reversed__
        __rmul__ __setitem__ append clear copy count extend index insert pop remove reverse
        sort""".split(),
    "dict": """__contains__ __delitem__ __getitem__ __ior__ __iter__ __len__ __or__ __reversed__
        __ror__ __setitem__ clear copy fromkeys get items keys pop popitem setdefault update
        values""".split(),
    "set": """__and__ __class_getitem__ __contains__ __iand__ __ior__ __isub__ __iter__ __ixor__
        __len__ __or__ __rand__ __ror__ __rsub__ __rxor__ __sub__ __xor__ __ge__ __gt__ __le__
        __lt__ add clear copy difference difference_update discard intersection
        intersection_update isdisjoint issubset issuperset pop remove symmetric_difference
        symmetric_difference_update union update""".split(),
}


class Oracle(SyncManager):
    """CPython's server, with the newest surface."""


class Client(SyncManager):
    """Stock proxies, and a set before 3.14, as a program would register it."""


for name, factory in ("list", list), ("dict", dict), ("set", set):
    Oracle.register(name, factory, exposed=SURFACE[name],
                    method_to_typeid={"__iter__": "Iterator"} if name == "dict" else None)
if not hasattr(SyncManager, "set"):
    Client.register("set", exposed=SURFACE["set"])


def plain(value):
    """A value as something that compares by type, too, and NaN as equal to itself."""
    kind = type(value).__name__
    if isinstance(value, (list, tuple)):
        return (kind, [plain(item) for item in value])
    if isinstance(value, (set, frozenset)):
        return (kind, sorted(repr(plain(item)) for item in value))
    if isinstance(value, dict):
        return (kind, [(plain(k), plain(v)) for k, v in value.items()])
    if hasattr(value, "__next__"):
        return ("iterator", [plain(item) for item in value])
    return (kind, re.sub("0x[0-9a-f]+", "0x", repr(value)))


def outcome(action):
    """What `action` returns or raises, to be compared with what another server makes of it."""
    try:
        return ("returned", plain(action()))
    except RemoteError as error:  # the text of a traceback: its last line is the exception
        return ("remote", str(error).strip("-\n").splitlines()[-1])
    except Exception as error:
        kind = type(error)
        return ("raised", kind.__module__ + "." + kind.__qualname__, plain(error.args))


def comparable(answer):
    """The answer less the wording of exceptions where that varies between versions of CPython.

    Our server words them as 3.13 does."""
    other_words = sys.version_info[:2] != (3, 13)
    if other_words and answer[0] == "raised" and answer[1] != "builtins.KeyError":
        return answer[:2]
    if other_words and answer[0] == "remote":
        return ("remote", answer[1].partition(":")[0])
    return answer


class Twin:
    """An object of each server, of which the same is asked."""

    def __init__(self, case, *proxies):
        self.case, self.proxies, self.history, self.answer = case, proxies, [], None

    def ask(self, question, action):
        """`action(proxy)` for both, which have to answer alike."""
        self.history.append(question)
        theirs, ours = (outcome(lambda: action(proxy)) for proxy in self.proxies)
        if comparable(ours) != comparable(theirs):
            self.case.fail("after %s:\nCPython: %s\npickled: %s" % (
                "\n  ".join(map(str, self.history[-30:])), theirs, ours))
        self.answer = ours

    def call(self, method, *args, **kwds):
        return self.ask((method, args, kwds),
                        lambda proxy: proxy._callmethod(method, args, kwds))

    def same_value(self):
        self.ask("its value", lambda proxy: proxy._getvalue())


class OracleTest(unittest.TestCase):
    """A test that has both servers: `self.managers` are CPython's and ours."""

    ORACLE, CLIENT = Oracle, Client

    @classmethod
    def setUpClass(cls):
        cls.stock = cls.ORACLE(ctx=get_context("fork"))
        cls.stock.start()
        cls.addClassCleanup(cls.stock.shutdown)
        cls.server = Server()
        cls.addClassCleanup(cls.server.__exit__)
        theirs = cls.CLIENT(cls.stock.address, cls.stock._authkey)
        theirs.connect()
        cls.managers = (theirs, cls.server.manager(cls.CLIENT))

    def make(self, typeid, *args, **kwds):
        """A Twin of a new object; where it cannot be made, nobody can."""
        made = []
        answers = [outcome(lambda: made.append(getattr(manager, typeid)(*args, **kwds)))
                   for manager in self.managers]
        self.assertEqual(comparable(answers[1]), comparable(answers[0]), (typeid, args, kwds))
        return Twin(self, *made) if len(made) == 2 else None

    def same(self, program, *args):
        """`program(manager, *args)` for both servers, which have to answer alike."""
        theirs, ours = (outcome(lambda: program(manager, *args)) for manager in self.managers)
        self.assertEqual(comparable(ours), comparable(theirs))
        self.assertEqual(theirs[0], "returned", theirs)
