"""What a host's monitors measured of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostMetric:
    """Nova's ``MonitorMetric``: one measurement of a host.

    Args:
        name: ``cpu.percent`` and the like.
        value: what was measured.
        timestamp: when, seconds since the epoch; ``None``: never outdated.
        source: who measured it, for people.
    """

    name: str
    value: float
    timestamp: float | None = None
    source: str = ""


def merged(first: Iterable[HostMetric], second: Iterable[HostMetric]) -> tuple[HostMetric, ...]:
    """One metric a name, in the order of their first mention.

    Of two of a name in one place the last counts, as in Nova; ``first`` beats ``second``.
    """
    found = {metric.name: metric for metric in second}
    own = {metric.name: metric for metric in first}
    return tuple((own | {name: m for name, m in found.items() if name not in own}).values())
