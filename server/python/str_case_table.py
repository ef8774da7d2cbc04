#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Writes str_case_table.inc: what lower(), upper() and casefold() make of each character.

Run it with the newest CPython there is: python3 server/python/str_case_table.py
"""

import pathlib
import sys


def mapping(name):
    """The characters that change, with what they become."""
    changed = {}
    for code in range(sys.maxunicode + 1):
        if 0xD800 <= code < 0xE000:
            continue
        result = getattr(chr(code), name)()
        if result != chr(code):
            changed[code] = result
    return changed


def ranges(single):
    """Runs of characters, one or two apart, that all move by the same distance."""
    codes = sorted(single)
    start = 0
    while start < len(codes):
        last, step = start, 1
        for candidate in (1, 2):
            end = start
            while (
                end + 1 < len(codes)
                and codes[end + 1] == codes[end] + candidate
                and single[codes[end + 1]] - codes[end + 1] == single[codes[start]] - codes[start]
            ):
                end += 1
            if end > last:
                last, step = end, candidate
        yield codes[start], codes[last], step, single[codes[start]] - codes[start]
        start = last + 1


def lines(items):
    line = " "
    for item in items:
        if len(line) + len(item) + 1 > 100:
            yield line
            line = " "
        line += " " + item
    yield line


def table(name):
    changed = mapping(name)
    single = {code: ord(result) for code, result in changed.items() if len(result) == 1}
    rows = [
        f"{{{first:#x}, {last:#x}, {step}, {distance}}}," for first, last, step, distance in ranges(single)
    ]
    yield f"constexpr case_range {name}_ranges[] = {{"
    yield from lines(rows)
    yield "};"
    rows = []
    for code, result in sorted(changed.items()):
        if len(result) > 1:
            text = ", ".join(f"{ord(c):#x}" for c in result)
            rows.append(f"{{{code:#x}, {{{text}}}}},")
    yield f"constexpr case_expansion {name}_expansions[] = {{"
    yield from lines(rows)
    yield "};"


def main():
    output = ["// Written by str_case_table.py. Of each range: first, last, step, distance."]
    for name in ("lower", "upper", "casefold"):
        output += ["", *table(name)]
    path = pathlib.Path(__file__).with_suffix(".inc")
    path.write_text("\n".join(output) + "\n")


if __name__ == "__main__":
    main()
