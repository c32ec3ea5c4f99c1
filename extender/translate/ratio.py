"""Allocation ratios, exactly as they are written."""

from __future__ import annotations

import re
from fractions import Fraction

from extender.translate.errors import shown

ACCEPTED = "a decimal above 0 with at most three digits before and after the point, such as 16.0"

_PATTERN = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3})?")


class RatioError(ValueError):
    """A text that is no allocation ratio; the message shows at most 80 characters of it."""


def parse_ratio(text: str) -> Fraction:
    """An allocation ratio as the exact fraction of its text, above 0.

    The same rule everywhere: node annotations, options, the admission policy that multiplies a
    node's allocatable. Three decimals are what the policy's integer arithmetic holds.

    Raises:
        RatioError: anything else, ``nan``, ``inf``, ``0`` and ``1e3`` included.
    """
    if _PATTERN.fullmatch(text) is None or not (ratio := Fraction(text)):
        raise RatioError(f"{shown(text, 80)} is not an allocation ratio; accepted: {ACCEPTED}")
    return ratio
