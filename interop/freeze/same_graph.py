# SPDX-License-Identifier: BSL-1.0
"""Whether two object graphs are the same: types, contents, and which places hold one object.

Of strings, numbers and of tuples that hold nothing else it does not matter whether they are one.
"""

import copyreg
import types

ATOMS = (int, float, complex, str, bytes, bool, type(None), type(...), type(NotImplemented))
BY_NAME = (type, types.FunctionType)
MISSING = object()


class Different(AssertionError):
    pass


def is_atom(o):
    if type(o) in (tuple, frozenset):
        return all(type(item) in ATOMS for item in o)
    return type(o) in ATOMS


def in_order(items):
    """Those of a set. What is no atom stays in the order in which it came."""
    return sorted(items, key=lambda o: (type(o).__name__, repr(o) if is_atom(o) else ""))


class Comparison:
    """Walks both graphs at once with a stack of its own, so that depth is no matter."""

    def __init__(self):
        self.partner = {}  # id of an object of the left graph -> of its twin, and both, kept alive
        self.reverse = {}
        self.todo = []

    def compare(self, left, right):
        self.todo.append((left, right, "$"))
        while self.todo:
            self.visit(*self.todo.pop())

    def fail(self, path, left, right, why):
        raise Different("%s: %s: %.200r / %.200r" % (path, why, left, right))

    def visit(self, left, right, path):
        if type(left) is not type(right):
            self.fail(path, left, right, "types differ")
        if issubclass(type(left), BY_NAME):  # list[int] says of itself that it is a type
            if left is not right:
                self.fail(path, left, right, "classes or functions differ")
            return
        if type(left) is frozenset and is_atom(left) and is_atom(right):
            return self.sequences(in_order(left), in_order(right), path)
        if is_atom(left) and is_atom(right):
            if repr(left) != repr(right):
                self.fail(path, left, right, "values differ")
            return
        known = self.partner.get(id(left), (MISSING,))[0]
        back = self.reverse.get(id(right), (MISSING,))[0]
        if known is not MISSING or back is not MISSING:
            if known is not right or back is not left:
                self.fail(path, left, right, "sharing differs")
            return
        self.partner[id(left)] = (right, left)
        self.reverse[id(right)] = (left, right)
        self.contents(left, right, path)

    def contents(self, left, right, path):
        if type(left) in (list, tuple):
            self.sequences(left, right, path)
        elif type(left) is dict:
            self.sequences(list(left), list(right), path + ".keys()")
            self.sequences(list(left.values()), list(right.values()), path + ".values()")
        elif type(left) in (set, frozenset):
            self.sequences(in_order(left), in_order(right), path + "{}")
        elif type(left) is bytearray:
            if left != right:
                self.fail(path, left, right, "values differ")
        else:
            self.reductions(left, right, path)

    def sequences(self, left, right, path):
        if len(left) != len(right):
            self.fail(path, left, right, "lengths differ")
        for i, (l, r) in enumerate(zip(left, right)):
            self.todo.append((l, r, "%s[%d]" % (path, i)))

    def reductions(self, left, right, path):
        """What pickle would write of them."""
        reduce = copyreg.dispatch_table.get(type(left))
        parts = [reduce(o) if reduce else o.__reduce_ex__(4) for o in (left, right)]
        if any(isinstance(p, str) for p in parts):
            if parts[0] != parts[1]:
                self.fail(path, left, right, "names differ")
            return
        self.sequences(*([self.plain(*p) for p in enumerate(part)] for part in parts),
                       path + ".__reduce__()")

    @staticmethod
    def plain(index, part):
        """The iterators of items as lists."""
        return list(part) if index in (3, 4) and part is not None else part


def check_same_graph(left, right):
    """Raises Different where they are not the same."""
    Comparison().compare(left, right)
