# SPDX-License-Identifier: BSL-1.0
"""Every method of every container on an object of n items: what the tests of cost and the table of
fairness (bench/fairness.py) call. Each is called on a new object."""


def words(n):
    return ["item number %d" % i for i in range(n)]


def mapping(n):
    return {word: i for i, word in enumerate(words(n))}


def contents(typeid, n):
    """What an object of that type is made of."""
    if typeid == "Array":
        return "q", list(range(n))
    if typeid in ("dict", "OrderedDict"):
        return (mapping(n),)
    if typeid == "defaultdict":
        return int, mapping(n)
    return (words(n),)


SHARED_DICT = [("__iter__", lambda n: ()), ("copy", lambda n: ()), ("items", lambda n: ()),
               ("keys", lambda n: ()), ("values", lambda n: ()), ("update", lambda n: (mapping(n),)),
               ("clear", lambda n: ()), ("__contains__", lambda n: ("absent",)),
               ("__setitem__", lambda n: ("key", words(n))), ("__len__", lambda n: ()),
               ("setdefault", lambda n: (tuple(words(n)), 1)), ("popitem", lambda n: ()),
               ("get", lambda n: (tuple(words(n)),)), ("#GETVALUE", lambda n: ()),
               ("__repr__", lambda n: ())]
SEQUENCE = [("__contains__", lambda n: ((0, 1),)), ("count", lambda n: ((0, 1),)),
            ("index", lambda n: ("item number %d" % (n - 1),)), ("extend", lambda n: (words(n),)),
            ("insert", lambda n: (n // 2, 0)), ("__delitem__", lambda n: (n // 2,)),
            ("remove", lambda n: ("item number %d" % (n - 1),)), ("reverse", lambda n: ()),
            ("copy", lambda n: ()), ("clear", lambda n: ()), ("__reversed__", lambda n: ()),
            ("append", lambda n: (words(n),)), ("pop", lambda n: ()), ("#GETVALUE", lambda n: ()),
            ("__repr__", lambda n: ())]
CALLS = {
    "list": SEQUENCE + [
        ("sort", lambda n: ()), ("__add__", lambda n: (words(n),)), ("__mul__", lambda n: (2,)),
        ("__imul__", lambda n: (2,)), ("__getitem__", lambda n: (slice(None),)),
        ("__getitem__", lambda n: (slice(None, None, 2),)),
        ("__setitem__", lambda n: (slice(n // 4, n // 2), words(n))),
        ("__delitem__", lambda n: (slice(None, None, 2),))],
    "deque": SEQUENCE + [
        ("rotate", lambda n: (n // 2,)), ("extendleft", lambda n: (words(n),)),
        ("__iter__", lambda n: ()), ("appendleft", lambda n: (words(n),)), ("popleft", lambda n: ())],
    "dict": SHARED_DICT + [
        ("__or__", lambda n: (mapping(n),)), ("__ior__", lambda n: (mapping(n),)),
        ("__ror__", lambda n: (mapping(n),)), ("fromkeys", lambda n: (words(n),)),
        ("__reversed__", lambda n: ())],
    "OrderedDict": SHARED_DICT + [
        ("fromkeys", lambda n: (words(n),)), ("popitem", lambda n: (False,)),
        ("move_to_end", lambda n: ("item number 0", False))],
    "defaultdict": SHARED_DICT + [("__getitem__", lambda n: ("absent",))],
    "Counter": SHARED_DICT + [
        ("most_common", lambda n: ()), ("total", lambda n: ()), ("elements", lambda n: ()),
        ("subtract", lambda n: (mapping(n),)), ("incr", lambda n: ("absent",))],
    "set": [(name, lambda n: (set(words(n)),)) for name in
            """__and__ __or__ __sub__ __xor__ __rand__ __ror__ __rsub__ __rxor__ __iand__ __ior__
            __isub__ __ixor__ __ge__ __gt__ __le__ __lt__ difference difference_update intersection
            intersection_update isdisjoint issubset issuperset symmetric_difference
            symmetric_difference_update union update""".split()] + [
        ("__iter__", lambda n: ()), ("copy", lambda n: ()), ("clear", lambda n: ()),
        ("pop", lambda n: ()), ("add", lambda n: (tuple(words(n)),)),
        ("#GETVALUE", lambda n: ()), ("__repr__", lambda n: ())],
    "Array": [("__getitem__", lambda n: (slice(None),)), ("__getitem__", lambda n: (n // 2,)),
              ("__len__", lambda n: ()), ("#GETVALUE", lambda n: ()), ("__repr__", lambda n: ())],
}


def calls():
    """(typeid, method, what makes its arguments), with the making of each type first."""
    for typeid, methods in CALLS.items():
        yield typeid, "create", None
        for method, arguments in methods:
            yield typeid, method, arguments
        yield typeid, "drop", None


def registered(manager_class):
    """The manager class, which knows all of the types."""
    for typeid in CALLS:
        manager_class.register(typeid)
    return manager_class
