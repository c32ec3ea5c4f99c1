"""Nodes at random, each resource with an amount, a ratio and whatever else bears on it.

What a text means is known from how it was made, so the expected outcome needs no parser of ours.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from tests.e2e.api import Object
from tests.e2e.objects import PREFIX

LARGEST = 2**63 - 1
DEFAULTS = {"cpu": "4.0", "memory": "1.5"}

ODD_RATIOS = (
    "4,0", "nan", "inf", "1e3", "0", "0.0", "000.000", "-1", "+2", "1.0005", "1000", "٤", "²",
    "4.", ".5", "4 .0", "2\n2", "0x10", "1_0", "4.0f", "16.0 16.0", "null", '"4"', "[4]", "4\x00",
)  # fmt: skip
ODD_INTEGERS = (
    "",
    " ",
    "x",
    "-5",
    "+5",
    "1e9",
    "1.5",
    "٤٤",
    "9223372036854775808",
    "1" * 20,
    "5 5",
)
BLANKS = ("", "", "", " ", "\t", "\n ", "\u00a0", "\u2003 ")

# By resource: name, the words of its annotations, and units of the annotations to a whole one.
RESOURCES = (
    ("cpu", "cpu", "cpu", 1000),
    ("memory", "ram", "memory", 1),
    ("ephemeral-storage", "disk", "ephemeral_storage", 1),
)
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9}
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30}

# Where arithmetic in 64 bits or in floating point would go wrong, in units of the annotations.
EDGES = (
    0, 1, 2, 3, 7, 999, 1000, 1001, 1999, 2**31, 2**32 - 1, 2**52, 2**53 - 1, 2**53, 2**53 + 1,
    10**12 - 1, 10**15, 10**15 + 1, LARGEST // 999_999, LARGEST // 1000, LARGEST // 1000 * 1000,
)  # fmt: skip
EDGE_RATIOS = ("0.001", "0.999", "1", "1.000", "1.001", "1.2", "999.999", "999", "2", "001")


class Part(NamedTuple):
    """One resource of a case: what is written, and what is to become of it.

    Args:
        amount: what is allocatable, as it is written.
        written: the same in units of the annotations, rounded up.
        annotations: the resource's, with their whole keys.
        capacity: as it is written, where it is.
        expected: the saved own and amplified amounts; ``None`` where nothing is saved.
        becomes: what is allocatable then, in units of the annotations.
        readable: whether the amount has at most 64 bits; the resource is left alone otherwise.
        ratio: the ratio that is in effect, for the count of distinct pairs.
    """

    amount: str
    written: int
    annotations: dict[str, str]
    capacity: str | None
    expected: tuple[int, int] | None
    becomes: int
    readable: bool
    ratio: Fraction


class Case(NamedTuple):
    """A node to be created, and its parts by resource."""

    node: Object
    parts: dict[str, Part]


def case(chance: random.Random, number: int) -> Case:
    """The next node."""
    static = chance.random() < 0.1
    parts = {name: _part(chance, name, static=static) for name, _, _, _ in RESOURCES}
    annotations: dict[str, str] = {}
    for part in parts.values():
        annotations |= part.annotations
    if static:
        annotations[f"{PREFIX}memory_manager_policy"] = "Static"
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": f"case-{number}", "annotations": annotations},
        "status": {
            "allocatable": {name: part.amount for name, part in parts.items()},
            "capacity": {
                name: part.capacity for name, part in parts.items() if part.capacity is not None
            },
        },
    }
    return Case(node, parts)


def _part(chance: random.Random, name: str, *, static: bool) -> Part:
    _, word, id_, scale = next(each for each in RESOURCES if each[0] == name)
    text, value = _amount(chance, scale)
    written = math.ceil(value * scale)
    capacity = chance.choice((None, written, written, written + 1, max(written - 1, 0)))
    annotations: dict[str, str] = {}

    ratio_text, ratio = _ratio(chance)
    if ratio_text is not None:
        annotations[f"{PREFIX}{word}_allocation_ratio"] = ratio_text
    if ratio is None:
        ratio = Fraction(DEFAULTS.get(name, "1"))
    if name == "memory" and static:
        ratio = min(ratio, Fraction(1))

    saved = _saved(chance, written, f"{PREFIX}raw_allocatable_{id_}", annotations)
    amplified = _saved_amplified(chance, written, id_, annotations)
    own = written
    if saved is not None and amplified is not None:
        above = capacity is not None and written > capacity
        own = saved if amplified == written or above else written

    floor = _floor(chance, written, f"{PREFIX}allocatable_floor_{id_}", annotations)
    wanted = min(math.floor(own * ratio), LARGEST) if ratio > 1 else own
    becomes = max(wanted, floor)
    expected = (own, becomes) if ratio > 1 or becomes != own else None
    suffix = "m" if scale > 1 else ""
    shown = None if capacity is None else f"{capacity}{suffix}"
    readable = written <= LARGEST
    if not readable:
        expected, becomes = None, written
    return Part(text, written, annotations, shown, expected, becomes, readable, ratio)


def _amount(chance: random.Random, scale: int) -> tuple[str, Fraction]:
    """A quantity and its value: an edge, a whole number, or one with a suffix or a fraction."""
    kind = chance.random()
    if kind < 0.15:
        edge = chance.choice(EDGES)
        return (f"{edge}m" if scale > 1 else str(edge)), Fraction(edge, scale)
    digits = chance.randint(0, 10 ** chance.randint(1, 9))
    if kind < 0.5:
        suffix, power = chance.choice(list(DECIMAL.items()))
        return f"{digits}{suffix}", Fraction(digits) * Fraction(10) ** power
    if kind < 0.7:
        suffix, power = chance.choice(list(BINARY.items()))
        digits %= 2**20
        return f"{digits}{suffix}", Fraction(digits * 2**power)
    places = chance.randint(1, 9)
    fraction = chance.randint(0, 10**places - 1)
    value = digits + Fraction(fraction, 10**places)
    return f"{digits}.{fraction:0{places}}", value


def _ratio(chance: random.Random) -> tuple[str | None, Fraction | None]:
    """A ratio as it is written, if it is, and its value; none for that of the chart."""
    kind = chance.random()
    if kind < 0.1:
        return chance.choice(((None, None), ("", None), (" \n", None)))
    if kind < 0.2:
        return chance.choice(ODD_RATIOS), Fraction(1)
    if kind < 0.35:
        text = chance.choice(EDGE_RATIOS)
        return _blank(chance, text), Fraction(text)
    whole = chance.randint(0, 10 ** chance.randint(1, 3) - 1)
    places = chance.randint(0, 3)
    fraction = chance.randint(0, 10**places - 1)
    text = f"{whole}.{fraction:0{places}}" if places else str(whole)
    value = whole + Fraction(fraction, 10**places)
    return _blank(chance, text), value or Fraction(1)


def _saved(
    chance: random.Random, written: int, key: str, annotations: dict[str, str]
) -> int | None:
    """The own amount that is saved, if one that can be read is."""
    choices: tuple[Callable[[], int], ...] = (
        lambda: written,
        lambda: written // 2,
        lambda: chance.randint(0, 10**12),
        lambda: LARGEST,
    )
    return _integer(chance, choices, key, annotations)


def _saved_amplified(
    chance: random.Random, written: int, id_: str, annotations: dict[str, str]
) -> int | None:
    choices: tuple[Callable[[], int], ...] = (
        lambda: written,
        lambda: written,
        lambda: written + 1,
        lambda: chance.randint(0, 10**12),
    )
    return _integer(chance, choices, f"{PREFIX}amplified_allocatable_{id_}", annotations)


def _floor(chance: random.Random, written: int, key: str, annotations: dict[str, str]) -> int:
    choices: tuple[Callable[[], int], ...] = (
        lambda: 0,
        lambda: written,
        lambda: min(written + 1, LARGEST),
        lambda: chance.randint(0, 10**12),
        lambda: LARGEST,
    )
    return _integer(chance, choices, key, annotations) or 0


def _integer(
    chance: random.Random,
    choices: tuple[Callable[[], int], ...],
    key: str,
    annotations: dict[str, str],
) -> int | None:
    """Writes a whole number, or something odd, or nothing; gives the number."""
    kind = chance.random()
    if kind < 0.4:
        return None
    if kind < 0.5:
        annotations[key] = chance.choice(ODD_INTEGERS)
        return None
    number = chance.choice(choices)()
    annotations[key] = _blank(chance, str(number))
    return number if number <= LARGEST else None


def _blank(chance: random.Random, text: str) -> str:
    return chance.choice(BLANKS) + text + chance.choice(BLANKS)
