"""Why a pod may go where it may, judged now: every filter on every known host."""

from __future__ import annotations

from dataclasses import dataclass

from extender.model.attempt import FilterPart, WeighPart
from extender.model.facts import Facts
from extender.model.overcommit import VoidRatio
from extender.model.reason import Reason
from extender.model.request_spec import RequestSpec


@dataclass(frozen=True, slots=True)
class Blocker:
    """One filter that refuses one host, and the facts behind it."""

    filter: str
    reason: Reason
    facts: Facts

    @property
    def shortfall(self) -> float:
        """How far from passing, for ordering: the share of the need that is missing, else 1."""
        need, short = self.facts.need, self.facts.short_by
        if not isinstance(need, int | float) or short is None or need <= 0:
            return 1.0
        return min(1.0, short / need)


@dataclass(frozen=True, slots=True)
class HostVerdict:
    """All that blocks one host; nothing where it passes. ``problems`` are the node's own.

    ``held_at_one`` is why a ratio of its memory above 1 would count as 1; "" where it would count.
    """

    host: str
    blockers: tuple[Blocker, ...]
    problems: tuple[str, ...] = ()
    held_at_one: str = ""

    @property
    def nearness(self) -> tuple[int, float, str]:
        """The order of near misses: fewest blockers, least missing, name."""
        return len(self.blockers), sum(b.shortfall for b in self.blockers), self.host


@dataclass(frozen=True, slots=True)
class Total:
    """How many hosts a reason blocks: as the first in configured order, and at all."""

    filter: str
    reason: Reason
    first: int
    any: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """A pod judged now.

    Args:
        spec: the request.
        at: seconds since the epoch.
        hosts: nearest first; those that pass have no blockers and come first of all.
        totals: by how many hosts a reason blocks, most first.
        pipeline: the same pod through the filters as they run, each seeing what the last left.
        weighed: the weights of the hosts that pass.
        notes: what to keep in mind when reading it.
        overcommit: option ``kubernetes.overcommit``.
        void: the ratios that have no effect on this pod.
    """

    spec: RequestSpec
    at: float
    hosts: tuple[HostVerdict, ...]
    totals: tuple[Total, ...]
    pipeline: FilterPart
    weighed: WeighPart
    notes: tuple[str, ...] = ()
    overcommit: str = "native"
    void: tuple[VoidRatio, ...] = ()
