#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Writes printable.inc and builtin_names.inc from the running CPython (made with 3.13).

    python3.13 python/generate_tables.py
"""

import builtins
import importlib
import os
import sys
import types

MODULES = ["_codecs", "_functools", "_operator", "builtins", "math", "time"]


def ranges(predicate):
    start = None
    for code in range(sys.maxunicode + 2):
        holds = code <= sys.maxunicode and predicate(chr(code))
        if holds and start is None:
            start = code
        elif not holds and start is not None:
            yield start, code - 1
            start = None


def rows(items, per_row):
    items = list(items)
    for i in range(0, len(items), per_row):
        yield "    " + ", ".join(items[i : i + per_row]) + ",\n"


def write(name, lines):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, "w", encoding="ascii") as out:
        out.write("// Written by generate_tables.py with CPython %s.\n\n" % sys.version.split()[0])
        out.writelines(lines)


def printable():
    yield "// First and last of each run of code points above ASCII that str.isprintable accepts.\n"
    yield "constexpr code_point_range printable_ranges[] = {\n"
    found = [r for r in ranges(str.isprintable) if r[1] > 0x7E]
    found[0] = (max(found[0][0], 0x7F), found[0][1])
    yield from rows(("{0x%x, 0x%x}" % r for r in found), 5)
    yield "};\n"


def builtin_names():
    functions = []
    for name in MODULES:
        module = importlib.import_module(name)
        functions += [
            '{"%s", "%s"}' % (name, attribute)
            for attribute, value in vars(module).items()
            if isinstance(value, types.BuiltinFunctionType)
        ]
    yield "// Functions written in C, by module.\n"
    yield "constexpr global_name builtin_functions[] = {\n"
    yield from rows(sorted(functions), 2)
    yield "};\n\n// Exceptions among the builtins.\n"
    yield "constexpr std::string_view builtin_exceptions[] = {\n"
    exceptions = (
        '"%s"' % name
        for name, value in sorted(vars(builtins).items())
        if isinstance(value, type)
        and issubclass(value, BaseException)
        and value.__name__ == name
    )
    yield from rows(exceptions, 4)
    yield "};\n"


if __name__ == "__main__":
    write("printable.inc", printable())
    write("builtin_names.inc", builtin_names())
