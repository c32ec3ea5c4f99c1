"""What weighers have to say, as metrics."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter

from extender.model.attempt import WeigherStep, WeighPart
from extender.observe.faults import count_faults
from extender.observe.tallies import Tallies, Tally
from extender.observe.watches import NAMESPACE

SPREADS: Final = (0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0, 100.0, 1_000_000.0)
"""Normalised weights lie 1 apart at most; multipliers are 1 by default, and up to a million."""


class WeighingMetrics:
    """How far each weigher tells hosts apart, and how often it failed.

    Args:
        registry: where the metrics go.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._spread = Tallies(
            f"{NAMESPACE}_weigher_spread",
            "The most that a weigher gave to one host of an attempt more than to another, its "
            "multiplier included: 0 where all are alike to it. Attempts with one host are left "
            "out.",
            "weigher",
            SPREADS,
            registry,
        )
        self._errors = Counter(
            "weigher_errors",
            "Times a weigher failed, whose weights then do not count; the log says why.",
            ("weigher",),
            namespace=NAMESPACE,
            registry=registry,
        )
        self._spreads: dict[str, Tally] = {}

    def expect(self, weighers: Iterable[str]) -> None:
        """Make the series of these weighers exist, at 0 where they are new."""
        for name in weighers:
            self._of(name)
            self._errors.labels(name)

    def record(self, part: WeighPart) -> None:
        """Count the weighers' part of an attempt."""
        if len(part.weights) > 1:
            for step in part.steps:
                far = spread(step)
                if math.isfinite(far):  # one infinite weight would spoil the sum for good
                    (self._spreads.get(step.name) or self._of(step.name)).observe(far)
        if part.faults:
            count_faults(self._errors, part.faults)

    def _of(self, name: str) -> Tally:
        made = self._spreads[name] = self._spread.labels(name)
        return made


def spread(step: WeigherStep) -> float:
    """The greatest of what a weigher adds to hosts' weights, less the least; at least one host."""
    if step.level:
        return 0.0
    if isinstance(step.multiplier, float):
        if not step.multiplier:
            return 0.0
        far = float(step.normalised.max() - step.normalised.min())
        return abs(step.multiplier) * far
    weighed = step.weighed
    return float(weighed.max() - weighed.min())
