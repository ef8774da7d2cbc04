#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Writes container_calls.txt: what CPython's list, dict, set, Namespace, Value and Array answer.

    python3.13 tests/data/server/write_container_calls.py

Lines: `create TYPEID REQUEST` makes an object, and `again` another one in the same way; `call METHOD
REQUEST` calls a method of the last one made; of a request, which is a pickle like those that a
client sends, only the arguments count. After each call, and where an object cannot be made, comes
`return VALUE` or `raise TYPE ARGS`. `state REPR VALUE` is the object after the calls above it; REPR
is "-" where only CPython knows it. Pickles and reprs are in base64.
"""

import array
import base64
import collections
import operator
import pathlib
import sys
import types
import warnings
from multiprocessing.managers import Array, Namespace, Value
from multiprocessing.reduction import ForkingPickler

warnings.simplefilter("ignore", DeprecationWarning)  # of array('u')

TYPES = {"list": list, "dict": dict, "set": set, "Namespace": Namespace, "Value": Value,
         "Array": Array}
Point = collections.namedtuple("Point", "x y")
Point.__module__ = "mymod"
sys.modules["mymod"] = types.ModuleType("mymod")
sys.modules["mymod"].Point = Point
lines = []
last_create = ""


class Call:
    def __init__(self, method, *args, **kwds):
        self.method, self.args, self.kwds = method, args, kwds


class Keyed(Call):
    """A call whose keyword is named like a parameter of this class."""

    def __init__(self, method, kwds):
        self.method, self.args, self.kwds = method, (), kwds


def encoded(data):
    return base64.b64encode(data).decode()


def pickled(value):
    views = (type({}.keys()), type({}.values()), type({}.items()))
    if isinstance(value, views):
        value = list(value)
    return encoded(ForkingPickler.dumps(value, 4))


def is_secret(made):
    """Whether repr depends on the order of a set, or on a class that only CPython knows."""
    return isinstance(made, set) and len(made) > 1 or "Point" in repr(made)


def request(args, kwds):
    return pickled((None, "m", args, kwds))


def answer(function, args, kwds):
    try:
        result = function(*args, **kwds)
    except Exception as error:
        name = type(error).__name__
        lines.append(f"raise {name} {pickled(error.args)}")
        return None
    return result


def run(type_id, create, calls, state=True):
    """One object made by the call `create`, and what it answers to `calls`, in turn."""
    global last_create
    line = f"create {type_id} {request(create.args, create.kwds)}"
    lines.append("again" if line == last_create else line)
    last_create = line
    made = answer(TYPES[type_id], create.args, create.kwds)
    if made is None:
        return
    for call in calls:
        # Pickled first: sort() and the like may change what they were given.
        lines.append(f"call {call.method} {request(call.args, call.kwds)}")
        before = len(lines)
        result = answer(getattr(made, call.method), call.args, call.kwds)
        if len(lines) == before:
            lines.append("return " + pickled(result))
    if state:
        text = "-" if is_secret(made) else encoded(repr(made).encode("utf-8", "surrogatepass"))
        lines.append(f"state {text} {pickled(made)}")


def arities(type_id, create, methods, most=4):
    """Every method with every number of arguments, and with a keyword that it does not have."""
    for method in methods.split():
        for count in range(most + 1):
            run(type_id, create, [Call(method, *[1] * count)], state=False)
        run(type_id, create, [Call(method, x=1)], state=False)
        run(type_id, create, [Call(method, 1, x=1)], state=False)


def each(type_id, create, calls):
    for call in calls:
        run(type_id, create, [call])


BIG = 2**70


def lists():
    arities("list", Call("", [3, 1, 2]), """__add__ __contains__ __delitem__ __getitem__ __imul__
            __len__ __mul__ __reversed__ __rmul__ __setitem__ append clear copy count extend index
            insert pop remove reverse sort""")
    for create in (Call(""), Call("", (1, 2)), Call("", "ab"), Call("", {"k": 1}), Call("", 5),
                   Call("", [1], [2]), Call("", x=1), Call("", range(3)), Call("", None),
                   Call("", b"ab"), Call("", {7}), Call("", collections.deque([1, 2]))):
        run("list", create, [])
    five = Call("", [0, 1, 2, 3, 4])
    slices = [slice(None), slice(1, 3), slice(3, 1), slice(None, None, 2), slice(None, None, -1),
              slice(4, 1, -2), slice(-3, -1), slice(10, 20), slice(-10, 2), slice(1, None, 3),
              slice(-BIG, BIG), slice(None, None, BIG), slice(True, 3), slice(2, 2)]
    for s in slices:
        each("list", five, [Call("__getitem__", s), Call("__delitem__", s),
                            Call("__setitem__", s, []), Call("__setitem__", s, "xy"),
                            Call("__setitem__", s, ["p", "q", "r"]),
                            Call("__setitem__", s, ["p", "q", "r", "s", "t"])])
    for index in (0, 4, -1, -5, 5, -6, True, BIG, -BIG, 1.0, "x", None, (1,), slice("a"),
                  slice(1, 2, 0), slice(None, 1.5)):
        each("list", five, [Call("__getitem__", index), Call("__setitem__", index, ["new"]),
                            Call("__delitem__", index), Call("pop", index),
                            Call("insert", index, "new")])
    each("list", five, [
        Call("pop"), Call("insert", 2, None), Call("append", [1, [2]]), Call("append", "é\ud800"),
        Call("extend", "ab"), Call("extend", ()), Call("extend", {"a": 1, "b": 2}),
        Call("extend", {9}), Call("extend", range(2)), Call("extend", 5), Call("extend", None),
        Call("extend", iter([1, 2])), Call("extend", reversed([1, 2])), Call("extend", b"ab"),
        Call("extend", enumerate("ab")), Call("extend", zip([1], [2])),
        Call("extend", array.array("i", [7, 8])), Call("extend", collections.OrderedDict(a=1)),
        Call("__add__", [5]), Call("__add__", (5,)), Call("__add__", "x"), Call("__add__", None),
        Call("__mul__", 2), Call("__mul__", 0), Call("__mul__", -1), Call("__mul__", True),
        Call("__mul__", 1.5), Call("__mul__", "x"), Call("__mul__", BIG), Call("__mul__", 2**62),
        Call("__rmul__", 2), Call("__rmul__", None), Call("__imul__", 2), Call("__imul__", 0),
        Call("__imul__", BIG), Call("__imul__", 2**62), Call("__imul__", "x"),
        Call("__setitem__", slice(0, 1), 1), Call("__setitem__", slice(0, 3, 2), 1),
        Call("__setitem__", slice(0, 3, 2), None), Call("reverse"), Call("clear"), Call("copy"),
        Call("__reversed__"), Call("__len__")])
    mixed = Call("", [1, 1.0, True, "1", b"1", None, 2.5, (1, 2), [1, 2], {"a": 1}, {1, 2},
                      frozenset([1, 2]), BIG, float(BIG), 2**53 + 1, float(2**53), "é",
                      float("inf"), 1j, 0, 0.0, -0.0, False, bytearray(b"1"), (1.0, 2)])
    for x in (1, 1.0, True, 0, False, "1", "2", b"1", None, 2.5, (1, 2), (1, 3), [1, 2], [1.0, 2],
              {"a": 1}, {"a": 1.0}, {}, {2, 1}, frozenset([2, 1]), BIG, float(BIG), 2**53,
              2**53 + 1, float(2**53), "é", float("inf"), float("nan"), 1j, bytearray(b"1"), 3):
        each("list", mixed, [Call("index", x), Call("count", x), Call("__contains__", x),
                             Call("remove", x)])
    for bounds in ((2,), (-2,), (0, 1), (1, 2), (0, -1), (-BIG, BIG), (0, BIG), (5, 1), (True,),
                   ("x",), (None,), (0, None), (1.0,)):
        run("list", Call("", ["a", "b", "a"]), [Call("index", "a", *bounds)])
    for nan in ([], [1, float("nan")]):
        run("list", Call("", nan), [Call("pop"), Call("pop"), Call("pop"), Call("remove", 1),
                                    Call("index", 1), Call("reverse"), Call("__reversed__")])


def sorts():
    texts = ["b", "A", "a", "É", "ß", "é", "ǅ", "İ", "ΑΣ", "ΑΣΑ", "ſ", "", "SS", "\ud800", "𐐀", "Z"]
    numbers = [3, -1, 2.5, True, 0, -7.5, BIG, -BIG, 2**63, float("inf")]
    rows = [("b", 2), ("a", 2), ("c", 1), ("a", 1)]
    dicts = [{"n": 2, "k": "x"}, {"n": 1, "k": "y"}, {"n": 2, "k": "w"}]
    digits = ["10", " 9 ", "-3", "+4", "1_0", "2"]
    floats = ["1.5", "-inf", "1e3", " 7 ", "1e400", "-0", "1_0.5", ".5", "5."]
    for items in (texts, numbers, rows, [], [1], [(1, "a"), (0, "b"), (1, "A")], [[2], [1, 5], []],
                  list(range(500, 0, -7)) * 3, ["x%d" % (i * 7919 % 1000) for i in range(300)],
                  [1.5, 1, 2], [b"b", b"a"]):
        each("list", Call("", items), [Call("sort"), Call("sort", reverse=True),
                                       Call("sort", key=None, reverse=0)])
    # Its order among other instances is CPython's secret: only equal and unequal are asked for.
    for key in (str, str.lower, str.upper, str.casefold, len):
        each("list", Call("", texts), [Keyed("sort", {"key": key}),
                                       Keyed("sort", {"key": key, "reverse": True})])
    for key in (abs, int, float, str):
        each("list", Call("", numbers[:-1]), [Keyed("sort", {"key": key})])
    get = operator.itemgetter
    for items, key in ((rows, get(1)), (rows, get(0, 1)), (rows, get(-1)), (rows, get(5)),
                       (rows, get("x")), (rows, get(slice(0, 1))), (dicts, get("n")),
                       (dicts, get("n", "k")), (dicts, get("z")), (digits, int), (floats, float),
                       (["b1", "a2"], get(1)), ([b"b1", b"a2"], get(1)), (["é"], get(3)),
                       ([1, 2], get(0)), ([{1}], get(0)), ([None], get(0)), ([b"a"], get(7)),
                       ([bytearray(b"ba"), bytearray(b"ab")], get(0)), ([bytearray(b"a")], get(9)),
                       (rows, len), ([[], {}, "a", b"ab", {1, 2, 3}], len), ([1], len),
                       (["a"], abs), ([3 + 4j, 1j], abs), ([None], int), (["x"], int), ([""], int),
                       (["1__0"], int), (["1" * 5000], int), ([float("nan")], int),
                       ([float("inf")], int), ([1e300, 1e299, 10**299], int), (["x"], float),
                       (["1__0"], float), (["nan(1)"], float), ([[]], float), ([[]], int),
                       ([10**400], float), ([b"12", b"3"], int), ([b"1.5", b"-3"], float),
                       ([None, True, 1, 1.5, [1], {"a": 1}], str), ([5], str.lower),
                       ([b"a"], str.casefold), ([1, "a"], None), (["a", 1], None), ([None, 1], None),
                       ([{}, {}], None), ([1j, 2j], None), ([(1, "a"), (1, 2)], None),
                       ([Point(2, 1), Point(1, 2)], get(0)),
                       ([collections.Counter("ab"), collections.Counter("aab")], get("a")),
                       ([collections.OrderedDict(a=2), collections.OrderedDict(a=1)], get("a"))):
        each("list", Call("", items), [Keyed("sort", {"key": key})])
    each("list", Call("", [2, 1]), [
        Keyed("sort", {"key": 1}), Keyed("sort", {"key": "x"}), Keyed("sort", {"x": 1}),
        Keyed("sort", {"key": None, "reverse": 1, "x": 2}), Keyed("sort", {"reverse": "x"}),
        Keyed("sort", {"reverse": ""}), Keyed("sort", {"reverse": []}),
        Keyed("sort", {"reverse": [0]}), Keyed("sort", {"reverse": 0.5}),
        Keyed("sort", {"reverse": None}), Call("sort", None, key=None)])


def dicts():
    arities("dict", Call("", {1: 2}), """__contains__ __delitem__ __getitem__ __ior__ __iter__
            __len__ __or__ __reversed__ __ror__ __setitem__ clear copy fromkeys get items keys pop
            popitem setdefault update values""")
    sources = ({"b": 1}, [("b", 1)], [["b", 1], ("c", 2)], ["ab", "cd"], ["ab", "c"], [(1, 2), (3,)],
               [(1, 2, 3)], [1], [("b", 1), 5], [[]], 5, None, "ab", "a", b"ab", [([], 1)],
               [("b", 1), ({}, 2)], (("b", 1),), {("b", 1)}, [{"b": 1, "c": 2}],
               collections.OrderedDict(b=1, c=2), collections.Counter("bcb"),
               collections.defaultdict(list, {"b": [1]}), iter([("b", 1)]), zip("bc", [1, 2]),
               enumerate("bc"), {1.0: "x"}.items(), collections.deque([("b", 1)]), [b"ab"])
    for source in sources:
        run("dict", Call("", source), [])
        run("dict", Call("", source, c=9), [])
        each("dict", Call("", {"a": 0, "b": 0}), [
            Call("update", source), Call("update", source, b=7), Call("__or__", source),
            Call("__ror__", source), Call("__ior__", source)])
    run("dict", Call("", a=1, b=2), [])
    run("dict", Call(""), [Call("popitem"), Call("update"), Call("update", a=1), Call("popitem")])
    run("dict", Call("", {}, {}), [])
    each("dict", Call("", {"a": 1, "b": [2], 3: None, (1, 2): "t"}), [
        Call("get", "a"), Call("get", "z"), Call("get", "z", 5), Call("get", "a", 5), Call("pop", "a"),
        Call("pop", "z"), Call("pop", "z", [1]), Call("pop", "a", None), Call("setdefault", "a", 9),
        Call("setdefault", "z", 9), Call("setdefault", "z"), Call("popitem"), Call("clear"),
        Call("copy"), Call("keys"), Call("values"), Call("items"), Call("__iter__"),
        Call("__reversed__"), Call("__len__"), Call("__getitem__", "a"), Call("__getitem__", 3.0),
        Call("__getitem__", "z"), Call("__getitem__", (1.0, 2)), Call("__getitem__", (1, 9)),
        Call("__getitem__", []), Call("__getitem__", {}), Call("__getitem__", ([],)),
        Call("__getitem__", frozenset([1])), Call("__getitem__", bytearray()),
        Call("__contains__", "a"), Call("__contains__", "z"), Call("__contains__", []),
        Call("__setitem__", "a", {"x": 1}), Call("__setitem__", 3.0, "y"), Call("__setitem__", True, 1),
        Call("__setitem__", {1}, 1), Call("__delitem__", "b"), Call("__delitem__", "z"),
        Call("__delitem__", {}), Call("fromkeys", "ab"), Call("fromkeys", ["a", "b", "a"], [0]),
        Call("fromkeys", [[]]), Call("fromkeys", 5), Call("fromkeys", {"q": 1}, None),
        Call("setdefault", [], 1), Call("pop", []), Call("pop", [], 1), Call("get", [])])
    # Keys stay what they were first, and keep their place until they go.
    run("dict", Call(""), [Call("__setitem__", 1, "int"), Call("__setitem__", "s", 0),
                           Call("__setitem__", 1.0, "float"), Call("__setitem__", True, "bool"),
                           Call("items"), Call("pop", 1.0), Call("__setitem__", 1.0, "again"),
                           Call("items"), Call("popitem"), Call("popitem"), Call("popitem")])
    many = [Call("__setitem__", i, str(i)) for i in range(100)]
    many += [Call("__delitem__", i) for i in range(0, 100, 3)]
    many += [Call("__getitem__", i) for i in range(0, 100, 9)]
    many += [Call("__setitem__", i, -i) for i in range(0, 100, 7)] + [Call("keys"), Call("__len__")]
    many += [Call("popitem") for _ in range(60)] + [Call("__setitem__", "end", 0), Call("items")]
    run("dict", Call(""), many)


def sets():
    arities("set", Call("", {1}), """__and__ __class_getitem__ __contains__ __iand__ __ior__ __isub__
            __iter__ __ixor__ __len__ __or__ __rand__ __ror__ __rsub__ __rxor__ __sub__ __xor__
            __ge__ __gt__ __le__ __lt__ add clear copy difference difference_update discard
            intersection intersection_update isdisjoint issubset issuperset pop remove
            symmetric_difference symmetric_difference_update union update""")
    for create in (Call(""), Call("", "aab"), Call("", [1, 1.0, True]), Call("", {1: 2}),
                   Call("", 5), Call("", [[]]), Call("", [1], [2]), Call("", x=1), Call("", None)):
        run("set", create, [])
    operators = """__and__ __iand__ __ior__ __isub__ __ixor__ __or__ __rand__ __ror__ __rsub__
            __rxor__ __sub__ __xor__ __ge__ __gt__ __le__ __lt__""".split()
    methods = """difference difference_update intersection intersection_update isdisjoint issubset
            issuperset symmetric_difference symmetric_difference_update union update""".split()
    others = ({2, 3}, {1, 2, 3}, {1, 2, 3, 4}, set(), frozenset([3]), {9}, [2, 3], (1,), "ab",
              {2: 0}, 5, None, [[]], [2, []], [9, []], range(2, 4), {2.0, True})
    for other in others:
        for method in operators + methods:
            run("set", Call("", {1, 2, 3}), [Call(method, other)])
    for method in ("difference", "intersection", "union", "update", "difference_update",
                   "intersection_update"):
        each("set", Call("", {1, 2, 3}), [Call(method, [1], {2}), Call(method, [1, 2], (2, 3), "a"),
                                          Call(method, {1}, [[]]), Call(method, {1}, 5)])
    # Of equal keys one is kept; which one can be seen.
    for other in ({1.0}, [1.0], {1.0, 2}, {True: 0}):
        for method in operators[:12] + methods:
            run("set", Call("", {1}), [Call(method, other)])
    nested = Call("", {frozenset([1]), "a"})
    each("set", nested, [
        Call("__contains__", {1}), Call("__contains__", {2}), Call("__contains__", []),
        Call("discard", {1}), Call("discard", {2}), Call("discard", []), Call("remove", {1}),
        Call("remove", {2}), Call("remove", "z"), Call("remove", []), Call("add", {1}),
        Call("add", "a"), Call("add", 1.5), Call("clear"), Call("copy"), Call("__len__"),
        Call("__class_getitem__", int), Call("__class_getitem__", (int, str))])
    run("set", Call("", {5}), [Call("__iter__"), Call("pop"), Call("pop"), Call("__iter__")])


def plain():
    arities("Namespace", Call("", y=1), "__getattribute__ __setattr__ __delattr__", most=3)
    arities("Value", Call("", "i", 5), "get set", most=3)
    each("Namespace", Call("", y=[1], _z=2, a="s"), [
        Call("__getattribute__", "y"), Call("__getattribute__", "_z"), Call("__getattribute__", "q"),
        Call("__getattribute__", "__dict__"), Call("__getattribute__", "__class__"),
        Call("__getattribute__", "__module__"), Call("__getattribute__", "__doc__"),
        Call("__setattr__", "y", {"k": 1}), Call("__setattr__", "new", None),
        Call("__setattr__", "é", 1), Call("__delattr__", "y"), Call("__delattr__", "q"),
        Call("__delattr__", 5), Call("__setattr__", None, 1), Call("__getattribute__", b"y")])
    for create in (Call(""), Call("", 1), Call("", 1, 2), Call("", 1, x=2), Keyed("", {"self": 1})):
        run("Namespace", create, [])
    for create in (Call("", "i", 5), Call("", "i"), Call(""), Call("", "i", 5, False),
                   Call("", "i", 5, 1, 1), Call("", typecode="d", value=1.5), Call("", "i", value=2),
                   Call("", "i", 5, x=1), Call("", "i", 5, typecode="d"), Call("", None, [1]),
                   Call("", "i", 5, lock=None)):
        run("Value", create, [Call("get")])
    run("Value", Call("", "i", 5), [Call("set", [1, {"a": 2}]), Call("get"), Call("set", value=3),
                                    Call("get"), Call("set", 1, value=3), Call("set", "x")])


def arrays():
    arities("Array", Call("", "i", [1, 2]), "__len__ __getitem__ __setitem__", most=3)
    for create in (Call(""), Call("", "i"), Call("", "i", [1], 1, 1), Call("", "i", 5),
                   Call("", "x", [5]), Call("", "x", 5), Call("", 5, [5]), Call("", "ii", [5]),
                   Call("", "", [5]), Call("", "i", None), Call("", "i", "ab"), Call("", "i", b"abc"),
                   Call("", "i", b"abcd"), Call("", "u", "aé𐐀"), Call("", "w", "ab"),
                   Call("", "i", ["x"]), Call("", "i", [1.0]), Call("", "i", (1, 2)),
                   Call("", "i", {1: 2}), Call("", "i", bytearray(b"aaaa")), Call("", "d", [1, "x"]),
                   Call("", "u", [1]), Call("", "u", ["ab"]), Call("", "u", ["a", "b"]),
                   Call("", "i", array.array("u", "a")), Call("", "i", array.array("d", [1])),
                   Call("", "d", array.array("i", [1, 2])), Call("", "u", array.array("u", "ab")),
                   Call("", "i", range(3)), Call("", "i", []), Call("", "u", ""),
                   Call("", "f", [1.1, float("nan"), float("inf")]), Call("", "i", [1], lock=False),
                   Call("", typecode="h", sequence=[1]), Call("", "i", [1], x=1), Call("", "d", [1.5]),
                   Call("", "Q", [2**64 - 1, 0, 2**63])):
        run("Array", create, [])
    values = (0, 1, -1, True, 127, 128, -128, -129, 255, 256, 32767, 32768, -32769, 65535, 65536,
              2**31 - 1, 2**31, -2**31 - 1, 2**32 - 1, 2**32, 2**63 - 1, 2**63, -2**63, -2**63 - 1,
              2**64 - 1, 2**64, BIG, -BIG, 10**400, 1.5, 1e300, None, "x", "xy", "", b"x", [1])
    for typecode in "bBhHiIlLqQfd":
        run("Array", Call("", typecode, [1, 2]), [Call("__setitem__", 0, v) for v in values])
    for typecode in "uw":
        run("Array", Call("", typecode, "ab"), [Call("__setitem__", 0, v) for v in values])
    five = Call("", "h", [0, 1, 2, 3, 4])
    slices = [slice(None), slice(1, 3), slice(3, 1), slice(None, None, 2), slice(None, None, -1),
              slice(4, 1, -2), slice(10, 20), slice(-BIG, BIG), slice(0, 2, -1)]
    for s in slices:
        each("Array", five, [Call("__getitem__", s)] + [
            Call("__setitem__", s, array.array("h", new)) for new in
            ([], [7, 8], [7, 8, 9], [5, 6, 7, 8, 9])])
    for index in (0, -1, 5, -6, True, BIG, 1.0, "x", None, slice("a"), slice(1, 2, 0)):
        each("Array", five, [Call("__getitem__", index), Call("__setitem__", index, 9),
                             Call("__setitem__", index, "x")])
    each("Array", five, [Call("__setitem__", slice(0, 1), [1]), Call("__setitem__", slice(0, 1), 1),
                         Call("__setitem__", slice(0, 1), array.array("i", [1]))])
    run("Array", Call("", "w", b"\xff\xff\xff\x00"), [Call("__getitem__", 0)], state=False)


def main():
    for write in (lists, sorts, dicts, sets, plain, arrays):
        write()
    path = pathlib.Path(__file__).with_name("container_calls.txt")
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
