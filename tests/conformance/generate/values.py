"""Values that are likely to be taken wrongly: names, numbers as text, lists as text."""

from __future__ import annotations

from random import Random

HOSTS = ("node-1", "node-2", "node-3", "Node-2", "node-10", "nöde-4", "n", "node-1.example")
PROJECTS = ("demo", "other", "Demo", "дом", "a b")
FLAVORS = ("m1.small", "m1.large", "M1.small", "small", "größe", "m1.small.x")
UUIDS = tuple(f"uid-{number}" for number in range(8))
CELLS = ("cell-1", "cell-2")

GOOD_RATIOS = ("1.0", "1.5", "2.0", "16.0", "0.5", "4.0", "0.25", "3.0")
INEXACT_RATIOS = ("1.1", "0.7", "0.29", "1.15", "0.1", "3.3", "0.57")
"""Decimals that no float is; ``100 × 0.29`` is below 29."""
RATIO_TEXTS = (*GOOD_RATIOS, "2", " 2.5 ", "1e1", "1_0", "+1.5", "0", "0.0", ".5", "4.", "1.5 ")
ODD_RATIO_TEXTS = ("inf", "nan", "-1", "-0.5", "-inf", "Infinity", "1e400", "1e-400", "-0.0")
NO_NUMBERS = ("", " ", "x", "1,5", "1.5,2", "2.0t", "0x10", "1 0", "None", "−1", "½", "1__0", "1e")
INT_TEXTS = ("0", "1", "2", "5", "8", "50", " 3 ", "+4", "-1", "1_0", "007", "٣")
NO_INTS = ("8.5", "8.0", "", " ", "x", "1e1", "3,4", "0x3", "inf", "None", "1__0", "½")


def chance(rng: Random, one_in: int) -> bool:
    """True once in so many times."""
    return rng.randrange(one_in) == 0


def listed(rng: Random, values: list[str]) -> str:
    """Texts joined to a comma list, with blanks and empty items as people write them."""
    glue = [rng.choice((",", ", ", " , ", ",,")) for _ in values[1:]]
    text = "".join(a + b for a, b in zip(values, [*glue, ""], strict=True))
    return rng.choice((text, text, text, f" {text}", f"{text},", f",{text}"))


def some(rng: Random, values: tuple[str, ...], least: int = 0, most: int = 3) -> list[str]:
    """A few different ones."""
    return rng.sample(values, min(len(values), rng.randint(least, most)))


def one_bad(rng: Random, good: tuple[str, ...], bad: tuple[str, ...]) -> str:
    """A good text mostly, a bad one now and then."""
    return rng.choice(bad) if chance(rng, 5) else rng.choice(good)
