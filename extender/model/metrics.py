"""What a host's monitors measured of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

CPU_PERCENT = "cpu.percent"
MEMORY_PERCENT = "memory.percent"

OBSERVED_METRICS = frozenset({CPU_PERCENT, MEMORY_PERCENT})
"""The names of what metrics.k8s.io can tell."""

OBSERVER = "metrics.k8s.io"


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


class Capacity(NamedTuple):
    """All that a node has, whatever it keeps for itself: ``status.capacity``; 0: not told."""

    milli_vcpus: int = 0
    memory: int = 0


NO_CAPACITY = Capacity()


@dataclass(frozen=True, slots=True)
class NodeUsage:
    """What metrics.k8s.io tells of one node.

    Args:
        host: the node.
        timestamp: when it was measured, seconds since the epoch; ``None``: not told.
        nano_cpus: billionths of a core in use; ``None``: not told.
        nano_bytes: billionths of a byte of memory in use, as exact as quantities are.
    """

    host: str
    timestamp: float | None = None
    nano_cpus: int | None = None
    nano_bytes: int | None = None

    def metrics(self, capacity: Capacity) -> tuple[HostMetric, ...]:
        """The same as shares of the node's capacity, whole percents, floored.

        Without a capacity there is no share.
        """
        shares = (
            (CPU_PERCENT, self.nano_cpus, capacity.milli_vcpus * 10**6),
            (MEMORY_PERCENT, self.nano_bytes, capacity.memory * 10**9),
        )
        return tuple(
            HostMetric(name, float(used * 100 // whole), self.timestamp, OBSERVER)
            for name, used, whole in shares
            if used is not None and whole > 0
        )


def merged(first: Iterable[HostMetric], second: Iterable[HostMetric]) -> tuple[HostMetric, ...]:
    """One metric a name, in the order of their first mention.

    Of two of a name in one place the last counts, as in Nova; ``first`` beats ``second``.
    """
    found = {metric.name: metric for metric in second}
    own = {metric.name: metric for metric in first}
    return tuple((own | {name: m for name, m in found.items() if name not in own}).values())
