#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Writes compare.txt: what CPython says of ==, < and hash() of every pair of sample values.

    python3.13 tests/data/pickle/compare.py

Lines: `value PICKLE TYPE HASHED`, where HASHED is "-" or the message of hash()'s TypeError;
`equal I LETTERS`, 0 or 1 for each value, or X for a decimal.InvalidOperation; `less I LETTERS`: 0, 1,
or T for the usual TypeError, or X for what the `error I J WHAT` lines say; ? for what is not compared.
Each value is loaded anew for each question.
"""

import os
import pickle

import samples

DECIMAL_ERROR = "decimal.InvalidOperation"

values = (samples.NUMBERS + samples.TEXTS + samples.CONTAINERS + samples.STANDARD + samples.OTHERS +
          samples.INSTANCES + samples.WRAPPERS + samples.PATHS + samples.ADDRESSES)
pickles = [samples.dumps(v, 4) for v in values]


def type_name(value):
    if is_wrapper(value):
        return type(value).__name__
    try:
        value < object()
    except TypeError as error:
        if "instances of '" in str(error):
            return str(error).split("'")[3]
    except ArithmeticError:
        pass
    return type(value).__name__


def hashed(value):
    try:
        hash(value)
    except TypeError as error:
        return str(error)
    return "-"


def load(i):
    return pickle.loads(pickles[i])


def unlike(i, j):
    """Whether the project answers otherwise on purpose."""
    # Whether a member is one of an IntEnum or StrEnum no pickle says.
    if names[i] != names[j] and {names[i], names[j]} & {"Level", "Color"}:
        return True
    # A bytearray is compared with the memory of an array.
    return {names[i], names[j]} == {"bytearray", "array.array"}


def less(i, j):
    if unlike(i, j):
        return "?"
    a, b = load(i), load(j)
    usual = "'<' not supported between instances of '%s' and '%s'" % (names[i], names[j])
    try:
        return "1" if a < b else "0"
    except Exception as error:
        if isinstance(error, TypeError) and str(error) == usual:
            return "T"
        if isinstance(error, TypeError) and (is_wrapper(a) or is_wrapper(b)):
            return "?"  # they say of what they hold that it has no order
        name = "TypeError" if isinstance(error, TypeError) else DECIMAL_ERROR
        text = "%s: %s" % (name, error)
        errors.append("error\t%d\t%d\t%s\n" % (i, j, text))
        return "X"


def equal(i, j):
    if unlike(i, j) or "iterator" in names[i] or names[i] == "zip":
        return "?"  # equal by what they would yield, where Python says by identity
    try:
        return "1" if load(i) == load(j) else "0"
    except ArithmeticError:
        return "X"  # a signalling NaN


def is_wrapper(value):
    return type(value).__name__ in ("UserList", "UserString")


names = [type_name(load(i)) for i in range(len(pickles))]
errors = []
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "compare.txt"), "w") as out:
    indices = range(len(pickles))
    for i in indices:
        out.write("value\t%s\t%s\t%s\n" % (pickles[i].hex(), names[i], hashed(load(i))))
    for i in indices:
        out.write("equal\t%d\t%s\n" % (i, "".join(equal(i, j) for j in indices)))
        out.write("less\t%d\t%s\n" % (i, "".join(less(i, j) for j in indices)))
    out.writelines(errors)
