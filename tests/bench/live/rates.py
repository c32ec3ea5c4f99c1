"""From how far one had come at which time to a rate."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

SKIPPED = 0.05
"""Part left out at either end: the first pods wait for caches, the last ones for retries."""


def moment(samples: Sequence[tuple[float, float]], count: float) -> float:
    """When a count that only grows reached a value, between two samples in a straight line.

    Args:
        samples: (seconds, count), in order.
        count: the value; the last sample's or less.

    Raises:
        ValueError: it was never reached.
    """
    for (begun, low), (ended, high) in pairwise(samples):
        if low < count <= high:
            return begun + (ended - begun) * (count - low) / (high - low)
    raise ValueError(f"{count} was never reached: {samples[-1:]}")


def rate(samples: Sequence[tuple[float, float]], total: int) -> float:
    """How many a second, from when 5 % were done until 95 % were."""
    low, high = SKIPPED * total, (1 - SKIPPED) * total
    return (high - low) / (moment(samples, high) - moment(samples, low))
