# SPDX-License-Identifier: BSL-1.0
"""Classes whose instances are values like any other: what they do, a native server cannot know."""

import collections
import dataclasses
import enum


class Plain:
    def __init__(self, x):
        self.x = x

    def __repr__(self):
        return "Plain(%r)" % self.x

    def __lt__(self, other):
        return self.x < other.x


class Iterable(Plain):
    def __iter__(self):
        return iter([1, 2])


@dataclasses.dataclass
class Data:
    x: int


class Number(enum.IntEnum):
    ONE = 1
    TWO = 2


class Text(str, enum.Enum):
    A = "a"
    B = "b"


@dataclasses.dataclass(order=True)
class Ordered:
    x: int


Point = collections.namedtuple("Point", "x y")


def negative(x):
    return -x
