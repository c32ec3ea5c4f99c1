"""Image properties as pairs of name and text: what ImagePropertiesWeigher counts and compares."""

from __future__ import annotations

from collections.abc import Mapping

MOST_PAIRS = 16
"""Pairs of one image that count. Each is remembered with the pod for as long as that counts on a
host, and makes a column of all hosts when a request asks for it."""

LONGEST_PAIR = 128
"""Characters of a pair, name and text together; a longer one does not count."""

Pairs = tuple[tuple[str, str], ...]


def image_pairs(properties: Mapping[str, object], others: Mapping[str, str]) -> Pairs:
    """The pairs of an image that count, by name: of typed values Python's text, as in Nova.

    The same for a request and for the pod it becomes, so that they can be compared.

    Args:
        properties: typed values by Nova's names.
        others: texts by further names.
    """
    short = [
        (name, text)
        for name, text in every_pair(properties, others)
        if len(name) + len(text) <= LONGEST_PAIR
    ]
    return tuple(short[:MOST_PAIRS])


def every_pair(properties: Mapping[str, object], others: Mapping[str, str]) -> Pairs:
    """All pairs by name, whether they count or not."""
    texts = {**others, **{name: str(value) for name, value in properties.items()}}
    return tuple(sorted(texts.items()))
